"""WooCommerce's export: a shop's worth of rows of every type, in three languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shopkeeper.data import detect_format, open_feed
from shopkeeper.data.woocommerce_headings import heading
from shopkeeper.records import Product

FIXTURES = Path(__file__).parent / "fixtures"


def read(path: Path, currency: str = "EUR") -> dict[str, Product]:
    return {product.id: product for product in open_feed(path, currency=currency)}


@pytest.fixture(scope="module")
def products() -> dict[str, Product]:
    return read(FIXTURES / "woocommerce.csv")


def test_parent_and_variations_are_one_product(products: dict[str, Product]) -> None:
    """One variation names its parent by sku, another by id though the parent has a sku."""
    jacket = products["101"]
    assert [
        (v.sku, dict(v.options), str(v.price), v.stock, v.image and v.image[-13:])
        for v in jacket.variants
    ] == [
        ("fell-moss", {"colour": "Moss"}, "€129.00", 4, "fell-moss.jpg"),  # the parent's stock
        ("fell-slate-m", {"colour": "Slate , matt", "size": "M"}, "€149.00", 0, None),
    ]
    assert jacket.description == {"en": "Keeps the rain out.\nThree layers,\nfully taped."}
    assert jacket.category == ("Clothing", "Jackets")
    assert jacket.brand == "Northfell"
    assert jacket.image == "https://shop.example/wp-content/uploads/2026/03/fell.jpg"
    # a variation of any size: the sizes stay with the product; each has its colour: those do not
    assert jacket.attributes == {
        "tags": ("rain", "hiking"),
        "other categories": ("Sale > ,Winter, 2026",),
        "weight (kg)": 0.42,
        "size": ("S", "M", "L"),
    }


def test_variations_without_skus_have_their_ids(products: dict[str, Product]) -> None:
    socks = products["108"]
    assert [(v.sku, v.stock) for v in socks.variants] == [("204", None), ("205", 3)]
    assert "size" not in socks.attributes


def test_other_types(products: dict[str, Product]) -> None:
    mug, book, stove = products["102"], products["103"], products["104"]
    assert (str(mug.price), mug.variants[0].stock) == ("€9.50", 12)  # its sale is over
    assert mug.description == {"en": "-packed by hand"}
    assert (mug.brand, mug.attributes["gtin"]) == ("Campware", "4006381333931")
    assert mug.attributes["weight (kg)"] == 0.15
    assert (str(book.price), book.variants[0].stock) == ("€8.40", None)  # 8.403361
    assert book.attributes == {"availability": "backorder"}
    assert (stove.url, stove.variants[0].stock) == ("https://partner.example/stove", 0)
    assert products["107"].price is None  # a group of others
    assert products["109"].variants[0].stock == 0  # variable, and nothing to choose yet


def test_what_shoppers_must_not_see_is_rejected_with_all_its_variations(tmp_path: Path) -> None:
    feed = open_feed(FIXTURES / "woocommerce.csv", rejects=tmp_path / "rejects.jsonl")
    assert len(list(feed)) == feed.counts.products == 7
    rejects = [json.loads(line) for line in (tmp_path / "rejects.jsonl").open()]
    assert sorted((r["row"], r["field"], r["value"]) for r in rejects) == [
        (6, "published", "-1"),
        (7, "visibility in catalog", "hidden"),
        (11, "published", "0"),
        (14, "price", "ask us"),
        (17, "parent", "gone"),
        (18, "published", "0"),
    ]
    assert feed.counts.rows == feed.counts.rows_kept + feed.counts.rows_rejected == 17


def test_headings_are_read_in_german_and_french(products: dict[str, Product]) -> None:
    """Semicolons, CRLF within a cell too, a byte-order mark; a narrow space before "?"."""
    german = read(FIXTURES / "woocommerce_de.csv")
    tent = german["11"]
    assert [(v.sku, dict(v.options), str(v.price), v.stock) for v in tent.variants] == [
        ("zelt-gruen", {"farbe": "Grün"}, "€199.90", 3)
    ]
    assert tent.title == {"en": 'Kuppelzelt "Föhn"'}
    assert tent.description == {"en": "Für zwei\nLeicht;\nund dicht"}
    assert (tent.brand, tent.category) == ("Firn", ("Draußen", "Zelte"))
    assert str(german["13"].price) == "€3.50"
    kettle = read(FIXTURES / "woocommerce_fr.csv")["bouilloire"]
    assert (str(kettle.price), kettle.variants[0].stock, kettle.brand) == ("€24.00", 5, "Lux")
    assert kettle.attributes == {"couleur": "Rouge"}


def test_capitals_do_not_matter(products: dict[str, Product], tmp_path: Path) -> None:
    """Older exporters wrote "Regular Price"; hands write anything."""
    text = (FIXTURES / "woocommerce.csv").read_text("utf-8-sig")
    head, _, body = text.partition("\n")
    for changed in (head.title(), head.upper(), head.lower()):
        path = tmp_path / "feed.csv"
        path.write_text(f"{changed}\n{body}", encoding="utf-8", newline="")
        assert detect_format(path) == "woocommerce"
        assert read(path) == products


@pytest.mark.parametrize(
    ("starts", "ends", "price"),
    [
        ("", "", "€7.00"),
        ("2000-01-01", "", "€7.00"),
        ("", "2000-01-01 23:59:59", "€9.00"),
        ("2999-01-01", "", "€9.00"),
        ("2000-01-01 0:00:00", "2999-01-01", "€7.00"),
        ("tomorrow", "", None),
    ],
)
def test_a_sale_counts_while_it_lasts(
    starts: str, ends: str, price: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "feed.csv"
    path.write_text(
        "ID,Type,Name,Published,Regular price,Sale price,"
        "Date sale price starts,Date sale price ends\n"
        f"1,simple,Cup,1,9,7,{starts},{ends}\n2,simple,Other,1,9,,,\n"
    )
    found = read(path)
    assert (str(found["1"].price) if "1" in found else None) == price
    assert "2" in found


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("Attribute 12 Value(s)", "attribute 12 value(s)"),
        ("Valeur(s) de l'attribut 12", "attribute 12 value(s)"),
        ("Attribut 3 Wert(e)", "attribute 3 value(s)"),
        ("Poids (kg)", "weight (kg)"),
        ("Höhe (cm)", "height (cm)"),
        ("GTIN, UPC, EAN ou ISBN", "gtin"),
        ("Meta: _price", "meta: _price"),
    ],
)
def test_headings(name: str, english: str) -> None:
    assert heading(name) == english
