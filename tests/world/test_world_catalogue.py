"""A feed becomes a marketplace: what its products are asked for, and what is true of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from shopkeeper.knowledge import (
    BRAND,
    PRICE,
    Intent,
    Reading,
    Slot,
    apply_rules,
    attribute_relation,
    is_anchor,
)
from shopkeeper.records import InvalidRequest, Money, Product, Variant
from shopkeeper.world.attributes import MOST, OTHERS, Asked, find_asked
from shopkeeper.world.catalogue import market_of_catalogue, open_catalogue, read_catalogue
from shopkeeper.world.config import QueryDials, WorldConfig
from shopkeeper.world.feed_values import Column, find_kinds, read_columns, read_value
from shopkeeper.world.kinds import kinds_in_titles
from shopkeeper.world.shelves import NumberColumn, TextColumn
from shopkeeper.world.vocabulary import CHINESE, ENGLISH

COLOURS, MATERIALS = ("Red", "Blue", "Green"), ("Cotton", "Nylon")
CONFIG = WorldConfig(queries=QueryDials(searches=2_000, negation=0.1, alternative=0.1))


def product(id_: str, title: str, path: str = "", **said: object) -> Product:
    """Short: `price`, `brand`, `popularity` are the product's, everything else an attribute."""
    own = {key: said.pop(key) for key in ("price", "brand", "popularity") if key in said}
    data = {"id": id_, "title": title, "category": path, "attributes": said, **own}
    return Product.from_dict(data)


def shop() -> list[Product]:
    """Forty tents and thirty stoves in one group, ten lamps in another department."""
    products = []
    for i in range(40):
        colour, material, length = COLOURS[i % 3], MATERIALS[i % 2], (200, 220, 250)[i * 7 % 3]
        title = f"Acme tent {colour} {material} {length} cm"
        said = {"colour": colour, "material": material, "length (cm)": length, "sku no": f"A{i}"}
        brand, price = ("Borealis", 150 + i) if i % 5 == 0 else ("Acme", 50 + i)
        path = "Outdoor > Camping > Tents"
        products.append(product(f"t{i}", title, path, brand=brand, price=price, **said))
    for i in range(30):
        title = f"Stove {('gas', 'wood')[i % 2]} {2 + i % 3} kg"
        said = {"fuel": ("Gas", "Wood")[i % 2], "weight": f"{2 + i % 3} kg", "foldable": i % 3 > 0}
        path = "Outdoor > Camping > Stoves & Burners"
        products.append(product(f"s{i}", title, path, brand="Borealis", price=20 + i, **said))
    for i in range(10):
        products.append(product(f"l{i}", f"Lamp {i}", "Lamps", colour=COLOURS[i % 2]))
    return products


SHOP = shop()
MARKET = market_of_catalogue(SHOP, CONFIG, seed=5)


def columns(products: list[Product]) -> list[Column]:
    return read_columns(products, find_kinds(products))


def asked_for(products: list[Product]) -> list[Asked]:
    return find_asked(products, find_kinds(products), ("thing",), ENGLISH)


@pytest.mark.parametrize(
    ("value", "kind", "values", "unit"),
    [
        (True, "flag", (True,), ""),
        ("Yes", "flag", (True,), ""),
        ("n", "flag", (False,), ""),
        (3.0, "number", (3.0,), ""),
        ("3.5", "number", (3.5,), ""),
        ("12 cm", "number", (12.0,), "cm"),
        ("12 cm wide", "text", ("12 cm wide",), ""),
        ("Red, Blue", "text", ("Red", "Blue"), ""),
        (("Red", "Red", "Blue"), "text", ("Red", "Blue"), ""),
        ("1,000 pieces each", "text", ("1,000 pieces each",), ""),
    ],
)
def test_a_value_is_a_flag_a_number_or_texts(
    value: object, kind: str, values: tuple[object, ...], unit: str
) -> None:
    told = read_value(value)  # type: ignore[arg-type]
    assert told is not None
    assert (told.kind, told.values, told.unit) == (kind, values, unit)


def test_placeholders_say_nothing() -> None:
    assert read_value("n/a") is None
    assert read_value(("-", "Unknown")) is None


def test_the_majority_decides_the_type_and_the_rest_is_left_out() -> None:
    products = [product(f"p{i}", "Rope", **{"length": v}) for i, v in enumerate((1, 2, "long"))]
    (column,) = columns(products)
    assert (column.kind, column.told) == ("number", {0: (1.0,), 1: (2.0,)})


