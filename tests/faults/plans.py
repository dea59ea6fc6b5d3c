"""What does a doomed process do, step by step, and what is true after each step?

The process that does the steps and the model that checks them read the same plan from the same
seed, so that an acknowledgement is a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from assemble.shops import Row, product, row
from shopkeeper.records import Money, Product
from shopkeeper.records.ports import Delete, Patch, Put, Write

Kind = Literal["write", "replace", "merge", "build", "dense", "swap"]
Goods = Mapping[str, Product]
"""The shop's products by id."""

KINDS: tuple[Kind, ...] = ("write", "replace", "merge", "build", "dense", "swap")
_MOST = 40
"""Products of a feed: small, so that a step takes milliseconds and most of them are reached."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is acknowledged when it is done."""

    kind: Kind
    writes: tuple[Write, ...] = ()
    feed: tuple[Row, ...] = ()
    chance: float = 0.0
    """0 … 1, for what the step itself has to choose."""


def plan(seed: str, kinds: tuple[Kind, ...]) -> Iterator[Step]:
    """Steps without end; the same for the same seed."""
    chance = Random(seed)
    number = 0
    while True:
        number += 1
        # Most of a shop's life is live writes, and each step of another kind is longer.
        kind = "write" if "write" in kinds and chance.random() < 0.5 else chance.choice(kinds)
        name = f"{seed.replace('/', ' ')} {number}"
        if kind == "write":
            yield Step(kind, writes=tuple(_writes(chance, name)))
        elif kind in ("replace", "merge"):
            yield Step(kind, feed=tuple(_feed(chance, name)))
        else:
            yield Step(kind, chance=chance.random())


def after(goods: Goods, step: Step) -> Goods:
    """The shop's products when the step is done."""
    if step.kind == "replace":
        return {p.id: p for p in map(Product.from_dict, step.feed)}
    if step.kind == "merge":
        return {**goods, **{p.id: p for p in map(Product.from_dict, step.feed)}}
    now = dict(goods)
    for write in step.writes:
        if isinstance(write, Put):
            now[write.product.id] = write.product
        elif isinstance(write, Patch):
            if write.product_id in now:  # else it is refused
                now[write.product_id] = _patched(now[write.product_id], write)
        else:
            now.pop(write.product_id, None)
    return now


def _writes(chance: Random, name: str) -> Iterator[Write]:
    """A batch that is only true together: all puts of it say its name."""
    for _ in range(chance.randint(1, 6)):
        number = chance.randrange(_MOST)
        kind = chance.random()
        if kind < 0.5:
            yield Put(product(number, title=f"kettle {name}", stock=chance.randrange(9)))
        elif kind < 0.8:
            price = Money(chance.randrange(1, 90_000), "USD")
            yield Patch(f"p{number}", price=price, popularity=float(chance.randrange(99)))
        else:
            yield Delete(f"p{number}")


def _feed(chance: Random, name: str) -> Iterator[Row]:
    for number in sorted(chance.sample(range(_MOST), chance.randint(20, _MOST))):
        yield row(number, title=f"lamp {name}", price=f"{chance.randrange(1, 900)}.00")


def _patched(old: Product, patch: Patch) -> Product:
    (variant,) = old.variants
    return replace(
        old, variants=(replace(variant, price=patch.price),), popularity=patch.popularity
    )
