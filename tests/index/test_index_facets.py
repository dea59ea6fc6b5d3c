"""Facets list what counts, exactly, however many values and segments there are."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from shopkeeper.index import facets
from shopkeeper.index.columns import Chosen, Columns
from shopkeeper.index.columns_builder import build_columns
from shopkeeper.index.documents import field_terms
from shopkeeper.index.facets import facet, suitable_fields, tally
from shopkeeper.index.filters import check_fields, passing
from shopkeeper.records import AnyOf, Clause, Facet, InvalidRequest, Product, parse_clause


def product(name: str, **attributes: object) -> Product:
    return Product.from_dict({"id": name, "title": name, "attributes": attributes})


def counted(parts: list[list[Product]], field: str, *clauses: Clause) -> Facet:
    tallies = []
    for products in parts:
        columns = build_columns(products)
        every = Chosen(columns, np.arange(len(products)), None)
        tallies.append(tally(every, columns.volatile, field, "USD"))
    return facet(field, tallies, clauses)


@pytest.mark.parametrize("seed", range(5))
def test_the_commonest_of_all_segments_are_listed(seed: int) -> None:
    """Many ties at the last listed place, and values whose lead is in the small segments."""
    rng = random.Random(seed)
    colours = [f"c{round(rng.expovariate(1 / 60))}" for _ in range(900)]
    products = [product(f"p{i}", colour=colour) for i, colour in enumerate(colours)]
    chosen = rng.choice(colours)
    shown = counted([products[:700], products[700:850], products[850:]], "colour")
    again = counted([products], "colour", AnyOf("colour", (chosen, "none")))
    counts = Counter(colours)
    expected = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert [(v.value, v.count) for v in shown.values] == expected[: facets.MOST_VALUES]
    assert shown.distinct == again.distinct == len(counts)
    first = [(v.value, v.count) for v in again.values if v.selected]
    assert first == [(chosen, counts[chosen]), ("none", 0)]
    others = [(value, count) for value, count in expected if value != chosen]
    assert [(v.value, v.count) for v in again.values[2:]] == others[: facets.MOST_VALUES - 2]


def test_few_numbers_are_listed_with_all_their_digits_and_many_are_a_range() -> None:
    few = [[product("a", mass=1234567.0), product("b", mass=2)], [product("c", mass=1234567.0)]]
    shown = counted(few, "mass", AnyOf("mass", ("2.0",)))
    assert [(v.value, v.count, v.selected) for v in shown.values] == [
        ("2", 1, True),
        ("1234567", 2, False),
    ]
    many = [[product(f"p{i}", mass=i % 60 + 0.25) for i in range(90)], few[0]]
    shown = counted(many, "mass", AnyOf("mass", ("7.250", "3")))
    assert [(v.value, v.count) for v in shown.values] == [("7.25", 2), ("3", 0)]
    assert (shown.low, shown.high, shown.distinct) == (0.25, 1234567.0, 62)


def test_no_text_is_made_of_numbers_that_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[float] = []
    monkeypatch.setattr(facets, "number_text", lambda number: made.append(number) or str(number))
    counted([[product(f"p{i}", mass=float(i)) for i in range(500)]], "mass")
    assert not made


@pytest.mark.parametrize("name", ["id", "sku"])
def test_nothing_is_counted_by_id(name: str) -> None:
    fields = frozenset(("id", "sku", "brand"))
    with pytest.raises(InvalidRequest, match="counted"):
        check_fields(fields, (name,), "count")
    check_fields(fields, (name,), "filter")


def test_a_field_of_texts_and_numbers_is_covered_by_both() -> None:
    """4 of 20 products have it as a text and 4 as a number: together over a third."""
    sizes: list[object] = ["S", "M", "S", "M", 1.0, 2.0, 1.0, 2.0]
    products = [product(f"p{i}", size=size) for i, size in enumerate(sizes)]
    products += [product(f"q{i}") for i in range(12)]
    columns = build_columns(products)
    assert suitable_fields([Chosen(columns, np.arange(20), None)], 6) == ("size",)


def shop() -> Columns:
    rows = [("a", "19.99", 0, 5), ("b", "20.00", 5, 0.5), ("c", None, None, None)]
    return build_columns(
        Product.from_dict(
            {"id": i, "title": i, "price": price, "stock": stock, "popularity": wanted},
        )
        for i, price, stock, wanted in rows
    )


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("price:19.99", "a"),
        ("price:20|19.990", "ab"),
        ("-price:20", "ac"),
        ("price:cheap", ""),
        ("stock:0", "a"),
        ("stock:-1", ""),
        ("popularity:0.5", "b"),
        ("in_stock:true", "bc"),
        ("in_stock:false|true", "abc"),
        ("in_stock:yes", ""),
        ("-in_stock:yes", "abc"),
    ],
)
def test_volatile_values_compare_as_what_they_are(clause: str, expected: str) -> None:
    columns = shop()
    alive = np.ones(3, np.bool_)
    found = passing(columns, columns.volatile, (parse_clause(clause),), "USD", alive).products
    assert "".join(columns.ids[product] for product in found.nonzero()[0]) == expected


def test_a_feature_keeps_its_digits() -> None:
    given = product("a", **{"mass (g)": 1234567.0, "width (mm)": 3000})
    terms = field_terms(given, lambda text, locale: text.split(), "en")
    assert terms["features"] == ["1234567", "g", "3000", "mm"]
