"""What is written for Google Merchant, and that it comes back as it was, as far as it can."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.data import detect_format, open_feed
from shopkeeper.data.merchant_export import items, write_tsv, write_xml
from shopkeeper.records import Money, Product, Variant

TENT = Product.from_dict(
    {
        "id": "tent",
        "title": {"en": 'Tent "Fell" & co', "de": "Zelt"},
        "description": {"en": "Dry.\nLight,\ttoo."},
        "brand": "Firn",
        "category": ["Outdoor", "Tents"],
        "attributes": {
            "season": ["spring", "a, b"],
            "head (mm)": 4000,
            "waterproof": True,
            "condition": "new",
            "gtin": "4006381333931",
            "highlights": ["Two doors", "Packs small, 2 kg"],
            "availability": "preorder",
        },
        "image": "https://img.example/tent.jpg",
        "url": "https://shop.example/tent?a=1&b=2",
        "popularity": 3,
        "variants": [
            {"sku": "T-1", "options": {"colour": "red", "poles": "steel"}, "price": "199.00 EUR"},
            {"sku": "T-2", "options": {"colour": "blue"}, "price": "189.5 EUR", "stock": 3},
            {"sku": "T-3", "options": {"colour": "grey"}, "stock": 0},
        ],
    }
)


def written(products: list[Product], kind: str) -> str:
    file = io.StringIO(newline="")
    told = (item for product in products for item in items(product, "en"))
    if kind == "tsv":
        write_tsv(told, file)
    else:
        write_xml(told, file, "A shop & more")
    return file.getvalue()


def test_a_variant_is_a_row() -> None:
    red, blue, grey = (item.texts for item in items(TENT, "de"))
    assert red == {
        "id": "T-1",
        "item_group_id": "tent",
        "title": "Zelt",
        "description": "Dry.\nLight,\ttoo.",
        "link": "https://shop.example/tent?a=1&b=2",
        "image_link": "https://img.example/tent.jpg",
        "availability": "preorder",
        "price": "199.00 EUR",
        "brand": "Firn",
        "product_type": "Outdoor > Tents",
        "condition": "new",
        "color": "red",
    }
    assert (blue["availability"], blue["quantity"], blue["price"]) == (
        "in_stock",
        "3",
        "189.50 EUR",
    )
    assert (grey["availability"], "price" in grey) == ("out_of_stock", False)
    # one code for three variants is nobody's: it is told, but not as the items' own
    details = {tuple(detail) for detail in next(items(TENT, "de")).details}
    assert details == {
        ("Option", "poles", "steel"),
        ("", "season", "spring"),
        ("", "season", "a, b"),
        ("", "head (mm)", "4000"),
        ("", "waterproof", "true"),
        ("", "gtin", "4006381333931"),
    }


def test_the_xml_is_what_an_xml_parser_reads() -> None:
    channel = ElementTree.fromstring(written([TENT], "xml")).find("channel")
    assert channel is not None
    assert channel.findtext("title") == "A shop & more"
    names = {"g": "http://base.google.com/ns/1.0"}
    titles = [item.findtext("g:title", namespaces=names) for item in channel.findall("item")]
    assert titles == ['Tent "Fell" & co'] * 3
    assert channel.findtext("item/g:product_detail/g:section_name", namespaces=names) == "Option"


def test_the_text_is_for_people_and_spreadsheets_too() -> None:
    lines = written([Product.from_dict({"id": "mug", "title": "Mug", "price": 5})], "tsv")
    header, row = (line.split("\t") for line in lines.splitlines())
    assert {name: cell for name, cell in zip(header, row, strict=True) if cell} == {
        "id": "mug",
        "title": "Mug",
        "availability": "in_stock",
        "price": "5.00 USD",
    }


def as_merchant_says(product: Product) -> Product:
    """The product without what the format cannot say: the slow and plain way."""
    first = product.variants[0]
    is_alone = len(product.variants) == 1 and first.sku == product.id and not first.options
    attributes: dict[str, object] = {}
    for name, value in product.attributes.items():
        if isinstance(value, bool):
            attributes[name] = "true" if value else "false"
        elif isinstance(value, float):
            attributes[name] = f"{value:.15g}"
        elif isinstance(value, tuple):
            several = list(dict.fromkeys(value))
            if several:
                attributes[name] = several if len(several) > 1 else several[0]
        else:
            attributes[name] = value
    colour = product.attributes.get("colour")
    is_one = not isinstance(colour, tuple) or len(colour) == 1
    if is_alone and colour not in (None, ()) and is_one and "color" not in product.attributes:
        attributes["color"] = attributes.pop("colour")
    variants = []
    for variant in product.variants:
        options = dict(variant.options)
        if "colour" in options and "color" not in options:
            options["color"] = options.pop("colour")
        image = None if is_alone else variant.image or product.image
        variants.append(Variant(variant.sku, options, variant.price, variant.stock, image))
    return Product(
        id=product.id,
        title={"en": product.title["en"]},
        description={k: v for k, v in product.description.items() if k == "en"},
        variants=tuple(variants),
        brand=product.brand,
        category=product.category,
        attributes=Product.from_dict(
            {"id": "x", "title": "x", "attributes": attributes}
        ).attributes,
        image=first.image or product.image,
        url=product.url,
    )


texts = st.text("ab Z,;:\"'é漢#%/\\=+-?0", min_size=1, max_size=12).map(
    lambda text: " ".join(text.split())
)
texts = texts.filter(bool)
names = st.sampled_from(
    (
        *("colour", "color", "size", "material", "age group", "poles", 'a, "b"', "head (mm)"),
        *("gtin", "mpn", "condition", "multipack", "highlights", "availability"),
        "google product category",
    )
)
attribute_values = (
    texts
    | st.booleans()
    | st.floats(-1e6, 1e6)
    | st.lists(texts, max_size=3).map(tuple)
    | st.sampled_from(("preorder", "backorder", "1604"))
)
addresses = st.sampled_from(("https://img.example/a.jpg?x=1&y=2", "https://img.example/b.jpg"))


@st.composite
def products(draw: st.DrawFn, id: str) -> Product:
    currency = draw(st.sampled_from(("USD", "JPY", "KWD")))
    variants = [
        Variant(
            sku=id if at == 0 and draw(st.booleans()) else f'{id}/"{at}",',
            options=draw(
                st.dictionaries(names.filter(lambda n: n[0] not in "hg"), texts, max_size=2)
            ),
            price=draw(st.none() | st.integers(0, 10**9).map(lambda n: Money(n, currency))),
            stock=draw(st.none() | st.integers(0, 3)),
            image=draw(st.none() | addresses),
        )
        for at in range(draw(st.integers(1, 3)))
    ]
    lines = draw(st.lists(texts, max_size=3))
    return Product(
        id=id,
        title={"en": draw(texts), "de": "Zelt"},
        description={"en": "\n".join(lines)} if lines else {},
        variants=tuple(variants),
        brand=draw(st.none() | texts),
        category=tuple(draw(st.lists(texts, max_size=3))),
        attributes=draw(st.dictionaries(names, attribute_values, max_size=5)),
        image=draw(st.none() | addresses),
        url=draw(st.none() | addresses),
        popularity=1.0,
    )


@pytest.mark.parametrize("kind", ["tsv", "xml"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_exported_comes_back(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    given = [data.draw(products(id)) for id in ("p", "p,2")]
    path = tmp_path_factory.mktemp("feed") / "feed"
    path.write_text(written(given, kind), encoding="utf-8", newline="")
    assert detect_format(path) == f"merchant-{kind}"
    feed = open_feed(path)
    found = {product.id: product for product in feed}
    assert found == {product.id: as_merchant_says(product) for product in given}
    assert feed.counts.rows_rejected == 0
    assert Path(path).stat().st_size > 0
