"""Feeds as files: what comes out, what is rejected, and that no row is lost between the two."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.data import FORMATS, REPAIRS, FeedCounts, Reject, detect_format, open_feed, tables
from shopkeeper.data.source import LARGEST_ROW
from shopkeeper.records import InvalidRecord, InvalidRequest, NotFound, Product

FIXTURES = Path(__file__).parent / "fixtures"


def read(
    path: Path, rejects: Path, format: str | None = None
) -> tuple[dict[str, Product], list[dict[str, object]], FeedCounts]:
    """Products as a shop would keep them, rejects as written, counts."""
    feed = open_feed(path, rejects=rejects, format=format)
    products = {product.id: product for product in feed}
    written = [json.loads(line) for line in rejects.read_text().split("\n")[:-1]]
    counts = feed.counts
    assert counts.rows == counts.rows_kept + counts.rows_rejected
    assert counts.products == len(products)
    assert counts.rows_rejected == len(written)
    assert set(counts.repairs) <= set(REPAIRS)
    return products, written, counts


@pytest.fixture
def rejects(tmp_path: Path) -> Path:
    return tmp_path / "rejects.jsonl"


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("atom.xml", "merchant-xml"),
        ("bomb.xml", "merchant-xml"),
        ("canonical.jsonl", "jsonl"),
        ("icecat.jsonl", "icecat"),
        ("list.json", "jsonl"),
        ("merchant.tsv", "merchant-tsv"),
        ("merchant.xml", "merchant-xml"),
        ("product.html", "schema-org"),
        ("ragged.csv", "homedepot"),
        ("schema_org.jsonl", "schema-org"),
        ("shopify.csv", "shopify"),
        ("shopify_new.csv", "shopify"),
        ("utf_16.csv", "homedepot"),
        ("windows_1252.csv", "homedepot"),
        ("woocommerce.csv", "woocommerce"),
        ("woocommerce_de.csv", "woocommerce"),
        ("woocommerce_fr.csv", "woocommerce"),
    ],
)
def test_format_is_known_by_content_whatever_the_name(
    name: str, format: str, tmp_path: Path
) -> None:
    nameless = tmp_path / "feed"
    nameless.write_bytes(gzip.compress((FIXTURES / name).read_bytes()))
    assert detect_format(nameless) == format
    assert next(iter(open_feed(nameless))).id


def test_format_is_known_by_name_when_the_content_is_no_help(tmp_path: Path, rejects: Path) -> None:
    path = tmp_path / "feed.jsonl.gz"
    torn = '{"id": "torn\n' * 30 + '{"id": "a", "title": "A"}\n'
    path.write_bytes(gzip.compress(torn.encode()))
    assert detect_format(path) == "jsonl"
    products, written, _ = read(path, rejects)
    assert list(products) == ["a"]
    assert len(written) == 30


def test_unknown_format_says_what_was_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text("colour,weight\nred,5\n")
    with pytest.raises(InvalidRecord) as caught:
        open_feed(path)
    assert all(f"{known.name}: {known.looks_for}" in str(caught.value) for known in FORMATS)
    with pytest.raises(InvalidRequest, match="shopify"):
        open_feed(path, format="shopfy")


def test_explicit_format_overrides(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text("product_id,product_title,product_uid,product_description\n1,A,2,words\n")
    assert detect_format(path) == "homedepot"
    (product,) = open_feed(path, format="crowdflower")
    assert (product.id, product.description) == ("1", {"en": "words"})


def test_a_folder_is_its_products_file(tmp_path: Path) -> None:
    (tmp_path / "judgements.csv").write_text("id\n")
    with pytest.raises(InvalidRecord, match="0 files named products"):
        open_feed(tmp_path)
    (tmp_path / "products.csv").write_text("product_uid,product_title\n1,Saw\n")
    assert [product.id for product in open_feed(tmp_path)] == ["1"]
    (tmp_path / "products.json").write_text("[]")
    with pytest.raises(InvalidRecord, match="2 files named products"):
        open_feed(tmp_path)


def test_what_cannot_be_a_feed_is_refused_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    with pytest.raises(NotFound):
        open_feed(path)
    for empty in (b"", b" \n\n", gzip.compress(b"")):
        path.write_bytes(empty)
        with pytest.raises(InvalidRecord, match="the feed is empty"):
            open_feed(path)
    path.write_bytes(b"\x7fELF\x02\x01\x01\x00\x00\x00")
    with pytest.raises(InvalidRecord, match="binary"):
        open_feed(path, format="jsonl")


def test_a_feed_without_a_product_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text("product_uid,product_title\n")
    with pytest.raises(InvalidRecord, match="no product in the feed"):
        list(open_feed(path))
    path.write_text("product_uid,product_title\n1,\n2,\n")
    feed = open_feed(path)
    with pytest.raises(InvalidRecord, match="none of 2 rows is a product; the first: no title"):
        list(feed)
    assert feed.counts.rows_rejected == 2


@pytest.mark.parametrize("name", ["canonical.jsonl", "merchant.xml", "shopify.csv"])
def test_a_file_that_breaks_off_is_an_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / "feed.gz"
    path.write_bytes(gzip.compress((FIXTURES / name).read_bytes(), mtime=0)[:-40])
    with pytest.raises(InvalidRecord, match="gzip file breaks off"):
        list(open_feed(path, format=detect_format(FIXTURES / name)))


def test_xml_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    whole = (FIXTURES / "merchant.xml").read_bytes()
    path = tmp_path / "feed.xml"
    cut = [whole[: whole.index(mark)] for mark in (b"</channel>", b"<g:price>2.00")]
    for broken in (*cut, whole.replace(b"</item>\n</channel>", b"</channel>")):
        path.write_bytes(broken)
        feed = iter(open_feed(path))
        with pytest.raises(InvalidRecord, match="the XML breaks off"):
            list(feed)


def test_json_lines(rejects: Path) -> None:
    products, written, _ = read(FIXTURES / "canonical.jsonl", rejects)
    assert not written
    tent, umbrella = products["tent-2"], products["7"]
    assert tent.category == ("Outdoor", "Tents")
    assert tent.attributes == {"persons": 2.0, "waterproof": True, "colour": ("green", "grey")}
    assert [str(v.price) for v in umbrella.variants] == ["€15.00", "€17.50"]
    assert umbrella.title == {"en": "Umbrella", "zh-Hans": "雨伞"}


def test_a_json_list_counts_its_items(rejects: Path) -> None:
    products, written, counts = read(FIXTURES / "list.json", rejects)
    assert list(products) == ["a"]
    assert [(r["row"], r["field"]) for r in written] == [(2, "title"), (3, "")]
    assert counts.rows == 3


def test_nasty_rows_are_repaired_or_rejected_with_field_and_value(rejects: Path) -> None:
    products, written, counts = read(FIXTURES / "nasty.jsonl", rejects)
    assert {(r["row"], r["id"], r["field"], r["value"]) for r in written} == {
        (2, "minus", "price", "-5.00"),
        (4, "twice", "id", "twice"),
        (5, "untitled", "title", ""),
        (6, "", "", '{"id": "torn", "title": "Torn'),
        (7, "", "", "['no', 'object']"),
        (8, "words", "stock", "many"),
        (9, "key", "prise", "5.00"),
        (14, "many", "variants", str([{"sku": "a", "price": p} for p in ("1.00", "2.00")])),
    }
    assert {id: product.title["en"] for id, product in products.items()} == {
        "script": "Lamp & shade",
        "free": "Catalogue",
        "twice": "Second spelling",
        "reserved": "Ladder",
        "bell": "Bell cup",
        "escaped": "Twice escaped",
    }
    assert products["script"].description == {"en": "Warm light.\nTwo parts"}
    assert products["free"].price is not None
    assert products["free"].price.minor == 0
    assert products["reserved"].attributes == {"attribute price": "low", "a b c": "x"}
    assert (products["bell"].url, products["bell"].image) == (None, "https://img.example/bell.png")
    # html: both texts of "script", "escaped"; renamed: price, a:b|c; control: once for "bell"
    assert counts.repairs == {"html": 3, "renamed": 2, "control": 1, "address": 1}


def test_merchant_text(rejects: Path) -> None:
    """M-1 and M-2 are one product though L-1 stands between them; M-3 has no price to read."""
    products, written, counts = read(FIXTURES / "merchant.tsv", rejects)
    assert [(r["row"], r["id"], r["field"], r["value"]) for r in written[:1]] == [
        (5, "X-1", "availability", "auf Lager")
    ]
    assert {(r["row"], r["field"]) for r in written} == {(5, "availability"), (6, "price"), (7, "")}
    jacket, lamp, monitor = products["JACKET"], products["L-1"], products["Z-1"]
    assert [(v.sku, v.options["size"], str(v.price), v.stock) for v in jacket.variants] == [
        ("M-1", "S", "€89.90", None),  # its sale ended in 2020
        ("M-2", "M", "€89.90", None),
    ]
    assert jacket.description == {"en": 'Keeps "all" water out'}
    assert jacket.category == ("Apparel", "Jackets")
    assert jacket.attributes == {
        "gtin": ("4001", "4002"),
        "availability": "preorder",
        "google product category": "1604",
        "highlights": ("Taped seams", "Hood, packable"),
        "Water column": "5000 mm",
        "Lining": "mesh",
    }
    assert (str(lamp.price), lamp.variants[0].stock) == ("$19.00", 0)
    assert lamp.category == ("Home & Garden", "Lighting", "Lamps")
    assert lamp.attributes == {"color": "white"}
    assert monitor.title == {"en": '24" monitor'}
    assert counts.rows_kept == 4
    assert counts.repairs == {"padded": 1}  # X-1 leaves its last cells out


def test_merchant_xml(rejects: Path) -> None:
    products, written, _ = read(FIXTURES / "merchant.xml", rejects)
    assert [(r["row"], str(r["reason"])[:10]) for r in written] == [
        (21, "broken XML"),
        (22, "broken XML"),
    ]
    cup = products["C-1"]
    assert cup.title == {"en": "Café cup large"}
    assert cup.description == {"en": "Holds 300 ml"}
    assert cup.category == ("Kitchen", "Cups")
    assert str(cup.price) == "£7.50"  # not the shipping's
    assert cup.attributes == {
        "color": "white",
        "highlights": ("Dishwasher safe, always", "Stackable"),
        "Volume": "300 ml: brim",
    }
    assert list(products) == ["C-1", "C-4"]


def test_atom(rejects: Path) -> None:
    products, _, _ = read(FIXTURES / "atom.xml", rejects)
    kettle = products["A-1"]
    assert (kettle.url, kettle.description) == ("https://shop.example/a1", {"en": "Boils"})


def test_entities_of_a_feed_neither_explode_nor_open_files(rejects: Path) -> None:
    products, written, _ = read(FIXTURES / "bomb.xml", rejects)
    assert list(products) == ["3"]
    assert all("undefined entity" in str(r["reason"]) for r in written)
    assert len(written) == 2


def test_one_long_line_of_xml_is_read_item_by_item(tmp_path: Path, rejects: Path) -> None:
    """Items straddle the reader's pieces of 64 KiB."""
    items = "".join(
        f"<item><g:id>{n}</g:id><title>{n} {'x' * n}</title></item>" for n in range(500)
    )
    path = tmp_path / "feed.xml"
    path.write_text(f'<rss xmlns:g="http://base.google.com/ns/1.0">{items}</rss>{" " * 99}')
    products, _, _ = read(path, rejects)
    assert [len(product.title["en"]) for product in products.values()] == [
        len(f"{n} {'x' * n}".strip()) for n in range(500)
    ]