def test_what_is_mostly_a_text_is_one_throughout_the_feed() -> None:
    """Whoever asks for all cables asks for one connector, in whichever category a cable is."""
    plugs = {"Audio": ("3.5 mm", "6.3 mm", "RCA"), "Video": ("VGA", "HDMI", "RCA")}
    products = [
        product(f"{name}{i}", f"Cable {plug}", f"Cables > {name} cables", plug=plug)
        for name, said in plugs.items()
        for i, plug in enumerate(said * 4)
    ]
    market = market_of_catalogue(products, CONFIG)
    schema = [aisle.columns["plug"] for aisle in market.shelves.aisles]
    assert all(isinstance(column, TextColumn) for column in schema)
    together = Intent(("Audio cables", "Video cables"), (Slot("plug", ("RCA",)),))
    assert (
        market.truth.judge(together, market.shelves.rows(together.categories)).grades == 4
    ).sum() == 8


def test_one_value_in_several_cases_is_one_value() -> None:
    products = [product(f"p{i}", "Ink", hue=v) for i, v in enumerate(("cyan", "Cyan", "Cyan"))]
    (column,) = columns(products)
    assert set(column.told.values()) == {("Cyan",)}


def test_options_of_all_variants_are_texts_of_the_product() -> None:
    sizes = tuple(Variant(f"v{size}", {"Size": size}) for size in ("42", "43"))
    (column,) = columns([Product("p", {"en": "Boot"}, sizes)])
    assert (column.name, column.kind, column.told) == ("Size", "text", {0: ("42", "43")})


def test_what_is_asked_for_and_how_it_is_said() -> None:
    tents = MARKET.words.askable["Tents"]
    assert {a.attribute: a.say for a in tents} == {
        "colour": {ENGLISH: "{}"},
        "material": {ENGLISH: "{}"},
        "length (cm)": {ENGLISH: "{} cm"},
    }
    # log₂ 3 bits of 3 colours and of 3 lengths, 1 bit of 2 materials; names break the tie.
    assert tents[-1].attribute == "material"
    assert {a.attribute: (a.is_core, a.is_behind) for a in tents} == {
        "colour": (False, False),
        "material": (True, False),
        "length (cm)": (True, True),
    }
    stoves = MARKET.words.askable["Stoves & Burners"]
    assert {a.attribute: a.say[ENGLISH] for a in stoves} == {"fuel": "{}", "weight": "{} kg"}


def test_where_no_title_names_anything_all_is_taken_flags_by_their_name() -> None:
    products = [
        product(f"p{i}", f"Thing {i}", Foldable=i % 2 > 0, grade=("A1", "B2")[i % 3 > 0])
        for i in range(12)
    ]
    asked = asked_for(products)
    assert {one.askable.attribute: one.askable.say[ENGLISH] for one in asked} == {
        "Foldable": "foldable",
        "grade": "{}",
    }
    assert next(one for one in asked if one.askable.values == (True,)).values == (False, True)


def test_ids_constants_long_texts_unitless_numbers_and_repetitions_are_not_asked_for() -> None:
    products = [
        product(
            f"p{i}",
            f"{('Acme', 'Zeta')[i % 2]} thing {COLOURS[i % 3]}",
            brand=("Acme", "Zeta")[i % 2],
            colour=COLOURS[i % 3],
            code=f"X{i}",
            origin="China",
            maker=("Acme Ltd", "Zeta")[i % 2],
            rank=float(i % 3),
            about="A very long sentence that nobody types into a box" + "!" * (i % 3),
        )
        for i in range(12)
    ]
    assert len(columns(products)) == 6
    assert [one.askable.attribute for one in asked_for(products)] == ["colour"]


def test_a_unit_that_only_titles_tell() -> None:
    products = [
        product(f"p{i}", f"Rope {i % 3 + 1}m", **{"reach": float(i % 3 + 1), "turns": i % 3})
        for i in range(12)
    ]
    (asked,) = asked_for(products)
    assert (asked.askable.attribute, asked.askable.say) == ("reach", {ENGLISH: "{} m"})


