"""What does a whole feed make of the products?

Reading a feed takes minutes, and live writes go on meanwhile. So the feed is staged in a temporary
table, which locks nobody out, and one short transaction writes what differs. A live write that
came after the reading began is newer than the feed, and stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeAlias

from shopkeeper.records import InvalidRecord, Product, Refused
from shopkeeper.store.volatile import SplitProduct, carried_over, split

Mode: TypeAlias = Literal["replace", "merge"]
"""replace: what the feed lacks leaves the shop. merge: it stays."""

LARGEST_LOSS = 0.2
"""A feed without more than this share of the shop's products is taken for a broken one."""

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a feed did to the shop, in products.

    `unchanged` counts those that were the same already, and those that a live write made newer.
    """

    added: int
    changed: int
    unchanged: int
    removed: int
    seq: int
    """The store's sequence number after it."""


def chunks(
    products: Iterable[Product], progress: Callable[[int], None] | None
) -> Iterator[list[SplitProduct]]:
    """The feed in the pieces that are staged, some at a time; `progress` hears how many were.

    Raises:
        InvalidRecord: the feed is empty.
    """
    rest, staged = iter(products), 0
    while chunk := [split(product) for product in islice(rest, _CHUNK)]:
        yield chunk
        staged += len(chunk)
        if progress:
            progress(staged)
    if not staged:
        raise InvalidRecord(
            "the feed holds no product",
            expected="at least one",
            hint="look at the feed and its rejects; the shop is as it was",
        )


def check_loss(lost: int, had: int) -> None:
    """Raises Refused when more than `LARGEST_LOSS` of the shop would vanish."""
    if lost > LARGEST_LOSS * had:
        raise Refused(
            f"{lost:,} of the shop's {had:,} products are not in the feed and would vanish",
            expected=f"at most {LARGEST_LOSS:.0%}",
            hint="look whether the feed is whole; --force replaces the shop all the same,"
            " --mode merge keeps what the feed lacks",
        )


@dataclass(frozen=True, slots=True)
class LiveWrites:
    """What the live writes since the reading began make of the staged feed, by position."""

    gone: list[int]
    """Put or deleted live: they leave the feed."""
    patched: list[tuple[int, bytes]]
    """Patched live: their volatile fields enter it."""


def live_writes_win(rows: Iterable[tuple[int, int, bytes, bytes]], began_at: int) -> LiveWrites:
    """Which writes are newer than the feed.

    Args:
        rows: of products in the feed that were written since: position in the feed, number of
            the body's last change, volatile fields now, and those in the feed.
        began_at: the store's seq when the reading of the feed began.
    """
    found = LiveWrites([], [])
    for position, body_seq, newer, fed in rows:
        if body_seq > began_at:
            found.gone.append(position)
        else:
            found.patched.append((position, carried_over(newer, onto=fed)))
    return found