def test_shopify(rejects: Path) -> None:
    products, written, counts = read(FIXTURES / "shopify.csv", rejects)
    assert {(r["row"], r["id"], r["field"], r["value"]) for r in written} == {
        (5, "tee", "price", "abc"),
        (8, "secret", "status", "draft"),
        (10, "", "id", ""),
        (11, "orphan", "title", ""),
    }
    tee, mug = products["tee"], products["mug"]
    assert [(v.sku, dict(v.options), str(v.price), v.stock) for v in tee.variants] == [
        ("TEE-S-R", {"size": "S", "color": "Red"}, "$20.00", 3),
        ("TEE-M-R", {"size": "M", "color": "Red"}, "$20.00", 0),
        ("TEE-S-R/S/Blue", {"size": "S", "color": "Blue"}, "$21.00", 5),
    ]
    assert tee.description == {"en": 'Soft,\n"heavy" cotton'}
    assert tee.category == ("Apparel & Accessories", "Clothing", "Shirts")
    assert tee.attributes == {
        "type": "Tees",
        "tags": ("summer", "basic"),
        "fabric": ("cotton", "elastane"),
        "gtin": ("111", "112"),
    }
    assert (tee.image, tee.variants[0].image) == (
        "https://img.example/tee.jpg",
        "https://img.example/tee-red.jpg",
    )
    assert (mug.category, mug.variants[0].sku, mug.variants[0].options) == (("Mugs",), "mug", {})
    assert counts.rows_kept == 5  # four rows of the tee, of which one is an image, and the mug
    assert counts.repairs == {"oversold": 1, "sku": 1, "html": 1}