def test_values_beyond_the_commonest_are_told_but_not_asked_for() -> None:
    colours = [f"hue{i % 70:02d}" for i in range(70 * 2)] + ["hue00", "rare"]
    products = [product(f"p{i}", "Thing", hue=colour) for i, colour in enumerate(colours)]
    (asked,) = asked_for(products)
    assert asked.values is not None
    assert len(asked.values) == 64
    assert (asked.values[0], asked.values[-1]) == ("hue00", OTHERS)
    assert (asked.told[0], asked.told[69], asked.told[141]) == (("hue00",), (OTHERS,), (OTHERS,))
    assert asked.askable.values is not None
    assert OTHERS not in asked.askable.values


def test_a_category_is_asked_for_a_dozen_attributes_at_most() -> None:
    said = [{f"a{n:02d}": f"{n} is {i * (n + 1) // 7 % 3}" for n in range(20)} for i in range(60)]
    products = [product(f"p{i}", "Thing", **values) for i, values in enumerate(said)]  # type: ignore[arg-type]
    assert len(asked_for(products)) == MOST


def test_the_tree_and_its_words() -> None:
    taxonomy = MARKET.graph.taxonomy
    tents, lamps = taxonomy.nodes["Tents"], taxonomy.nodes["Lamps"]
    assert (tents.group, tents.department) == ("Camping", "Outdoor")
    assert (lamps.group, lamps.department) == ("Lamps", "Lamps")
    assert taxonomy.near("Tents") == {"Stoves & Burners"}
    called = {
        name: [alias.text for alias in MARKET.words.things(name, ENGLISH)]
        for name in ("Tents", "Stoves & Burners")
    }
    assert called["Tents"] == ["tent", "tents"]
    assert called["Stoves & Burners"] == ["stove", "stoves", "burner", "burners"]
    assert MARKET.words.categories["camping"] == ("Stoves & Burners", "Tents")


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Ink cartridge (Original)", ["ink cartridge", "ink cartridges"]),
        ("Boxes", ["box", "boxes"]),
        ("Battery", ["battery", "batteries"]),
        ("Audio series", ["audio series"]),
        ("帐篷", ["帐篷"]),
    ],
)
def test_a_category_is_called_in_the_singular_and_the_plural(name: str, called: list[str]) -> None:
    products = [product(f"p{i}", f"Thing {i}", name, colour=COLOURS[i % 3]) for i in range(6)]
    catalogue = read_catalogue(products)
    assert [alias.text for alias in catalogue.words.things(name, ENGLISH)] == called


def test_two_leaves_of_one_name_stay_apart_and_share_the_word() -> None:
    paths = ("Bikes > Accessories", "Phones > Accessories")
    products = [product(f"p{i}", "Thing", paths[i % 2], colour=COLOURS[i % 3]) for i in range(12)]
    catalogue = read_catalogue(products)
    assert list(catalogue.asked) == ["Bikes > Accessories", "Phones > Accessories"]
    assert catalogue.words.categories["accessory"] == tuple(catalogue.asked)


def test_missing_prices_are_the_median_of_the_category() -> None:
    products = [
        product(f"p{i}", "Thing", "A", colour=COLOURS[i % 3], **({"price": p} if p else {}))
        for i, p in enumerate((10, 20, 90, None, 30, 40))
    ]
    # The median of 10, 20, 30, 40 and 90.
    assert market_of_catalogue(products, CONFIG).shelves.price.tolist() == [10, 20, 90, 30, 30, 40]
    yen = replace(products[0], variants=(Variant("v", price=Money(500, "JPY")),))
    assert market_of_catalogue([yen, *products[1:]], CONFIG).shelves.price[0] == 500


def test_what_the_feed_tells_is_the_truth() -> None:
    shelves = MARKET.shelves
    aisle = shelves.aisles[shelves.number["Tents"]]
    colour, length = aisle.columns["colour"], aisle.columns["length (cm)"]
    assert isinstance(colour, TextColumn)
    assert isinstance(length, NumberColumn)
    assert np.array_equal(colour.told, colour.true)
    assert np.array_equal(length.told, length.true)
    tents = [p for p in SHOP if p.category[-1] == "Tents"]
    assert length.told.tolist() == [p.attributes["length (cm)"] for p in tents]
    red = colour.mask(("Red",))
    assert (colour.told & red != 0).tolist() == [p.attributes["colour"] == "Red" for p in tents]


