"""From products to columns: facts are collected one product at a time, then sorted once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from shopkeeper.index.columns import (
    UNKNOWN,
    Columns,
    Entries,
    FieldsOfProducts,
    Numbers,
    Values,
    Volatile,
    parents_of,
)
from shopkeeper.index.texts import Texts
from shopkeeper.records import CATEGORY_SEPARATOR, Product

Fact = float | tuple[str, ...]


class ColumnsBuilder:
    """Collects products; `build` sorts them into columns."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._skus: list[str] = []
        self._variants = array("i")
        self._price, self._stock = array("q"), array("i")
        self._popularity = array("d")
        self._own: dict[str, _Facts] = {}
        self._options: dict[str, _Facts] = {}

    def add(self, product: Product) -> None:
        """Take the next product."""
        place = len(self._ids)
        self._ids.append(product.id)
        self._popularity.append(np.nan if product.popularity is None else product.popularity)
        self._variants.append(len(product.variants))
        for name, fact in _product_facts(product):
            _facts_of(self._own, name).add(place, fact)
        for variant in product.variants:
            row = len(self._skus)
            self._skus.append(variant.sku)
            self._price.append(variant.price.minor if variant.price else UNKNOWN)
            self._stock.append(UNKNOWN if variant.stock is None else variant.stock)
            for name, value in variant.options.items():
                _facts_of(self._options, name).add(row, (value,))

    def take(self, other: ColumnsBuilder) -> None:
        """Add all products of another builder behind these."""
        products, rows = len(self._ids), len(self._skus)
        self._ids += other._ids
        self._skus += other._skus
        self._variants.extend(other._variants)
        self._price.extend(other._price)
        self._stock.extend(other._stock)
        self._popularity.extend(other._popularity)
        for mine, others, offset in (
            (self._own, other._own, products),
            (self._options, other._options, rows),
        ):
            for name, facts in others.items():
                _facts_of(mine, name).take(facts, offset)

    def build(self) -> Columns:
        """The columns of the products, in their order."""
        first_row = np.zeros(len(self._ids) + 1, np.int32)
        np.cumsum(np.frombuffer(self._variants, np.int32), out=first_row[1:])
        layout = _Layout(first_row)
        values: dict[str, Values] = {}
        numbers: dict[str, Numbers] = {}
        # The order of the fields is that in which they came: products' own, then variants'.
        for name in dict.fromkeys((*self._own, *self._options)):
            own, options = self._own.get(name, _Facts()), self._options.get(name)
            column = _texts(layout, own, options, is_path=name == "category")
            if column is not None:
                values[name] = column
            if own.number_owners:
                numbers[name] = _numbers(layout, own, options)
        return Columns(
            ids=Texts.of(self._ids),
            skus=Texts.of(self._skus),
            first_row=first_row,
            values=values,
            numbers=numbers,
            fields_of_products=_fields_of_products(layout, values, numbers),
            volatile=Volatile(
                np.frombuffer(self._price, np.int64).copy(),
                np.frombuffer(self._stock, np.int32).copy(),
                np.frombuffer(self._popularity, np.float64).copy(),
            ),
        )


class _Facts:
    """A field's facts, of products or of rows, in the order in which they came."""

    __slots__ = ("codes", "names", "number_owners", "numbers", "owners")

    def __init__(self) -> None:
        self.owners, self.codes = array("i"), array("i")
        self.names: dict[str, int] = {}
        self.number_owners, self.numbers = array("i"), array("d")

    def add(self, owner: int, fact: Fact) -> None:
        if isinstance(fact, float):
            self.number_owners.append(owner)
            self.numbers.append(fact)
            return
        for value in dict.fromkeys(fact):
            self.owners.append(owner)
            self.codes.append(self.names.setdefault(value, len(self.names)))

    def take(self, other: _Facts, offset: int) -> None:
        recoded = np.array(
            [self.names.setdefault(name, len(self.names)) for name in other.names], np.int32
        )
        codes = np.frombuffer(other.codes, np.int32)
        self.codes.frombytes((recoded[codes] if len(codes) else codes).tobytes())
        for ours, theirs in (
            (self.owners, other.owners),
            (self.number_owners, other.number_owners),
        ):
            ours.frombytes((np.frombuffer(theirs, np.int32) + np.int32(offset)).tobytes())
        self.numbers.extend(other.numbers)


def _facts_of(fields: dict[str, _Facts], name: str) -> _Facts:
    if name not in fields:
        fields[name] = _Facts()
    return fields[name]


