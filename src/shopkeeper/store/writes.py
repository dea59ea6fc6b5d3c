"""What does a batch of writes make of the products?

The batch is played in memory upon what is stored, then the outcome is written: a product that is
written five times in a batch costs one row, and one that ends as it began costs none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shopkeeper.records import NotFound, Refused, ShopkeeperError
from shopkeeper.records.ports import Patch, Put, Write, Written
from shopkeeper.store.volatile import patched, split


@dataclass(frozen=True, slots=True)
class State:
    """A product within the batch; the digest is None while there is no such product."""

    digest: bytes | None = None
    volatile: bytes | None = None
    body: bytes | None = None
    """None also while it is the stored one, which nobody needs to read."""


class NewBody(NamedTuple):
    """A product that was put, or deleted: then the last three are None."""

    seq: int
    id: str
    digest: bytes | None
    body: bytes | None
    volatile: bytes | None


class NewVolatile(NamedTuple):
    """A product of which nothing but price, stock or popularity has changed."""

    seq: int
    id: str
    volatile: bytes | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be stored, each product once, seq ascending, and what to answer."""

    bodies: tuple[NewBody, ...]
    patches: tuple[NewVolatile, ...]
    written: Written


_ABSENT = State()


def ids_of(writes: Sequence[Write]) -> set[str]:
    """The products that are written to."""
    return {_id(write) for write in writes}


def play(writes: Sequence[Write], before: Mapping[str, State], seq: int) -> Outcome:
    """Play the writes in order.

    Args:
        before: what is stored of the products that are written to, deleted ones included.
        seq: the number of the store's latest change; those of the batch come after it.
    """
    after = dict(before)
    touched: dict[str, None] = {}
    refused = []
    for index, write in enumerate(writes):
        product_id = _id(write)
        try:
            after[product_id] = _next(after.get(product_id, _ABSENT), write)
        except ShopkeeperError as error:
            refused.append((index, str(error)))
        else:
            touched.pop(product_id, None)  # the order of the last writes is the order of seq
            touched[product_id] = None

    bodies, patches = [], []
    for product_id in touched:
        old, new = before.get(product_id, _ABSENT), after[product_id]
        if old.digest != new.digest:
            seq += 1
            bodies.append(NewBody(seq, product_id, new.digest, new.body, new.volatile))
        elif old.volatile != new.volatile:
            seq += 1
            patches.append(NewVolatile(seq, product_id, new.volatile))
    written = Written(seq, accepted=len(writes) - len(refused), refused=tuple(refused))
    return Outcome(tuple(bodies), tuple(patches), written)


def _id(write: Write) -> str:
    return write.product.id if isinstance(write, Put) else write.product_id


def _next(state: State, write: Write) -> State:
    if isinstance(write, Put):
        if write.over is not None:
            known = split(write.over)
            if (known.digest, known.volatile) != (state.digest, state.volatile):
                raise Refused("somebody else has changed it", where=f"product {write.product.id}")
        new = split(write.product)
        return State(new.digest, new.volatile, new.body)
    if isinstance(write, Patch):
        if state.volatile is None:
            raise NotFound("no such product", where=f"product {write.product_id}")
        return State(state.digest, patched(state.volatile, write), state.body)
    return _ABSENT
