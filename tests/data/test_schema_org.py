"""schema.org's JSON-LD: a page of a shop, lines of a crawl, documents of every make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.data import detect_format, open_feed
from shopkeeper.records import InvalidRecord, Product

FIXTURES = Path(__file__).parent / "fixtures"
MUG = {"@context": "https://schema.org", "@type": "Product", "sku": "MUG", "name": "Mug"}


def read(path: Path, rejects: Path) -> tuple[dict[str, Product], list[tuple[int, str, str, str]]]:
    feed = open_feed(path, currency="EUR", rejects=rejects)
    products = {product.id: product for product in feed}
    written = [json.loads(line) for line in rejects.open()]
    assert feed.counts.rows == feed.counts.rows_kept + feed.counts.rows_rejected
    assert feed.counts.products == len(products)
    return products, [(r["row"], r["id"], r["field"], r["value"]) for r in written]


@pytest.fixture
def rejects(tmp_path: Path) -> Path:
    return tmp_path / "rejects.jsonl"


def one(tmp_path: Path, document: object) -> Product:
    """The only product of a JSON file."""
    path = tmp_path / "feed.json"
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
    assert detect_format(path) == "schema-org"
    (product,) = open_feed(path, currency="EUR")
    return product


def test_a_page(rejects: Path) -> None:
    """A group in a graph, references, a variant that is gone; other scripts; one that is torn."""
    products, written = read(FIXTURES / "product.html", rejects)
    assert written == [
        (4, "", "@type", "Organization"),
        (48, "", "", '{"@type": "Product", "name": "torn'),
        (7, "FELL", "availability", "https://schema.org/Discontinued"),
    ]
    assert products["FELL"] == Product.from_dict(
        {
            "id": "FELL",
            "title": "Fell rain jacket",
            "description": "Three layers,\nfully taped.",
            "brand": "Firn",
            "category": ["Apparel", "Jackets"],
            "attributes": {
                "gtin": "4006381333931",
                "material": "nylon",
                "Water column (mm)": 5000,
                "Season": ["spring", "autumn"],
                "availability": "preorder",
            },
            "image": "https://img.example/fell.jpg",
            "url": "https://shop.example/fell",
            "popularity": 31,
            "rating": 4.4,  # 8.8 of 10
            "variants": [
                {
                    "sku": "F-R-S",
                    "options": {"color": "red", "size": "S", "fit": "slim"},
                    # the cheapest that is to be had: not 99.00, which is sold out, nor 149
                    "price": "129.00 EUR",
                    "stock": 2,
                    "image": "https://img.example/red.jpg",
                },
                # not the price that is struck through
                {"sku": "F-B-M", "options": {"color": "blue", "size": "M"}, "price": "159.50 EUR"},
            ],
        }
    )
    assert list(products) == ["FELL"]  # nothing of what is similar


def test_lines(rejects: Path) -> None:
    products, written = read(FIXTURES / "schema_org.jsonl", rejects)
    assert written == [
        (3, "", "@type", "Organization"),
        (5, "POT", "price", "abc EUR"),
        (8, "NAMELESS", "title", ""),
        (9, "ODD", "availability", "perhaps"),
    ]
    mug, tee, lamp = products["MUG"], products["TEE"], products["LAMP"]
    assert (str(mug.price), mug.rating) == ("€7.95", None)  # nobody has rated it
    assert mug.attributes == {"color": "white", "weight (kg)": 0.15}
    assert tee.title == {"en": "Shirt", "de": "Hemd"}
    assert [(v.sku, dict(v.options), str(v.price), v.stock) for v in tee.variants] == [
        ("TEE-S", {"variant": "S"}, "€1,299.00", None),
        ("TEE-M", {"variant": "M"}, "€20.00", 0),
    ]
    assert lamp.title == {"en": "Lamp"}
    assert [(v.sku, dict(v.options)) for v in lamp.variants] == [
        ("LAMP-2", {"color": "black"}),
        ("LAMP-1", {"color": "red"}),
    ]


@pytest.mark.parametrize(
    ("where", "document"),
    [
        ("alone", MUG),
        ("list", [MUG]),
        ("graph", {"@graph": [{"@type": "WebSite", "name": "Shop"}, MUG]}),
        ("main entity", {"@type": "WebPage", "mainEntity": MUG}),
        ("item list", {"@type": "ItemList", "itemListElement": [{"position": 1, "item": MUG}]}),
        ("offered", {"@type": "Organization", "makesOffer": [{"itemOffered": MUG}]}),
        ("typed twice", {**MUG, "@type": ["https://schema.org/Product", "Car"]}),
        (
            "twice the same",
            {"@graph": [{"@type": "WebPage", "mainEntity": {"@id": "m"}}, {**MUG, "@id": "m"}]},
        ),
    ],
)
def test_a_product_is_found_wherever_it_stands(
    where: str, document: object, tmp_path: Path
) -> None:
    product = one(tmp_path, document)
    assert (product.id, product.title) == ("MUG", {"en": "Mug"})


@pytest.mark.parametrize(
    ("offers", "price", "stock"),
    [
        ({"price": "19.90", "priceCurrency": "EUR"}, "€19.90", None),
        ({"price": 19.9}, "€19.90", None),
        ({"price": "19.9000"}, "€19.90", None),
        ({"lowPrice": 5, "highPrice": 9}, "€5.00", None),
        ({"lowPrice": 5, "offers": [{"price": 7}, {"price": 6}]}, "€6.00", None),
        ({"availability": "OutOfStock", "offers": [{"price": 7}]}, "€7.00", 0),
        ([{"price": 3, "availability": "https://schema.org/SoldOut"}], "€3.00", 0),
        ({"priceSpecification": {"price": "8"}}, "€8.00", None),
        ({"price": "8", "inventoryLevel": {"value": 4}}, "€8.00", 4),
        ({}, "None", None),
        ([], "None", None),
    ],
)
def test_offers(offers: object, price: str, stock: int | None, tmp_path: Path) -> None:
    product = one(tmp_path, {**MUG, "offers": offers})
    assert (str(product.price), product.variants[0].stock) == (price, stock)


def test_references_that_go_in_circles_end(tmp_path: Path) -> None:
    group = {"@type": "ProductGroup", "@id": "g", "name": "G", "hasVariant": {"@id": "v"}}
    variant = {**MUG, "@id": "v", "isVariantOf": {"@id": "g"}, "image": {"@id": "g"}}
    product = one(tmp_path, {"@graph": [variant, group]})
    assert (product.id, [v.sku for v in product.variants]) == ("g", ["MUG"])


def test_what_is_no_json_ld_with_products_says_so(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<!doctype html><p>Nothing to buy</p>")
    with pytest.raises(InvalidRecord, match=r"no product in the feed.*application/ld\+json"):
        list(open_feed(path))
    for text in ('{\n"@type": "Product"', '{"@type":\n"Person"}'):
        path.write_text(text)
        with pytest.raises(InvalidRecord, match="JSON-LD with products"):
            list(open_feed(path))
    path.write_text('{"@type": "Product", "x": ' + "[" * 500 + "]" * 500 + "}")
    with pytest.raises(InvalidRecord, match="nested deeper than 100 levels"):
        list(open_feed(path))


def test_a_description_with_json_ld_in_it_is_still_a_feed(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    script = '<script type="application/ld+json">{"@type": "Product"}</script>'
    path.write_text(json.dumps({"id": "a", "title": "A", "description": script}))
    assert detect_format(path) == "jsonl"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(("", "a", "1.5", "https://schema.org/InStock", "EUR", "Product", "g")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *("@id", "@type", "@value", "name", "sku", "offers", "price", "priceCurrency"),
                    *("hasVariant", "isVariantOf", "variesBy", "additionalProperty", "value"),
                    *("availability", "aggregateRating", "ratingValue", "image", "color"),
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(
    nodes=st.lists(
        st.fixed_dictionaries(
            {"@type": st.sampled_from(("Product", "ProductGroup", "Offer"))},
            optional=dict.fromkeys(
                (
                    *("@id", "name", "sku", "offers", "hasVariant", "isVariantOf", "variesBy"),
                    *("additionalProperty", "aggregateRating", "image", "color", "category"),
                ),
                values,
            ),
        ),
        max_size=5,
    )
)
def test_no_document_breaks_the_reader(
    nodes: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("feed")
    (folder / "feed").write_text(json.dumps([MUG, *nodes, {"@graph": nodes}]), encoding="utf-8")
    products, _ = read(folder / "feed", folder / "rejects")
    assert products
