"""Which products does a seed make?"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from shopkeeper.knowledge import Value
from shopkeeper.records import InvalidRequest, Product
from shopkeeper.world.chance import spread_offset, stream
from shopkeeper.world.config import GoodsDials
from shopkeeper.world.item import Item, make_item
from shopkeeper.world.listing import Listing, write_listing
from shopkeeper.world.loader import load_goods
from shopkeeper.world.stocking import Placed, Schema
from shopkeeper.world.vocabulary import Category, Chance, Goods, OneOf

GOLDEN = 0x9E3779B97F4A7C15
"""2⁶⁴ divided by the golden ratio: its multiples spread evenly, however many are taken."""
SMALLEST, LARGEST = 200, 1_000_000
_ITEM, _LISTING = 1, 2
"""Streams of chance. A dial of the listings leaves the items as they are."""


@dataclass(frozen=True, slots=True)
class World:
    """A shop's goods. Product i depends on the seed, the dials and i alone.

    So a larger world begins with the products of a smaller one, and any product can be made by
    itself, in any order, in any process. Categories come round evenly: at 2,000 products each
    has some.
    """

    seed: int = 0
    size: int = 2000
    """How many products, 200 … 1,000,000."""
    dials: GoodsDials = field(default_factory=GoodsDials)
    goods: Goods = field(default_factory=load_goods, repr=False)
    _ends: tuple[float, ...] = field(init=False, repr=False)
    """Of each category, where its part of 0 … 1 ends."""
    _offset: int = field(init=False, repr=False)
    """Where the spread of categories begins, of 2⁶⁴."""

    def __post_init__(self) -> None:
        if not SMALLEST <= self.size <= LARGEST:
            raise InvalidRequest(f"size {self.size:,}", expected=f"{SMALLEST} … {LARGEST:,}")
        if self.seed < 0:
            raise InvalidRequest(f"seed {self.seed}", expected="0 or more")
        ends = list(accumulate(category.share for category in self.goods.categories))
        object.__setattr__(self, "_ends", tuple(end / ends[-1] for end in ends))
        object.__setattr__(self, "_offset", spread_offset(self.seed))

    def items(self) -> Iterator[Item]:
        """The products as they are, lazily, in order."""
        return (self.item(index) for index in range(self.size))

    def products(self) -> Iterator[Product]:
        """The products as merchants list them, lazily, in order."""
        return (self.product(index) for index in range(self.size))

    def item(self, index: int) -> Item:
        """The truth about product `index`, 0 … size − 1."""
        if not 0 <= index < self.size:
            raise InvalidRequest(f"product {index}", expected=f"0 … {self.size - 1}")
        category = self.category_of(index)
        return make_item(
            f"p{index:06d}",
            category,
            stream(self.seed, _ITEM, index),
            sold_out=self.dials.sold_out,
            fits=self._fitting(category.fits, index) if category.fits else None,
        )

    def product(self, index: int) -> Product:
        """What the shop is told about product `index`."""
        return self.listing(self.item(index), index).product

    def listing(self, item: Item, index: int) -> Listing:
        """What the shop is told about product `index`, which is `item`."""
        rng = stream(self.seed, _LISTING, index)
        return write_listing(item, self.goods, self.dials, rng)

    def schema(self) -> Schema:
        """What each category's products may be asked for: its attributes, but for links."""
        return {
            category.name: {
                name: self._askable(category, name)
                for name in category.has
                if category.attributes[name].kind != "link"
            }
            for category in self.goods.categories
        }

    def placed(self, index: int) -> tuple[Placed, Product]:
        """Product `index` for the shelves, and as the shop is told of it."""
        item = self.item(index)
        listing = self.listing(item, index)
        placed = Placed(
            id=item.id,
            sku=item.variants[0].sku,
            category=item.category.name,
            brand=item.brand.name,
            told={name: self._families(name, values) for name, values in listing.told.items()},
            true={name: self._families(name, item.values(name)) for name in item.category.has},
            is_in_stock=any(variant.stock for variant in item.variants),
            price=min(v.price.minor for v in item.variants if v.price is not None) / 100,
            quality=item.quality,
            popularity=item.popularity,
            appeal=item.appeal,
        )
        return placed, listing.product

    def _askable(self, category: Category, name: str) -> tuple[Value, ...] | None:
        choice = category.has[name]
        match choice:
            case Chance():
                return (False, True)
            case OneOf(values) if category.attributes[name].kind != "number":
                return tuple(self._families(name, values))
            case _:
                return None

    def _families(self, name: str, values: Collection[Value]) -> Collection[Value]:
        """A colour with its family, by which shoppers ask for it; anything else as it is."""
        if name != "colour":
            return values
        families = (self.goods.colours[str(value)].family for value in values)
        return tuple(dict.fromkeys((*values, *families)))

    def category_of(self, index: int) -> Category:
        """Which category product `index` belongs to, by its place in the even spread."""
        place = ((self._offset + index * GOLDEN) % 2**64) / 2**64
        return self.goods.categories[bisect_right(self._ends, place)]

    def _fitting(self, category: str, index: int) -> Item | None:
        """The nearest earlier product of a category; None when product `index` has none before."""
        earlier = (i for i in range(index - 1, -1, -1) if self.category_of(i).name == category)
        found = next(earlier, None)
        return None if found is None else self.item(found)
