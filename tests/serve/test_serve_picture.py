"""A drawing is the same every time, well-formed whatever the title holds, and as coloured."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.records import Product
from shopkeeper.serve.picture import COLOURS, initials, picture

SVG = "{http://www.w3.org/2000/svg}"


def _product(**changes: object) -> Product:
    return Product.from_dict({"id": "p", "title": "Alpine tent", "brand": "Acme", **changes})


def test_the_same_product_is_drawn_the_same_byte_for_byte() -> None:
    assert picture(_product(), "en") == picture(_product(), "en")
    assert picture(_product(), "en") != picture(_product(brand="Zed"), "en")


@given(st.text(min_size=1).filter(str.strip), st.text())
def test_whatever_the_texts_hold_the_drawing_is_well_formed(title: str, brand: str) -> None:
    drawing = ElementTree.fromstring(picture(_product(title=title, brand=brand), "en"))
    tags = {element.tag.removeprefix(SVG) for element in drawing.iter()}
    assert tags == {
        "svg", "title", "defs", "linearGradient", "stop", "rect", "g", "circle", "text"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "paint"),
    [
        ({"attributes": {"Colour": "Dark red"}}, "red"),
        ({"attributes": {"color": ["blue", "green"]}}, "blue"),
        ({"attributes": {"颜色": "绿色"}}, "绿"),
        ({"variants": [{"sku": "a", "options": {"Color": "Navy"}}]}, "navy"),
    ],
)
def test_a_named_colour_is_used(changes: dict[str, object], paint: str) -> None:
    disc = ElementTree.fromstring(picture(_product(**changes), "en")).find(f"{SVG}circle")
    assert disc is not None
    assert disc.get("fill") == COLOURS[paint]


def test_coloured_is_not_red() -> None:
    assert COLOURS["red"] not in picture(_product(attributes={"colour": "coloured"}), "en")


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Alpine tent 2", "AT"), ("tent", "T"), ("- 3 cups", "3C"), ("防水帐篷", "防"), ("!", "·")],
)
def test_initials(title: str, expected: str) -> None:
    assert initials(title) == expected


def test_a_product_without_picture_is_drawn_over_http(client: TestClient) -> None:
    [hit] = client.get("/v1/search", params={"q": "cup"}).json()["hits"]
    assert hit["image"] == "/images/a%2Fb%20c.svg"
    answer = client.get(hit["image"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert "<script" not in answer.text
    assert ElementTree.fromstring(answer.text).tag == f"{SVG}svg"
    assert client.get("/images/nope.svg").status_code == 404
