"""Which version of each artefact is live?"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from shopkeeper.records import CorruptArtefact, InvalidRequest, NotFound
from shopkeeper.store.artefact import open_artefact, remove, versions
from shopkeeper.store.folder import ShopFolder
from shopkeeper.store.locks import exclusive
from shopkeeper.store.sealed import seal, unseal

FORMAT: Final = 1

_log = logging.getLogger(__name__)

_WAIT_S = 30.0
_KEPT_TURNS = 100


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of the history."""

    at: str
    """ISO 8601, UTC."""
    action: str
    """promote, roll_back or shadow."""
    version: str | None
    """Which became live, or the shadow; None: no shadow any more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the versions of one artefact stand."""

    live: str | None = None
    shadow: str | None = None
    """Runs beside the live one on the same requests, and is only logged."""
    previous: tuple[str, ...] = ()
    """Those live before, the latest last: what rolling back goes back to."""
    history: tuple[Turn, ...] = ()
    """The last 100 turns, the oldest first."""


class Registry:
    """The shop's one small file that says which versions serve; safe for several processes."""

    def __init__(self, folder: ShopFolder) -> None:
        """Raises CorruptArtefact when the file is damaged, Refused when it is a newer one's."""
        self._folder = folder
        self._known: tuple[int, dict[str, Standing]] = (0, {})
        self._told = self._read()

    # --- ask -----------------------------------------------------------------------------------

    def live(self, name: str) -> str | None:
        """The version that serves; None when none does."""
        return self.standing(name).live

    def standing(self, name: str) -> Standing:
        """Everything about one artefact; empty for one that was never promoted."""
        return self._read().get(name, Standing())

    def names(self) -> list[str]:
        """The artefacts that have a standing."""
        return sorted(self._read())

    def changed(self) -> bool:
        """Whether anything differs from the last time this was asked; a look at the file's date."""
        standings = self._read()
        differs = standings != self._told
        self._told = standings
        return differs

    # --- change --------------------------------------------------------------------------------

    def promote(self, name: str, version: str) -> Standing:
        """Let a version serve, after a look at every byte of it; promoting the live one is nothing.

        Raises:
            NotFound: there is no such version.
            CorruptArtefact: it differs from what was written.
        """

        def change(old: Standing) -> Standing:
            self._verify(name, version)
            if old.live == version:
                return old
            previous = (*old.previous, old.live) if old.live else old.previous
            shadow = None if old.shadow == version else old.shadow
            return _turned(
                replace(old, live=version, previous=previous, shadow=shadow), "promote", version
            )

        return self._change(name, change)

    def roll_back(self, name: str) -> Standing:
        """Let the version serve that did before; again goes back further.

        Raises:
            InvalidRequest: there is none to go back to.
            CorruptArtefact: it differs from what was written; nothing has changed.
        """

        def change(old: Standing) -> Standing:
            if not old.previous:
                raise InvalidRequest(
                    f"no version of {name} to go back to",
                    hint=f"promote one of {', '.join(versions(self._folder.artefacts, name))}",
                )
            self._verify(name, old.previous[-1])
            new = replace(old, live=old.previous[-1], previous=old.previous[:-1])
            return _turned(new, "roll_back", new.live)

        return self._change(name, change)

    def shadow(self, name: str, version: str | None) -> Standing:
        """Let a version run beside the live one; None ends that. Errors as of `promote`."""

        def change(old: Standing) -> Standing:
            if version is not None:
                self._verify(name, version)
            return _turned(replace(old, shadow=version), "shadow", version)

        return self._change(name, change)

    def prune(self, name: str, keep: int) -> list[str]:
        """Remove all but the newest `keep` versions; those removed.

        The live one, the shadow and the one that rolling back goes to always stay.
        """
        removed: list[str] = []

        def change(old: Standing) -> Standing:
            there = versions(self._folder.artefacts, name)
            needed = {old.live, old.shadow, *old.previous[-1:], *there[max(0, len(there) - keep) :]}
            removed.extend(version for version in there if version not in needed)
            return replace(old, previous=tuple(v for v in old.previous if v not in removed))

        # Under the lock: nobody promotes what is being removed. The file goes first, so that a
        # crash leaves a version too many, never a version too few.
        with self._lock("prune"):
            self._store(name, change)
            for version in removed:
                remove(self._folder.artefacts, name, version)
        return removed

    # --- the file ------------------------------------------------------------------------------

    def _change(self, name: str, change: Callable[[Standing], Standing]) -> Standing:
        with self._lock("change"):
            return self._store(name, change)

    def _store(self, name: str, change: Callable[[Standing], Standing]) -> Standing:
        old = self._read()
        new = change(old.get(name, Standing()))
        if new != old.get(name, Standing()):
            content = {key: asdict(standing) for key, standing in {**old, name: new}.items()}
            seal(self._folder.registry, {"format": FORMAT, "artefacts": content})
        return new

    def _read(self) -> dict[str, Standing]:
        try:
            date = os.stat(self._folder.registry).st_mtime_ns
        except FileNotFoundError:
            return {}
        known_date, standings = self._known
        if date != known_date:
            mend = f"begin anew: shopkeeper build --shop {self._folder.root}"
            content: Any = unseal(self._folder.registry, FORMAT, mend)
            standings = {name: _standing(data) for name, data in content["artefacts"].items()}
            self._known = date, standings
        return standings

    def _verify(self, name: str, version: str) -> None:
        path = self._folder.artefacts / name / version
        if version not in versions(self._folder.artefacts, name):
            raise NotFound(
                f"no version {version!r} of {name!r}",
                where=str(path.parent),
                expected="one of " + ", ".join(versions(self._folder.artefacts, name)),
            )
        open_artefact(path)

    def _lock(self, what: str) -> AbstractContextManager[None]:
        path = self._folder.registry
        return exclusive(path.with_name(f"{path.name}.lock"), what, wait_s=_WAIT_S)


def registry_to_promote_in(folder: ShopFolder) -> Registry:
    """The registry, for somebody who has built what is to serve now: a damaged one is put aside as
    ``registry.json.damaged``, and a new one begun. Of the lost one only its history is missed, and
    which version came before."""
    try:
        return Registry(folder)
    except CorruptArtefact as damage:
        aside = folder.registry.with_name(f"{folder.registry.name}.damaged")
        _log.warning("%s; it is put aside as %s", damage.what, aside)
        os.replace(folder.registry, aside)
        return Registry(folder)


def _turned(standing: Standing, action: str, version: str | None) -> Standing:
    turn = Turn(datetime.now(UTC).isoformat(), action, version)
    return replace(standing, history=(*standing.history, turn)[-_KEPT_TURNS:])


def _standing(data: Any) -> Standing:
    return Standing(
        live=data["live"],
        shadow=data["shadow"],
        previous=tuple(data["previous"]),
        history=tuple(Turn(**turn) for turn in data["history"]),
    )
