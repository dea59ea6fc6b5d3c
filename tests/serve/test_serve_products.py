"""Products go in, come out unchanged, and change in place when they can."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest
from corner_shop import CornerShop
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.records import InvalidRecord, Product
from shopkeeper.records.ports import Put, Written
from shopkeeper.serve.changes import merge, patch_from_dict

TENT = "/v1/products/tent-2"


def test_what_get_answers_can_be_put_back_unchanged(client: TestClient, shop: CornerShop) -> None:
    before = dict(shop.catalogue.products)
    for product_id, product in before.items():
        address = f"/v1/products/{quote(product_id, safe='')}"
        body = client.get(address).json()
        assert body == product.to_dict()
        assert client.put(address, json=body).status_code == 200
    assert shop.catalogue.products == before
    assert shop.catalogue.calls == ["put"] * len(before)


def test_the_short_form_takes_the_shops_locale_and_currency(
    client: TestClient, shop: CornerShop
) -> None:
    body = {"title": "Lamp", "price": "19.90", "stock": 3, "category": "Home > Light"}
    assert client.put("/v1/products/lamp", json=body).json() == {"seq": 5, "accepted": 1}
    lamp = shop.catalogue.products["lamp"]
    assert lamp.title == {"en": "Lamp"}
    assert str(lamp.price) == "$19.90"
    assert lamp.category == ("Home", "Light")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"price": 1}, "body.title"),
        ({"title": "x", "colour": "red"}, "body.colour"),
        ({"title": "x", "id": "other"}, "body.id"),
        ({"title": "x", "rating": 7}, "body.rating"),
        ({"title": "x", "variants": [{"sku": "a"}], "price": 3}, "body"),
        ({"title": " "}, "product new"),
        ({"title": "x", "attributes": {"price": 3.0}}, ""),
    ],
)
def test_a_body_that_is_no_product_is_refused_with_its_place(
    client: TestClient, shop: CornerShop, body: dict[str, object], where: str
) -> None:
    answer = client.put("/v1/products/new", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["where"] == where
    assert "new" not in shop.catalogue.products


def test_volatile_fields_alone_go_through_patch(client: TestClient, shop: CornerShop) -> None:
    assert client.patch(TENT, json={"price": "199.00", "popularity": 3}).status_code == 200
    assert client.patch(TENT, json={"sku": "tent-2-l", "stock": 5}).status_code == 200
    assert shop.catalogue.calls == ["patch", "patch"]
    tent = shop.catalogue.products["tent-2"]
    assert [(str(v.price), v.stock) for v in tent.variants] == [("$199.00", 7), ("$199.00", 5)]
    assert tent.popularity == 3.0


def test_any_other_field_is_merged_and_put(client: TestClient, shop: CornerShop) -> None:
    change = {
        "brand": None,
        "attributes": {"colour": None, "poles": 2},
        "title": {"de": "Zelt"},
        "sku": "tent-2-l",
        "price": 310,
    }
    assert client.patch(TENT, json=change).status_code == 200
    assert shop.catalogue.calls == ["bulk"]
    tent = shop.catalogue.products["tent-2"]
    assert tent.brand is None
    assert tent.attributes == {"waterproof_mm": 4000.0, "poles": 2.0}
    assert tent.title == {"en": "Fell waterproof tent", "zh-Hans": "防水帐篷", "de": "Zelt"}
    assert [str(variant.price) for variant in tent.variants] == ["$249.00", "$310.00"]


def test_null_makes_a_volatile_field_unknown(client: TestClient, shop: CornerShop) -> None:
    assert client.patch("/v1/products/mug", json={"stock": None}).status_code == 200
    assert shop.catalogue.products["mug"].variants[0].stock is None
    assert str(shop.catalogue.products["mug"].price) == "$9.50"


@pytest.mark.parametrize("change", [{"stock": 3}, {"brand": "x"}])
def test_patching_what_is_not_there_is_a_404(client: TestClient, change: object) -> None:
    assert client.patch("/v1/products/nope", json=change).status_code == 404


@pytest.mark.parametrize("change", [{"stock": 3}, {"brand": "x", "stock": 3}])
def test_patching_a_variant_that_is_not_there_says_so(
    client: TestClient, shop: CornerShop, change: dict[str, object]
) -> None:
    before = shop.catalogue.products["mug"]
    answer = client.patch("/v1/products/mug", json={"sku": "cup", **change})
    assert answer.status_code == 422
    assert "cup" in answer.json()["error"]["message"]
    assert shop.catalogue.products["mug"] == before


def test_delete_removes_and_removing_again_is_no_error(
    client: TestClient, shop: CornerShop
) -> None:
    for _ in range(2):
        assert client.delete("/v1/products/mug").status_code == 200
    assert "mug" not in shop.catalogue.products
    assert client.get("/v1/products/mug").status_code == 404


# The worked example and the table of RFC 7396, appendix A.
@pytest.mark.parametrize(
    ("target", "change", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a"], ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_is_rfc_7396(target: object, change: object, result: object) -> None:
    assert merge(target, change) == result


_json = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=7,
)


@given(_json, _json)
def test_merging_twice_is_merging_once(target: object, change: object) -> None:
    once = merge(target, change)
    assert merge(once, change) == once


@pytest.mark.parametrize(
    "change",
    [{"title": "x"}, {"stock": -1}, {"stock": True}, {"popularity": -1}, {"popularity": "3"},
     {"sku": 4}, {"price": -2}],
)  # fmt: skip
def test_a_patch_of_anything_else_is_an_invalid_record(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        patch_from_dict("p", change, "USD")


def test_the_patch_of_a_whole_product_merges_to_itself(shop: CornerShop) -> None:
    for product in shop.catalogue.products.values():
        assert Product.from_dict(merge(product.to_dict(), product.to_dict())) == product


def test_a_change_that_somebody_overtakes_is_merged_with_theirs(
    client: TestClient, shop: CornerShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, overtaken = shop.catalogue.bulk, []

    def bulk(writes: list[Put]) -> Written:
        """Another process is quicker, twice."""
        if len(overtaken) < 2:
            overtaken.append(writes)
            now = shop.catalogue.products["tent-2"]
            shop.catalogue.products["tent-2"] = replace(now, rating=3.0 + len(overtaken))
        return real(writes)

    monkeypatch.setattr(shop.catalogue, "bulk", bulk)
    assert client.patch(TENT, json={"brand": "Zed"}).status_code == 200
    now = shop.catalogue.products["tent-2"]
    assert (now.brand, now.rating, len(overtaken)) == ("Zed", 5.0, 2)


def test_a_change_that_is_overtaken_for_ever_is_refused(
    client: TestClient, shop: CornerShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shop.catalogue.bulk

    def bulk(writes: list[Put]) -> Written:
        now = shop.catalogue.products["tent-2"]
        popularity = (now.popularity or 0.0) + 1
        shop.catalogue.products["tent-2"] = replace(now, popularity=popularity)
        return real(writes)

    monkeypatch.setattr(shop.catalogue, "bulk", bulk)
    answer = client.patch(TENT, json={"brand": "Zed"})
    assert answer.status_code == 503
    assert "others keep changing it" in answer.json()["error"]["message"]
    assert shop.catalogue.products["tent-2"].brand == "Acme"
