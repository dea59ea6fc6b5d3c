"""A product survives its JSON, and what cannot be one is refused with field and reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.records import InvalidRecord, Money, Product, Variant, localise

names = st.text("abcdef äü帐篷-", min_size=1, max_size=12).filter(str.strip)
values = st.one_of(
    st.text(max_size=20),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text(max_size=9), max_size=3).map(tuple),
)
products = st.builds(
    Product,
    id=names,
    title=st.dictionaries(st.sampled_from(("en", "zh-Hans")), names, min_size=1),
    description=st.dictionaries(st.sampled_from(("en", "de")), st.text(max_size=50)),
    brand=st.none() | names,
    category=st.lists(names.map(str.strip), max_size=3).map(tuple),
    attributes=st.dictionaries(names, values, max_size=4),
    variants=st.lists(
        st.builds(
            Variant,
            sku=names,
            options=st.dictionaries(names, names, max_size=2),
            price=st.none() | st.builds(Money, st.integers(0, 10**9), st.just("EUR")),
            stock=st.none() | st.integers(0, 10**6),
            image=st.none() | names,
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda variant: variant.sku,
    ).map(tuple),
    popularity=st.none() | st.floats(0, 1e9),
    rating=st.none() | st.floats(0, 5),
)


@given(products)
def test_a_product_survives_its_json(product: Product) -> None:
    assert Product.from_dict(product.to_dict(), currency="EUR") == product


def test_the_short_form() -> None:
    given_ = {"id": 7, "title": "Tent", "price": "$129.50", "stock": 3, "category": "Out > Tents"}
    product = Product.from_dict(given_)
    assert product.id == "7"
    assert product.title == {"en": "Tent"}
    assert product.category == ("Out", "Tents")
    assert product.variants == (Variant("7", price=Money(12950, "USD"), stock=3),)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": ""}, "1 … 512 characters"),
        ({"title": " "}, "no title"),
        ({"title": "x" * 100_001}, "100,001 characters"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"attributes": {"price": "5"}}, "name 'price' in attributes"),
        ({"attributes": {"kg": float("nan")}}, "attribute 'kg'"),
        ({"attributes": {"a:b": "5"}}, "name 'a:b'"),
        ({"price": -1}, "price -100"),
        ({"price": {"minor": 1, "currency": 5}}, "currency 5"),
        ({"stock": 1.5}, "stock 1.5"),
        ({"stock": -1}, "stock -1"),
        ({"rating": 6}, "rating 6"),
        ({"popularity": "much"}, "popularity 'much'"),
        ({"variants": []}, "no variant"),
        ({"variants": [{"sku": "a"}, {"sku": "a"}]}, "a sku stands twice"),
        ({"variants": [{"sku": "a"}], "price": 5}, "beside variants"),
        ({"variants": [{"sku": "a", "hue": "red"}]}, "unknown key 'hue'"),
        ({"category": ["A", 5]}, "category"),
    ],
)
def test_what_is_no_product_is_refused_with_its_reason(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRecord, match=said.replace("$", r"\$")):
        Product.from_dict({"id": "a", "title": "Tent", **change})


def test_variants_have_one_currency() -> None:
    variants = tuple(Variant(c, price=Money(1, c)) for c in ("USD", "EUR"))
    with pytest.raises(InvalidRecord, match="several currencies"):
        Product("a", {"en": "Tent"}, variants)


@pytest.mark.parametrize(
    ("locale", "text"), [("de", "Zelt"), ("en-GB", "Tent"), ("zh-Hant", "帐篷"), ("fr", "Zelt")]
)
def test_the_nearest_locale_is_taken(locale: str, text: str) -> None:
    assert localise({"de": "Zelt", "en": "Tent", "zh-Hans": "帐篷"}, locale) == text
    assert localise({}, locale) == ""