def test_shopify_newer_columns_and_sorted_rows(tmp_path: Path, rejects: Path) -> None:
    products, _, _ = read(FIXTURES / "shopify_new.csv", rejects)
    scarf = products["scarf"]
    assert (scarf.variants[0].sku, scarf.variants[0].stock) == ("SC-1", 7)
    assert scarf.image == "https://img.example/scarf.jpg"
    path = tmp_path / "sorted.csv"
    path.write_text(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price\n"
        "cap,,,Blue,5\nhat,Hat,,,9\ncap,Cap,Colour,Red,6\n"
    )
    products, written, _ = read(path, rejects)
    assert not written
    assert {tuple(v.options.items()) for v in products["cap"].variants} == {
        (("colour", "Blue"),),
        (("colour", "Red"),),
    }


def test_icecat(rejects: Path) -> None:
    products, written, counts = read(FIXTURES / "icecat.jsonl", rejects)
    monitor = products["11"]
    assert (monitor.brand, str(monitor.price)) == ("Acme", "$459.99")
    assert monitor.attributes == {
        "model": "U2720",
        "gtin": ("0001", "0002"),
        "date released": "2020-01-01T00:00:00Z",
        "screen diagonal": 68.6,
        "dimensions (wxdxh)": "61 x 18 x 40",
        "hdmi": True,
        "attribute price": "list",
        "size": "large",
        "size (number)": 27.0,
    }
    assert [(r["id"], r["field"]) for r in written] == [("12", "price")]
    assert counts.repairs == {"html": 1, "renamed": 1}


