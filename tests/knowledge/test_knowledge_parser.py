"""Is a typed query read as it was meant? By a small graph whose every word is written here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.knowledge import (
    Alias,
    Aspect,
    CategoryNode,
    Concept,
    Intent,
    KnowledgeGraph,
    Phrase,
    QueryReader,
    Slot,
    Taxonomy,
    Unit,
)

NODES = (
    CategoryNode("Tents", "Camping", "Outdoor"),
    CategoryNode("Tarps", "Camping", "Outdoor"),
    CategoryNode("Tent Pegs", "Camping Parts", "Outdoor", made_for="Tents", made_as="part"),
    CategoryNode("Steam Irons", "Laundry", "Home"),
    CategoryNode("Skillets", "Cookware", "Home"),
)
ALIASES = (
    Alias("tent", "en", "category", "Tents"),
    Alias("帐篷", "zh-Hans", "category", "Tents"),
    Alias("shelter", "en", "category", "Tents"),
    Alias("shelter", "en", "category", "Tarps"),
    Alias("tent peg", "en", "category", "Tent Pegs"),
    Alias("iron", "en", "category", "Steam Irons"),
    Alias("skillet", "en", "category", "Skillets"),
    Alias("camping gear", "en", "group", "Camping"),
    Alias("Northfell", "en", "brand", "Northfell"),
    Alias("北崖", "zh-Hans", "brand", "Northfell"),
    Alias("red", "en", "value", "red", "colour"),
    Alias("红色", "zh-Hans", "value", "red", "colour"),
    Alias("blue", "en", "value", "blue", "colour"),
    Alias("green", "en", "value", "green", "colour"),
    Alias("wooden", "en", "value", "Wood", "material"),
    Alias("nylon", "en", "value", "Nylon", "material"),
    Alias("cast iron", "en", "value", "Cast iron", "material"),
    Alias("iron", "en", "value", "Cast iron", "material"),
    Alias("non-stick", "en", "value", "Non-stick", "coating"),
)
GREEN = Slot("colour", ("green",), is_core=False)
COLOUR = Aspect("colour", ("red", "blue"), near={"red": ("pink",)}, is_core=False)
TENT = (
    COLOUR,
    Aspect("material", ("Nylon", "Cotton")),
    Aspect("waterproof", (False, True), forms=("Waterproof", "防水")),
    Aspect("capacity (persons)", forms=("{}-Person", "{}人")),
    Aspect("weight (g)", forms=("{} g",)),
)
ASPECTS = {
    "Tents": TENT,
    "Tarps": TENT,
    "Skillets": (
        Aspect("material", ("Cast iron", "Steel")),
        Aspect("coating", ("Non-stick",)),
    ),
}
RAIN = Concept(
    "camping in the rain",
    "need",
    (Phrase("camping in the rain", "en"), Phrase("雨天露营", "zh-Hans")),
    ("Tarps", "Tents"),
    (Slot("waterproof", (True,)),),
)
CLIFF = Concept("the cliff people", "nickname", (Phrase("the cliff people", "en"),), (),
                (Slot("brand", ("Northfell",)),))  # fmt: skip
GRAPH = KnowledgeGraph(
    Taxonomy({node.name: node for node in NODES}),
    ALIASES,
    (RAIN, CLIFF),
    (
        Unit("g", {"en": ("g", "grams"), "zh-Hans": ("克",)}, other="kg", factor=1000.0),
        Unit("kg", {"en": ("kg", "kilos"), "zh-Hans": ("公斤",)}),
    ),
)
WORDS = (
    *(alias.text for alias in ALIASES), "camping in the rain", "under", "2", "$9", "kg", "not", "-",
    "without", "like", "cheaper", "for", "以内", "不要", "雨天露营", "人",
)  # fmt: skip
RED = Slot("colour", ("red",), near=("pink",), is_core=False)
NYLON = Slot("material", ("Nylon",))
BRAND = Slot("brand", ("Northfell",))
RAINPROOF = Slot("waterproof", (True,))


@pytest.fixture(scope="module")
def reader() -> QueryReader:
    return QueryReader(GRAPH, ASPECTS)


@pytest.mark.parametrize(
    ("text", "categories", "slots"),
    [
        ("tent", ("Tents",), ()),
        ("TENTS", ("Tents",), ()),
        ("shelter", ("Tarps", "Tents"), ()),
        ("camping gear", ("Tarps", "Tents"), ()),
        ("camping", ("Tarps", "Tents"), ()),
        ("outdoor", ("Tarps", "Tent Pegs", "Tents"), ()),
        ("red nylon tent", ("Tents",), (RED, NYLON)),
        ("northfell tents, red", ("Tents",), (BRAND, RED)),
        ("红色北崖帐篷", ("Tents",), (RED, BRAND)),
        ("红色 northfell tent", ("Tents",), (RED, BRAND)),
        ("waterproof tent", ("Tents",), (RAINPROOF,)),
        ("防水帐篷", ("Tents",), (RAINPROOF,)),
        # The longest phrase counts, and behind "for" stands what it is for.
        ("tent peg", ("Tent Pegs",), ()),
        ("pegs tent", ("Tents",), ()),
        ("tent pegs for nylon tent", ("Tent Pegs",), ()),
        # A word with two meanings: the last noun is the thing, what stands before it a wish.
        ("iron", ("Steam Irons",), ()),
        ("iron skillet", ("Skillets",), (Slot("material", ("Cast iron",)),)),
        ("cast iron skillet", ("Skillets",), (Slot("material", ("Cast iron",)),)),
        # What this category is not asked for is left out.
        ("red skillet", ("Skillets",), ()),
        ("fluffy red tent", ("Tents",), (RED,)),
        ("wooden tent", ("Tents",), ()),
        # But a preference that none of them meets is still one.
        ("green tent", ("Tents",), (GREEN,)),
    ],
)
def test_things_and_wishes(
    reader: QueryReader, text: str, categories: tuple[str, ...], slots: tuple[Slot, ...]
) -> None:
    assert reader.read(text) == Intent(categories, slots)


@pytest.mark.parametrize(
    "text", ["", "   ", "zzz", "red", "northfell", "under $50", "红色", "🙂", "#"]
)
def test_without_a_thing_nothing_is_understood(reader: QueryReader, text: str) -> None:
    assert reader.read(text) is None


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("tent under $50", Slot("price", high=50.0)),
        ("tent max 49.90 dollars", Slot("price", high=49.9)),
        ("tent less than 1,250", Slot("price", high=1250.0)),
        ("帐篷 300以内", Slot("price", high=300.0)),
        ("帐篷 不超过300元", Slot("price", high=300.0)),
        ("300元以下的帐篷", Slot("price", high=300.0)),
        ("2-person tent", Slot("capacity (persons)", low=2.0, high=2.0)),
        ("两人 2人帐篷", Slot("capacity (persons)", low=2.0, high=2.0)),
        ("tent 900 grams", Slot("weight (g)", low=900.0, high=900.0)),
        ("tent 1.5kg", Slot("weight (g)", low=1500.0, high=1500.0)),
        ("tent under 2 kg", Slot("weight (g)", high=2000.0)),
        ("2公斤以内帐篷", Slot("weight (g)", high=2000.0)),
    ],
)
def test_limits_and_amounts(reader: QueryReader, text: str, slot: Slot) -> None:
    assert reader.read(text) == Intent(("Tents",), (slot,))


@pytest.mark.parametrize(
    "text",
    ["tent without nylon", "no nylon tent", "non nylon tent", "tent, but not nylon", "tent -nylon"],
)
def test_what_is_ruled_out(reader: QueryReader, text: str) -> None:
    no_nylon = Slot("material", ("Nylon",), is_negated=True)
    assert reader.read(text) == Intent(("Tents",), (no_nylon,), "negation")


def test_ruling_out_is_never_a_preference_and_ends_with_its_word(reader: QueryReader) -> None:
    no_red = Slot("colour", ("red",), near=("pink",), is_negated=True)
    assert reader.read("tent not red nylon") == Intent(("Tents",), (no_red, NYLON), "negation")
    assert reader.read("帐篷 不要红色") == Intent(("Tents",), (no_red,), "negation")
    # "non-stick" is a word of its own.
    assert reader.read("non-stick skillet") == Intent(
        ("Skillets",), (Slot("coating", ("Non-stick",)),)
    )


def test_two_values_are_either_of_them(reader: QueryReader) -> None:
    either = Slot("colour", ("red", "blue"), near=("pink",), is_core=False)
    assert reader.read("red or blue tent") == Intent(("Tents",), (either,))


@pytest.mark.parametrize(
    ("text", "categories", "type_"),
    [
        ("camping in the rain", ("Tarps", "Tents"), "knowledge"),
        ("雨天露营", ("Tarps", "Tents"), "knowledge"),
        ("tent for camping in the rain", ("Tents",), "knowledge"),
        ("what do i need for camping in the rain?", ("Tarps", "Tents"), "question"),
    ],
)
def test_needs(reader: QueryReader, text: str, categories: tuple[str, ...], type_: str) -> None:
    assert reader.read(text) == Intent(categories, (RAINPROOF,), type_, concept=RAIN.id)


def test_the_nickname_of_a_brand_needs_a_thing(reader: QueryReader) -> None:
    assert reader.read("the cliff people tents") == Intent(
        ("Tents",), (BRAND,), "knowledge", concept=CLIFF.id
    )
    assert reader.read("the cliff people") is None


@pytest.mark.parametrize(
    "text", ["northfell tent dupe", "tent like northfell but cheaper", "北崖平替帐篷"]
)
def test_alternatives(reader: QueryReader, text: str) -> None:
    assert reader.read(text) == Intent(("Tents",), (), "alternative", anchor="Northfell")


def test_without_aspects_values_stand_as_their_aliases_say() -> None:
    bare = QueryReader(GRAPH)
    assert bare.read("red tent 900 g under $50") == Intent(
        ("Tents",), (Slot("colour", ("red",)), Slot("price", high=50.0))
    )


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join) | st.text(max_size=60))
def test_whatever_is_typed_can_be_read(reader: QueryReader, text: str) -> None:
    read = reader.read(text)
    assert reader.read(f"  {text}  ") == read
    if read is not None:
        assert set(read.categories) <= GRAPH.taxonomy.nodes.keys()
