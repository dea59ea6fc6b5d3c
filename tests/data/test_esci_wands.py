"""The products of ESCI and of WANDS, in rows of the published layouts written by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from shopkeeper.data import detect_format, open_feed
from shopkeeper.records import Product

ESCI = [
    {
        "product_id": "B0TENT",
        "product_title": "Fell 2 tent",
        "product_description": "<b>Dry</b> in any weather",
        "product_bullet_point": "Two doors\nTaped seams",
        "product_brand": "Firn",
        "product_color": "Green",
        "product_locale": "us",
    },
    {
        "product_id": "B0TENT",
        "product_title": "テント",
        "product_description": None,
        "product_bullet_point": None,
        "product_brand": "フィルン",
        "product_color": None,
        "product_locale": "jp",
    },
    {
        "product_id": "B0MUG",
        "product_title": "Taza",
        "product_description": None,
        "product_bullet_point": None,
        "product_brand": None,
        "product_color": None,
        "product_locale": "es",
    },
    {
        "product_id": "B0WHERE",
        "product_title": "Where",
        "product_description": None,
        "product_bullet_point": None,
        "product_brand": None,
        "product_color": None,
        "product_locale": "mars",
    },
]

WANDS = (
    "product_id\tproduct_name\tproduct_class\tcategory hierarchy\tproduct_description\t"
    "product_features\trating_count\taverage_rating\treview_count\n"
    "0\tsolid wood bed\tBeds\tFurniture / Bedroom / Beds & Frames\tgood , deep sleep .\t"
    "width:64.7|style : modern|style : rustic|style : modern|note\t15.0\t4.5\t15.0\n"
    '1\t"a ""round"" rug"\tRugs\t\t\t\t\t\t\n'
)


def check_esci(path: Path, rejects: Path) -> None:
    assert detect_format(path) == "esci"
    feed = open_feed(path, rejects=rejects)
    found = {product.id: product for product in feed}
    tent = found["B0TENT"]
    assert tent.title == {"en": "Fell 2 tent", "ja": "テント"}
    assert tent.description == {"en": "Dry in any weather\nTwo doors\nTaped seams"}
    assert (tent.brand, tent.attributes) == ("Firn", {"color": "Green"})
    assert found["B0MUG"].title == {"es": "Taza"}
    assert feed.counts.rows == 4
    [reject] = [json.loads(line) for line in rejects.open()]
    assert (reject["id"], reject["field"], reject["value"]) == ("B0WHERE", "product_locale", "mars")


def test_esci_as_published_and_as_csv(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ESCI), tmp_path / "products")
    check_esci(tmp_path / "products", tmp_path / "rejects.jsonl")
    with (tmp_path / "csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(ESCI[0]))
        writer.writeheader()
        writer.writerows(ESCI)
    check_esci(tmp_path / "csv", tmp_path / "rejects.jsonl")


def test_a_product_twice_in_one_locale_is_no_product(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([ESCI[2], ESCI[0], ESCI[0]]), tmp_path / "products")
    feed = open_feed(tmp_path / "products", rejects=tmp_path / "rejects.jsonl")
    assert [product.id for product in feed] == ["B0MUG"]
    assert feed.counts.rows_rejected == 2


def test_wands(tmp_path: Path) -> None:
    path = tmp_path / "product.csv"
    path.write_text(WANDS)
    assert detect_format(path) == "wands"
    bed, rug = open_feed(path)
    assert bed == Product.from_dict(
        {
            "id": "0",
            "title": "solid wood bed",
            "description": "good , deep sleep .",
            "category": ["Furniture", "Bedroom", "Beds & Frames"],
            "attributes": {"class": "Beds", "width": "64.7", "style": ["modern", "rustic"]},
            "popularity": 15.0,
            "rating": 4.5,
        }
    )
    assert (rug.title, rug.category, rug.popularity) == ({"en": 'a "round" rug'}, ("Rugs",), None)
