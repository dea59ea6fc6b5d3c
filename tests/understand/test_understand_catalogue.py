"""What a query means in a shop."""

import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.records import (
    Alternative,
    AnyOf,
    Deadline,
    InvalidRequest,
    Product,
    Query,
    Range,
    Understanding,
)
from shopkeeper.records.ports import Understand
from shopkeeper.stages.understand import (
    CatalogueUnderstanding,
    Lexicon,
    UnderstandingConfig,
    starter_synonyms,
)
from shopkeeper.text import Synonyms, analyser

EN = analyser("en")
TITLES = [
    ("The North Face Rain Jacket", "The North Face", "Outdoor > Jackets", "black"),
    ("The North Face Fleece Jacket", "The North Face", "Outdoor > Jackets", "red"),
    ("The North Face Tent for Two", "The North Face", "Outdoor > Tents", "red"),
    ("Alpine Fox Tent, Waterproof", "Alpine Fox", "Outdoor > Tents", "red"),
    ("Alpine Fox Red Tent", "Alpine Fox", "Outdoor > Tents", "red"),
    ("Alpine Fox Red Jacket", "Alpine Fox", "Outdoor > Jackets", "red"),
    ("Water Bottle 500 ml", "Hydra", "Kitchen > Bottles", "red"),
    ("Air Conditioner", "Frostline", "Home > Cooling", "white"),
    ("Portable Airconditioner", "Frostline", "Home > Cooling", "white"),
    ("Screwdriver", "Hydra", "Tools", "black"),
    ("Leather Couch", "Lounga", "Home > Furniture", "black"),
    ("蓝牙耳机 降噪", "漫步者", "Audio", "black"),
    ("无线耳机 运动", "漫步者", "Audio", "white"),
]
CATALOGUE = [
    Product.from_dict(
        {
            "id": str(i),
            "title": title,
            "brand": brand,
            "category": category,
            "attributes": {"colour": colour},
        }
    )
    for i, (title, brand, category, colour) in enumerate(TITLES)
]
LEXICON = Lexicon.build(CATALOGUE, EN)
STAGE = CatalogueUnderstanding(LEXICON, EN, starter_synonyms(EN))


def read(text: str, stage: CatalogueUnderstanding = STAGE) -> Understanding:
    return stage.understand(Query(text), Deadline.after(1000))


def ways(understanding: Understanding) -> dict[str, dict[tuple[str, ...], str]]:
    """Per concept the terms of each alternative and where it comes from."""
    return {c.surface: {a.terms: a.source for a in c.alternatives} for c in understanding.concepts}


def wishes(understanding: Understanding) -> list[str]:
    return [str(constraint.clause) for constraint in understanding.constraints]


def test_it_is_the_port() -> None:
    assert isinstance(STAGE, Understand)


def test_a_plain_query_is_what_was_typed() -> None:
    understanding = read("waterproof tents")
    assert ways(understanding) == {
        "waterproof": {("waterproof",): "typed"},
        "tents": {("tent",): "typed"},
    }
    assert understanding.text == "waterproof tents"
    assert (understanding.corrections, understanding.dropped) == ((), ())


@pytest.mark.parametrize("text", ["", "   ", "!?", "\u200b"])
def test_no_word_is_no_concept(text: str) -> None:
    understanding = read(text)
    assert understanding.concepts == ()
    assert understanding.constraints == ()


# --- stop words ------------------------------------------------------------------------------


def test_words_without_meaning_are_dropped() -> None:
    understanding = read("a tent for the rain")
    assert [c.surface for c in understanding.concepts] == ["tent", "rain"]
    assert understanding.dropped == ("a", "for", "the")


def test_they_stay_when_nothing_else_is_there_and_inside_a_brand() -> None:
    assert [c.surface for c in read("the").concepts] == ["the"]
    brand = read("the north face for me")
    assert [c.surface for c in brand.concepts] == ["the", "north", "face"]
    assert brand.dropped == ("for", "me")


# --- spelling --------------------------------------------------------------------------------


def test_a_sure_correction_takes_the_place_of_an_unknown_word() -> None:
    understanding = read("red Jakett")
    assert ways(understanding)["Jakett"] == {("jacket",): "spelling"}
    assert understanding.text == "red jacket"
    (correction,) = understanding.corrections
    assert (correction.typed, correction.read_as) == ("Jakett", "jacket")
    assert 0.5 <= correction.confidence < 1


def test_an_unsure_one_stands_beside_it_with_its_confidence() -> None:
    careful = CatalogueUnderstanding(
        LEXICON, EN, config=UnderstandingConfig(replace_unknown_from=1, replace_from=1)
    )
    understanding = read("jakett", careful)
    (concept,) = understanding.concepts
    (correction,) = understanding.corrections
    typed, corrected = concept.alternatives
    assert typed == Alternative(("jakett",))
    assert corrected.terms == ("jacket",)
    assert corrected.weight == pytest.approx(correction.confidence, abs=1e-4)
    assert understanding.text == "jakett"