def test_the_hidden_truth_comes_from_seed_and_id_the_told_one_from_neither() -> None:
    same, other = read_catalogue(SHOP[::-1], seed=5), read_catalogue(SHOP, seed=6)
    here = {placed.id: placed for placed in read_catalogue(SHOP, seed=5).shelved}
    assert {placed.id: placed for placed in same.shelved} == here
    for placed in other.shelved:
        before = here[placed.id]
        assert (placed.told, placed.price, placed.brand) == (
            before.told,
            before.price,
            before.brand,
        )
        assert placed.quality != before.quality
        assert placed.popularity != before.popularity
        assert placed.appeal != before.appeal


def test_known_sales_stay_and_a_rating_speaks_of_quality() -> None:
    rated = [replace(p, popularity=float(i), rating=2.0 + i % 4) for i, p in enumerate(SHOP)]
    placed = read_catalogue(rated).shelved
    assert [p.popularity for p in placed][:3] == [0.01, 1.0, 2.0]
    quality = np.array([p.quality for p in placed])
    stars = np.array([p.rating for p in rated])
    assert np.corrcoef(quality, stars)[0, 1] > 0.8
    assert quality.min() >= 0
    assert quality.max() <= 1


def test_the_last_product_of_an_id_counts() -> None:
    catalogue = read_catalogue([*SHOP, product("t0", "Other tent", "Lamps", colour="Red")])
    assert catalogue.size == len(SHOP)
    assert catalogue.placed(0)[0].category == "Lamps"


def test_products_without_category_are_left_out_and_counted() -> None:
    catalogue = read_catalogue([*SHOP, product("x1", "Odd"), product("x2", "Odder")])
    assert (catalogue.size, catalogue.left_out) == (len(SHOP), 2)
    assert not catalogue.is_named_by_titles


