"""What was computed ahead, by key? Nearline answers and caches, which may expire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable
from urllib.parse import quote


def personal_key(shopper_id: str, name: str) -> str:
    """The key of what is computed ahead for one shopper: forgetting removes all that begin so."""
    return f"shopper/{quote(shopper_id, safe='')}/{name}"


@runtime_checkable
class KeyValue(Protocol):
    """Values by key, of one shop. Keys are texts of 1 … 512 characters without NUL.

    It is a cache: what was put may be gone. Where it does not answer, every call raises
    Unavailable, and the next one tries again.
    """

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The values by key; one that is not there, or has expired, is left out."""

    def put_many(self, values: Mapping[str, bytes], *, lifetime_s: float | None = None) -> None:
        """Set the values, all or none. They expire after `lifetime_s`; None: never."""

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the keys; removing what is not there is no error."""

    def count(self, prefix: str = "") -> int:
        """How many keys begin like this and have not expired."""

    def erase(self, prefix: str) -> int:
        """Remove the keys that begin like this, and every byte of their values; how many."""

    def close(self) -> None:
        """Let go of it."""