@pytest.mark.parametrize(
    "text", ["jacket", "jackets", "north face", "wh-1000xm5", "500ml", "couch", "xyz"]
)
def test_known_words_codes_and_quantities_are_not_corrected(text: str) -> None:
    assert read(text).corrections == ()


def test_after_the_deadline_words_stay_as_typed() -> None:
    understanding = STAGE.understand(Query("jakett"), Deadline(0.0, clock=lambda: 1.0))
    assert ways(understanding) == {"jakett": {("jakett",): "typed"}}


def test_a_lost_space_and_a_space_too_many() -> None:
    assert ways(read("airconditioner"))["airconditioner"] == {
        ("airconditioner",): "typed",
        ("air", "conditioner"): "compound",
    }
    assert ways(read("screw driver")) == {
        "screw": {("screw",): "typed", ("screwdriver",): "compound"},
        "driver": {("driver",): "typed", ("screwdriver",): "compound"},
    }


def test_chinese_by_sound_is_only_a_hint() -> None:
    concept = read("二级").concepts[0]
    hint = next(a for a in concept.alternatives if a.source == "pinyin")
    assert hint.terms == ("耳机",)
    assert hint.weight < 0.5
    assert concept.alternatives[0] == Alternative(("二级",))
    assert ways(read("erji"))["erji"] == {("erji",): "typed", ("耳机",): "pinyin"}
    assert ways(read("耳机")) == {"耳机": {("耳机",): "typed"}}


# --- other ways to say it --------------------------------------------------------------------


def test_units_bring_their_equivalents_and_the_bare_number() -> None:
    weights = {a.terms: a.weight for a in read("0.5 l bottle").concepts[0].alternatives}
    assert weights["0.5l",] == 1.0
    assert weights["500ml",] == 0.95
    assert weights["0.5",] == 0.3


def test_synonyms_of_several_words_go_to_each_of_them() -> None:
    synonyms = Synonyms.build([["cooling unit", "air conditioner"]], EN)
    stage = CatalogueUnderstanding(LEXICON, EN, synonyms)
    found = ways(read("white cooling unit", stage))
    assert found["white"] == {("white",): "typed"}
    assert found["cooling"][("air", "conditioner")] == "synonym"
    assert found["unit"][("air", "conditioner")] == "synonym"
    assert ways(read("sofa"))["sofa"] == {("sofa",): "typed", ("couch",): "synonym"}


# --- wishes ----------------------------------------------------------------------------------


def test_brand_colour_category_and_price_are_wishes() -> None:
    understanding = read("red north face tent under $200")
    assert wishes(understanding) == [
        "price:..200",
        "colour:red",
        "brand:The North Face",
        "category:Outdoor > Tents",
    ]
    assert understanding.text == "red north face tent"
    assert all(0 < c.confidence <= 1 for c in understanding.constraints)
    assert understanding.constraints[0].clause == Range("price", None, 200)
    assert understanding.constraints[2].surface == "north face"


def test_a_corrected_brand_is_a_wish_too() -> None:
    found = [c.clause for c in read("north fcae jacket").constraints]
    assert AnyOf("brand", ("The North Face",)) in found


def test_a_price_alone_asks_for_everything() -> None:
    understanding = read("under $50")
    assert understanding.concepts == ()
    assert wishes(understanding) == ["price:..50"]


# --- always ----------------------------------------------------------------------------------


@given(st.text(st.sampled_from("jakettenrfac 'x-10m½$耳机無線the"), max_size=40))
def test_any_text_is_understood_within_the_contract(text: str) -> None:
    understanding = read(text)
    assert understanding == read(text)
    for concept in understanding.concepts:
        assert concept.alternatives
        assert len({a.terms for a in concept.alternatives}) == len(concept.alternatives)
        assert all(0 < a.weight <= 1 and a.terms for a in concept.alternatives)
        assert all(term for a in concept.alternatives for term in a.terms)


def test_a_lexicon_of_another_analyser_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="analyser"):
        CatalogueUnderstanding(LEXICON, analyser("de"))


def test_a_config_is_checked() -> None:
    with pytest.raises(InvalidRequest, match="synonym"):
        UnderstandingConfig(synonym=1.5)


@pytest.mark.slow
def test_an_ordinary_query_takes_under_a_millisecond_at_twenty_thousand_products() -> None:
    shop = [
        Product.from_dict({"id": str(i), "title": f"{title} n{i % 997} s{i % 61}", "brand": brand})
        for i in range(20_000)
        for title, brand, _, _ in [TITLES[i % len(TITLES)]]
    ]
    stage = CatalogueUnderstanding(Lexicon.build(shop, EN), EN, starter_synonyms(EN))
    times = []
    for text in ["red tent", "north face rain jacket", "500ml water bottle", "portable tent"] * 25:
        start = time.thread_time()
        read(text, stage)
        times.append(time.thread_time() - start)
    assert statistics.median(times) < 0.001
