"""Parquet: the canonical form in its several shapes, and tables of other kinds in columns."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.data import detect_format, open_feed
from shopkeeper.data.parquet import read_products
from shopkeeper.records import InvalidRecord, Product

FIXTURES = Path(__file__).parent / "fixtures"

TENT = {
    "id": "tent",
    "title": {"en": "Tent", "de": "Zelt"},
    "description": {"en": "Dry"},
    "brand": "Firn",
    "category": ["Outdoor", "Tents"],
    "attributes": {"season": ["spring", "summer"], "waterproof": True, "head (mm)": 4000.0},
    "popularity": 12.0,
    "rating": 4.5,
    "variants": [
        {
            "sku": "tent-red",
            "options": {"colour": "red"},
            "price": {"minor": 19_900, "currency": "USD"},
            "stock": 3,
            "image": "https://img.example/red.jpg",
        },
        {"sku": "tent-blue", "options": {"colour": "blue"}},
    ],
}


def written(path: Path, rows: list[dict[str, object]], schema: pa.Schema | None = None) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def read(path: Path, format: str | None = None) -> dict[str, Product]:
    return {product.id: product for product in open_feed(path, format=format)}


def test_nested_columns(tmp_path: Path) -> None:
    """A struct has every field in every row: what one product has not is null, not an error."""
    stove = {**TENT, "id": "stove", "title": {"de": "Kocher"}, "attributes": {"waterproof": False}}
    path = written(tmp_path / "feed", [TENT, stove])
    assert detect_format(path) == "parquet"
    found = read(path)
    assert found["tent"].to_dict() == TENT
    assert found["stove"].attributes == {"waterproof": False}
    assert found["stove"].title == {"de": "Kocher"}


def test_maps_and_json_in_texts(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            ("ID", pa.int64()),
            ("title", pa.map_(pa.string(), pa.string())),
            ("category", pa.string()),
            ("attributes", pa.string()),
            ("variants", pa.string()),
        ]
    )
    row = {
        "ID": 7,
        "title": [("en", "Tent"), ("de", "Zelt")],
        "category": '["Outdoor", "Tents"]',
        "attributes": json.dumps(TENT["attributes"]),
        "variants": json.dumps(TENT["variants"]),
    }
    product = read(written(tmp_path / "feed", [row], schema))["7"]
    assert product == Product.from_dict(
        {key: TENT[key] for key in ("title", "category", "attributes", "variants")} | {"id": "7"}
    )


def test_numbers_as_tables_have_them(tmp_path: Path) -> None:
    """Whole numbers with gaps, single precision, decimals, and a title in curly brackets."""
    table = pa.table(
        {
            "id": pa.array([1.0, 2.0, 3.0]),
            "title": ["Cup", "{Mug}", "Pot"],
            "price": pa.array([19.99, 0.1, None], pa.float32()),
            "stock": pa.array([3.0, None, float("nan")]),
            "attributes": [{"since": date(2026, 3, 1)}, None, None],
        }
    )
    pq.write_table(table, tmp_path / "feed")
    found = read(tmp_path / "feed")
    assert [(p.id, str(p.price), p.variants[0].stock) for p in found.values()] == [
        ("1", "$19.99", 3),
        ("2", "$0.10", None),
        ("3", "None", None),
    ]
    assert found["2"].title == {"en": "{Mug}"}
    assert found["1"].attributes == {"since": "2026-03-01"}
    exact = pa.table({"id": ["a"], "title": ["A"], "price": pa.array([Decimal("19.9900")])})
    pq.write_table(exact, tmp_path / "exact")
    assert str(read(tmp_path / "exact")["a"].price) == "$19.99"


def test_a_column_that_no_product_has_is_said_not_lost(tmp_path: Path) -> None:
    path = written(tmp_path / "feed", [{"id": "a", "title": "A", "colour": "red"}])
    with pytest.raises(InvalidRecord, match="unknown key 'colour'"):
        read(path)


def test_a_known_table_may_be_a_parquet_file(tmp_path: Path) -> None:
    item = {
        "id": "M-1",
        "title": "Jacket",
        "availability": "in_stock",
        "price": "89.90 EUR",
        "item_group_id": "J",
        "color": "red",
        "product_highlight": ["Taped", "Hood, packable"],
        "product_detail": [
            {"section_name": "General", "attribute_name": "Lining", "attribute_value": "mesh"}
        ],
    }
    path = written(tmp_path / "merchant", [item, {**item, "id": "M-2", "color": "blue"}])
    assert detect_format(path) == "merchant-tsv"
    jacket = read(path)["J"]
    assert [(v.sku, v.options["color"], str(v.price)) for v in jacket.variants] == [
        ("M-1", "red", "€89.90"),
        ("M-2", "blue", "€89.90"),
    ]
    assert jacket.attributes == {"highlights": ("Taped", "Hood, packable"), "Lining": "mesh"}
    woo = {"ID": 5, "Type": "simple", "Name": "Cup", "Published": 1, "Regular price": 8.403361}
    path = written(tmp_path / "woo", [woo])
    assert detect_format(path) == "woocommerce"
    assert str(read(path)["5"].price) == "$8.40"


def test_a_price_that_is_a_number_never_has_its_decimals_read_as_thousands(tmp_path: Path) -> None:
    row = {"id": "a", "title": "A", "link": "https://shop.example", "price": 19.995}
    path = written(tmp_path / "feed", [row, {**row, "id": "b", "price": 1299.5}])
    assert {id: str(p.price) for id, p in read(path).items()} == {"b": "$1,299.50"}


def test_no_row_is_lost_to_a_damaged_file(tmp_path: Path) -> None:
    whole = written(tmp_path / "feed", [TENT]).read_bytes()
    path = tmp_path / "feed"
    path.write_bytes(whole[:-20])
    with pytest.raises(InvalidRecord, match="no Parquet file, or a damaged one"):
        open_feed(path)
    path.write_bytes(b"no such thing")
    with pytest.raises(InvalidRecord, match="no Parquet file"):
        list(open_feed(path, format="parquet"))
    written(path, [TENT])
    with pytest.raises(InvalidRecord, match="binary"):
        list(open_feed(path, format="jsonl"))


def test_memory_holds_a_batch_not_the_file(tmp_path: Path) -> None:
    """Forty row groups of a megabyte each: never more than a few of them at once."""
    schema = pa.schema([("id", pa.string()), ("title", pa.string()), ("description", pa.string())])
    with pq.ParquetWriter(tmp_path / "feed", schema, compression=None) as writer:
        for group in range(40):
            ids = [f"{group}-{n}" for n in range(100)]
            texts = [f"{id} " * 2_000 for id in ids]
            writer.write_table(pa.table({"id": ids, "title": ids, "description": texts}, schema))
    before, most, rows = pa.total_allocated_bytes(), 0, 0
    for _ in read_products(tmp_path / "feed", lambda kind: None):
        rows += 1
        most = max(most, pa.total_allocated_bytes() - before)
    size = (tmp_path / "feed").stat().st_size
    assert rows == 4_000
    assert size > 40_000_000
    assert most < size / 4


names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8)


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "id": st.sampled_from(("a", "b", "c", "", None)),
                "title": names | st.none(),
                "price": st.sampled_from((1.0, -1.0, 0.001, None)),
                "stock": st.integers(-3, 3) | st.none(),
                "attributes": st.sampled_from(("{", "[]", '{"a": 1}', '{"a": [[]]}', None)),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_no_row_is_lost(
    rows: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("feed")
    good = {"id": "good", "title": "Good", "price": 2.0, "stock": 1, "attributes": None}
    feed = open_feed(written(folder / "feed", [*rows, good]), rejects=folder / "rejects")
    products = {product.id for product in feed}
    assert feed.counts.rows == len(rows) + 1
    assert feed.counts.rows == feed.counts.rows_kept + feed.counts.rows_rejected
    assert feed.counts.products == len(products)