def test_titles_tell_the_kinds_where_no_product_has_a_category() -> None:
    brands = ("Acme", "Zeta")
    products = [
        product(
            f"p{i}",
            f"{brands[i % 2]} X{i} {('cable', 'audio cable')[i % 3 == 0]} 2 m {COLOURS[i % 3]}",
            brand=brands[i % 2],
            colour=COLOURS[i % 3],
        )
        for i in range(30)
    ]
    products += [product(f"q{i}", f"Acme Mystery {i}", brand="Acme") for i in range(3)]
    assert Counter(kinds_in_titles(products)) == {
        ("cable", "audio cable"): 10,
        ("cable", "cable"): 20,
        (): 3,
    }
    catalogue = read_catalogue(products)
    assert (catalogue.size, catalogue.left_out, catalogue.is_named_by_titles) == (30, 3, True)
    assert catalogue.products[0].category == ("cable", "audio cable")
    assert catalogue.graph.taxonomy.near("cable") == {"audio cable"}


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Acme printer cable 3 m", "printer cable"),
        ("Acme Printer Cable for printer", "printer cable"),
        ("Acme printers, with cable", "printer"),
        ("Acme case with cable 2 black", "case"),
        ("Acme 24 port 30 port Thing", ""),
    ],
)
def test_a_kind_ends_the_first_phrase_that_has_one(title: str, kind: str) -> None:
    common = ["printer cable 2 m", "printer A4 black", "case for X Black", "hub 24 port black"]
    products = [
        product(f"p{i}", f"{('Acme', 'Zeta')[i // 4 % 2]} {common[i % 4]}", brand="AZ"[i // 4 % 2])
        for i in range(40)
    ]
    path = kinds_in_titles([*products, product("it", title, brand="Acme")])[-1]
    assert (path[-1] if path else "") == kind


@pytest.mark.parametrize(
    ("products", "message"),
    [
        ([], "0 categories in 0 products"),
        ([product("p", "THING")], "0 categories in 1 products"),
        (
            [product(f"p{i}", "Thing", "A > B", code=f"X{i}", origin="China") for i in range(9)],
            "nothing to ask for in 9 products of 1 categories with 2 attributes",
        ),
    ],
)
def test_nothing_structured_is_told(products: list[Product], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        read_catalogue(products)


def test_every_query_can_be_answered_by_what_it_was_drawn_from() -> None:
    queries = MARKET.book.queries
    assert len(queries) > 100
    types = Counter(query.asked.intent.type for query in queries)
    assert set(types) == {"general", "negation", "alternative"}
    for query in queries:
        assert query.text.strip()
        assert query.asked.locale == ENGLISH
        intent = query.asked.intent
        if intent.type == "general":
            grades = MARKET.truth.judge(intent, MARKET.shelves.rows(intent.categories)).grades
            assert grades.max() == 4, query.text


def test_truth_equals_the_rules_applied_to_the_feed_one_by_one() -> None:
    rows = np.arange(len(SHOP), dtype=np.int32)
    seen = Counter[int]()
    for query in MARKET.book.queries[:150]:
        intent = query.asked.intent
        expected = [_grade(intent, p) for p in SHOP]
        assert MARKET.truth.judge(intent, rows).grades.tolist() == expected, query.text
        seen.update(expected)
    assert set(seen) == {1, 2, 3, 4}


def _grade(intent: Intent, listed: Product) -> int:
    """From the product as it was written down, without columns and masks."""
    said = listed.attributes
    values = {
        name: frozenset([said[name]]) for name in ("colour", "material", "fuel") if name in said
    }
    if "length (cm)" in said:
        values["length (cm)"] = frozenset([float(str(said["length (cm)"]))])
    if "weight" in said:
        values["weight"] = frozenset([float(str(said["weight"]).split()[0])])
    values[BRAND] = frozenset([listed.brand or ""])
    dollars = float(listed.price.major) if listed.price else float("nan")
    # Lamps have no price: theirs is the middle of the medians. Tents 24 and 26 stand in the middle
    # of theirs, at 74 and 76, and stoves in the middle of 20 … 49: of 75 and 34.5 it is 54.75.
    values[PRICE] = frozenset([54.75 if np.isnan(dollars) else dollars])
    reading = Reading(listed.category[-1], values)  # type: ignore[arg-type]
    relations: list[tuple[Slot, object]] = [
        (slot, attribute_relation(slot, reading)) for slot in intent.slots
    ]
    relation = MARKET.graph.taxonomy.relation(intent.categories, reading.category)
    rule = apply_rules(relation, relations, is_anchor=is_anchor(intent, reading))  # type: ignore[arg-type]
    return int(rule.grade)


def test_dials_that_a_catalogue_has_nothing_for_are_off() -> None:
    bare = [
        product(f"p{i}", f"Thing {COLOURS[i % 3]}", "A", colour=COLOURS[i % 3]) for i in range(9)
    ]
    market = market_of_catalogue(bare, CONFIG)
    dials = market.config.queries
    off = ("branded", "priced", "alternative", "question", "knowledge", "chinese", "mixed")
    assert {name: getattr(dials, name) for name in off} == dict.fromkeys(off, 0.0)
    assert dials.negation == CONFIG.queries.negation
    slots = [slot.attribute for query in market.book.queries for slot in query.asked.intent.slots]
    assert set(slots) == {"colour"}
    # Whoever asks says something: only negations of nothing else are lost.
    assert sum(query.count for query in market.book.queries) > 0.95 * dials.searches


def test_nobody_asks_for_the_brand_of_a_product_that_has_none() -> None:
    some = [replace(p, brand=None) if i % 2 else p for i, p in enumerate(SHOP)]
    market = market_of_catalogue(some, CONFIG)
    assert "" in market.shelves.brands
    asked = {
        slot.values[0]
        for query in market.book.queries
        for slot in query.asked.intent.slots
        if slot.attribute == BRAND
    }
    assert asked == {"Acme", "Borealis"}


def test_a_chinese_feed_is_asked_in_chinese() -> None:
    colours = ("红色", "蓝色", "绿色")
    products = [
        Product(
            f"p{i}",
            {CHINESE: f"{colours[i % 3]}帐篷"},
            (Variant(f"v{i}"),),
            category=("户外", "帐篷"),
            attributes={"颜色": colours[i % 3]},
        )
        for i in range(12)
    ]
    market = market_of_catalogue(products, CONFIG)
    texts = {query.text for query in market.book.queries}
    assert {query.asked.locale for query in market.book.queries} == {CHINESE}
    assert {"帐篷", "红色帐篷"} <= texts


def test_shoppers_click_on_what_fits_and_the_same_seed_repeats_them() -> None:
    behaviour = MARKET.shopping.run(MARKET.shoppers(0, 400))
    again = open_catalogue(read_catalogue(SHOP, seed=5), CONFIG)
    repeated = again.shopping.run(again.shoppers(0, 400))
    clicked, grades = behaviour.searches.acts.clicked, behaviour.searches.shown.told
    assert np.array_equal(clicked, repeated.searches.acts.clicked)
    assert clicked.sum() > 200
    shares = [clicked[grades == grade].mean() for grade in (2, 4)]
    assert shares[0] < shares[1] / 3