def test_ragged_rows_and_open_quotes_cost_themselves_only(rejects: Path) -> None:
    products, written, _ = read(FIXTURES / "ragged.csv", rejects)
    assert list(products) == ["1", "4", "5", "7"]
    assert products["5"].title == {"en": "Plane, small"}
    assert [r["row"] for r in written] == [3, 4, 7]


def test_a_quote_that_stays_open_too_long(
    tmp_path: Path, rejects: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 1 has three lines and fits; 2 opens a quote that only 6 would close."""
    monkeypatch.setattr(tables, "MOST_LINES", 3)
    path = tmp_path / "feed.csv"
    path.write_text('product_uid,product_title\n1,"a\nb\nc"\n2,"d\n3,e\n4,f\n5,g\n6,h"\n')
    products, written, _ = read(path, rejects)
    assert {id: p.title["en"] for id, p in products.items()} == {
        "1": "a b c",
        "3": "e",
        "4": "f",
        "5": "g",
        "6": 'h"',
    }
    assert [(r["row"], r["value"]) for r in written] == [(5, '2,"d')]


def test_encodings(tmp_path: Path, rejects: Path) -> None:
    """The Windows line has four bytes that UTF-8 cannot have, beside a line of good UTF-8."""
    products, _, counts = read(FIXTURES / "windows_1252.csv", rejects)
    assert [p.title["en"] for p in products.values()] == ["Café “luxe” € 5", "Grün"]
    assert counts.repairs == {"encoding": 4}
    products, _, counts = read(FIXTURES / "utf_16.csv", rejects)
    assert [p.title["en"] for p in products.values()] == ["Zelt für 2"]
    marked = tmp_path / "marked.csv"
    marked.write_bytes(b"\xef\xbb\xbfproduct_uid,product_title\n1,Gr\xc3\xbcn\n")
    products, _, counts = read(marked, rejects)
    assert (products["1"].title["en"], counts.repairs) == ("Grün", {})


def test_characters_on_the_edge_of_a_piece(tmp_path: Path) -> None:
    """Files are read in pieces of 65,536 bytes; the emoji has four, and starts 0 … 4 before."""
    path = tmp_path / "feed.jsonl"
    start = '{"id": "1", "title": "t", "description": "'
    for before in range(5):
        fill = "x" * (65_536 - before - len(start))
        path.write_text(f'{start}{fill}😀é"}}\n', encoding="utf-8")
        feed = open_feed(path)
        (product,) = feed
        assert product.description["en"] == f"{fill}😀é"
        assert not feed.counts.repairs


def test_huge_fields(tmp_path: Path, rejects: Path) -> None:
    path = tmp_path / "feed.jsonl"
    rows = [
        {"id": "title", "title": "t" * 1_001},
        {"id": "description", "title": "d", "description": "d" * 100_001},
        {"id": "value", "title": "v", "attributes": {"long": "w" * 2_001}},
        {"id": "deep", "title": "d", "category": json.loads("[" * 500 + "]" * 500)},
        {"id": "row", "title": "x" * LARGEST_ROW},
        {"id": "after", "title": "after"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    products, written, counts = read(path, rejects)
    assert [(r["row"], r["field"], len(str(r["value"]))) for r in written] == [
        (1, "title", 200),
        (4, "", 0),
        (5, "", 200),
    ]
    assert list(products) == ["description", "value", "after"]
    assert len(products["description"].description["en"]) == 100_000
    assert counts.repairs == {"cut": 2}


def test_a_huge_cell_is_read_though_the_csv_module_stops_sooner(
    tmp_path: Path, rejects: Path
) -> None:
    path = tmp_path / "feed.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ("product_id", "product_title", "product_description"),
                ("1", "Rope", 'a "long" one ' * 20_000),
            ]
        )
    products, _, counts = read(path, rejects)
    assert len(products["1"].description["en"]) == 100_000
    assert counts.repairs == {"cut": 1}


def test_later_rows_replace_earlier_ones(tmp_path: Path, rejects: Path) -> None:
    """Item S first, then a group of that name: two rows replace one."""
    path = tmp_path / "feed.tsv"
    path.write_text(
        "id\ttitle\titem_group_id\tprice\n"
        "S\tAlone\t\t1.00\nv1\tGroup\tS\t2.00\nv2\tGroup\tS\t3.00\nv1\tAgain\tS\t4.00\n"
    )
    feed = open_feed(path, rejects=rejects)
    assert [product.title["en"] for product in feed] == ["Alone", "Group"]
    products, written, counts = read(path, rejects)
    assert [(v.sku, str(v.price)) for v in products["S"].variants] == [
        ("v1", "$4.00"),
        ("v2", "$3.00"),
    ]
    assert {r["row"] for r in written} == {2, 3}
    assert (counts.rows, counts.rows_kept, counts.products) == (4, 2, 1)


def test_a_feed_can_be_read_again_and_left_early(rejects: Path) -> None:
    feed = open_feed(FIXTURES / "nasty.jsonl", rejects=rejects)
    assert feed.counts == FeedCounts()
    assert next(iter(feed)).id == "script"
    assert len(list(feed)) == len(list(feed)) == 7
    assert len(rejects.read_text().splitlines()) == feed.counts.rows_rejected == 8


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
canonical_rows = st.fixed_dictionaries(
    {"id": st.sampled_from(("a", "b", "c", 1, "")) | json_values},
    optional={
        "title": st.text(max_size=30) | json_values,
        "description": st.text() | json_values,
        "brand": json_values,
        "category": json_values,
        "attributes": st.dictionaries(st.text(max_size=9), json_values, max_size=3) | json_values,
        "variants": json_values,
        "price": st.sampled_from(("1.00", "-1", 5, "x", None)),
        "stock": json_values,
        "image": json_values,
        "url": json_values,
        "rating": json_values,
        "nonsense": json_values,
    },
)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(canonical_rows | json_values, min_size=1, max_size=8))
def test_no_json_row_is_lost(rows: list[object], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("feed")
    good = {"id": "good", "title": "Good"}  # one product, so that the feed is none
    # It comes first: what begins with a list is one, and broken where a list has a NaN.
    lines = [json.dumps(row) for row in [good, *rows]]
    (folder / "feed.jsonl").write_text("\n".join(lines))
    _, _, counts = read(folder / "feed.jsonl", folder / "rejects.jsonl", format="jsonl")
    assert counts.rows == len(lines)


cells = st.text(st.sampled_from('ab1,."\t\n<&; '), max_size=6)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(("h1", "h2", "")),
            cells,
            cells,
            st.sampled_from(("S1", "S2", "")),
            st.sampled_from(("5.00", "0", "-3", "five", "")),
            st.sampled_from(("3", "-2", "x", "")),
        ),
        max_size=9,
    )
)
def test_no_shopify_row_is_lost(
    rows: list[tuple[str, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("feed")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        (
            "Handle",
            "Title",
            "Option1 Value",
            "Variant SKU",
            "Variant Price",
            "Variant Inventory Qty",
        )
    )
    writer.writerows([*rows, ("good", "Good", "", "", "1.00", "")])
    (folder / "feed.csv").write_text(text.getvalue(), newline="")
    products, _, counts = read(folder / "feed.csv", folder / "rejects.jsonl")
    assert counts.rows == len(rows) + 1
    assert sum(len(product.variants) for product in products.values()) <= counts.rows_kept


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from('ab,"\t\n'), max_size=60))
def test_every_line_of_a_broken_table_is_in_one_row(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However the quotes stand. A row covers a line more for each line end in its cells."""
    path = tmp_path_factory.mktemp("feed") / "feed.csv"
    path.write_text(f"one,two\n{text}\n", newline="")
    covered: list[int] = []
    for row in tables.read_table(path, lambda _: None):
        if isinstance(row, Reject):
            covered.append(row.row)
        else:
            ends = sum(cell.count("\n") for cell in row.fields.values())
            covered += range(row.number, row.number + 1 + ends)
    assert len(set(covered)) == len(covered)
    filled = {number for number, line in enumerate(text.split("\n"), start=2) if line.strip()}
    assert filled <= set(covered)


def test_prices_in_another_currency_are_rejected_where_one_is_asked_for(tmp_path):
    feed = tmp_path / "feed.jsonl"
    feed.write_text(
        '{"id": "a", "title": "Tent", "price": "19.00"}\n'
        '{"id": "b", "title": "Boot", "price": "2000 JPY"}\n'
    )
    found = open_feed(feed, currency="EUR", prices_in="EUR", rejects=tmp_path / "rejects.jsonl")
    assert [product.id for product in found] == ["a"]
    assert "a price in EUR" in (tmp_path / "rejects.jsonl").read_text()
    assert [product.id for product in open_feed(feed, currency="EUR")] == ["a", "b"]