class _Layout:
    """Which rows each product has."""

    def __init__(self, first_row: NDArray[np.int32]) -> None:
        self.first_row = first_row
        self.products, self.rows = len(first_row) - 1, int(first_row[-1])
        self.product_of = np.repeat(np.arange(self.products, dtype=np.int32), np.diff(first_row))

    def spread(
        self, owners: NDArray[np.int32], taken: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The rows of these products that are not `taken`, and which entry each row is of."""
        counts = self.first_row[owners + 1] - self.first_row[owners]
        entry = np.repeat(np.arange(len(owners)), counts)
        ends = np.cumsum(counts, dtype=np.int64)
        within = np.arange(len(entry)) - np.repeat(ends - counts, counts)
        rows = (self.first_row[owners][entry] + within).astype(np.int32)
        free = ~taken[rows]
        return rows[free], entry[free]


def _texts(layout: _Layout, own: _Facts, options: _Facts | None, is_path: bool) -> Values | None:
    if not own.names and options is None:
        return None
    names: set[str] = {*own.names, *(options.names if options else ())}
    if is_path:
        names |= {
            CATEGORY_SEPARATOR.join(levels[:depth])
            for levels in [name.split(CATEGORY_SEPARATOR) for name in names]
            for depth in range(1, len(levels))
        }
    ordered = Texts.of(sorted(names), is_sorted=True)
    rank = {name: place for place, name in enumerate(ordered)}

    def of(facts: _Facts) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        places = np.array([rank[name] for name in facts.names], np.int32)
        codes = np.frombuffer(facts.codes, np.int32)
        return np.frombuffer(facts.owners, np.int32), places[codes] if len(codes) else codes

    owners, codes = of(own)
    total = layout.products
    if options is None:
        order = np.lexsort((codes, owners))
    else:
        option_rows, option_codes = of(options)
        rows, entry = layout.spread(owners, _taken(layout, options))
        owners, codes = (
            np.concatenate([rows, option_rows]),
            np.concatenate([codes[entry], option_codes]),
        )
        order, total = np.lexsort((owners, codes, layout.product_of[owners])), layout.rows
    entries = Entries.of(owners[order], codes[order], len(ordered), total)
    return Values(options is not None, ordered, entries, parents_of(ordered) if is_path else None)


def _numbers(layout: _Layout, own: _Facts, options: _Facts | None) -> Numbers:
    values, codes = np.unique(np.frombuffer(own.numbers, np.float64), return_inverse=True)
    owners, total = np.frombuffer(own.number_owners, np.int32), layout.products
    if options is not None:
        owners, entry = layout.spread(owners, _taken(layout, options))
        codes, total = codes[entry], layout.rows
    return Numbers(
        options is not None, values, Entries.of(owners, codes.astype(np.int32), len(values), total)
    )


def _taken(layout: _Layout, options: _Facts) -> NDArray[np.bool_]:
    """[rows] which have an option of their own."""
    taken = np.zeros(layout.rows, np.bool_)
    taken[np.frombuffer(options.owners, np.int32)] = True
    return taken


def _fields_of_products(
    layout: _Layout, values: Mapping[str, Values], numbers: Mapping[str, Numbers]
) -> FieldsOfProducts:
    columns: list[tuple[str, Values | Numbers]] = [*values.items(), *numbers.items()]
    owners = []
    for _, column in columns:
        own = column.entries.owners
        products = layout.product_of[own] if column.of_rows else own
        owners.append(products[np.diff(products, prepend=UNKNOWN) != 0])
    lengths = [len(own) for own in owners]
    every = np.concatenate(owners) if owners else np.empty(0, np.int32)
    codes = np.repeat(np.arange(len(columns), dtype=np.int32), lengths)
    first = np.zeros(layout.products + 1, np.int64)
    np.cumsum(np.bincount(every, minlength=layout.products), out=first[1:])
    by_product = np.argsort(every, kind="stable")
    return FieldsOfProducts(first, codes[by_product], tuple(name for name, _ in columns))


def _product_facts(product: Product) -> Iterable[tuple[str, Fact]]:
    """Every filterable field of the product itself: numbers as floats, all else as texts."""
    if product.brand:
        yield "brand", (product.brand,)
    if product.category:
        yield "category", (CATEGORY_SEPARATOR.join(product.category),)
    if product.rating is not None:
        yield "rating", product.rating
    for name, value in product.attributes.items():
        if isinstance(value, bool):
            yield name, ("true" if value else "false",)
        elif isinstance(value, float):
            yield name, value
        else:
            yield name, (value,) if isinstance(value, str) else value


def build_columns(products: Iterable[Product]) -> Columns:
    """The columns of these products, in their order."""
    builder = ColumnsBuilder()
    for product in products:
        builder.add(product)
    return builder.build()
