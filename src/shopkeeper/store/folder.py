"""Which file of a shop's folder is what?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

PRODUCTS_FILE: Final = "products.db"


@dataclass(frozen=True, slots=True)
class ShopFolder:
    """A shop on disk. Everything but `keyvalue` and `vectors`, which are caches, is its memory."""

    root: Path

    @property
    def products(self) -> Path:
        """The truth, unless it is in a database elsewhere: an SQLite file."""
        return self.root / PRODUCTS_FILE

    @property
    def artefacts(self) -> Path:
        """``<name>/<version>/``: indexes and models."""
        return self.root / "artefacts"

    @property
    def registry(self) -> Path:
        """Which version of each artefact is live."""
        return self.root / "registry.json"

    @property
    def rules(self) -> Path:
        """The merchants' rules; their history lies beside them."""
        return self.root / "rules.json"

    @property
    def guard(self) -> Path:
        """The guard's rules of this shop's own, beside the default ones."""
        return self.root / "guard.toml"

    @property
    def logs(self) -> Path:
        """Serve log and events, in JSON lines."""
        return self.root / "logs"

    @property
    def forgetting(self) -> Path:
        """Who is being forgotten; there only while that is done."""
        return self.root / "forgetting.json"

    @property
    def forgotten(self) -> Path:
        """When somebody was forgotten, and what that removed: a line each, and nobody's id."""
        return self.root / "forgotten.jsonl"

    @property
    def experiments(self) -> Path:
        """``<name>.json``: each experiment as it stands."""
        return self.root / "experiments"

    @property
    def world(self) -> Path:
        """Which simulated world the goods come from; only of a demo shop."""
        return self.root / "world.json"

    @property
    def vectors(self) -> Path:
        """``<encoder's fingerprint>/``: embeddings of texts."""
        return self.root / "vectors"

    @property
    def keyvalue(self) -> Path:
        """An SQLite file."""
        return self.root / "keyvalue.db"
