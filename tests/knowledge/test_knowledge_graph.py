"""What is held out stays out of what training may know, and everything is said once."""

from __future__ import annotations

from collections import Counter

import pytest

from shopkeeper.knowledge import (
    Alias,
    CategoryNode,
    Concept,
    Fact,
    KnowledgeGraph,
    Phrase,
    Slot,
    Taxonomy,
    Unit,
    falls,
    split_of,
)
from shopkeeper.world.loader import load_goods

NODES = (
    CategoryNode("Tents", "Shelters", "Camping"),
    CategoryNode("Tarps", "Shelters", "Camping"),
    CategoryNode("Tent Pegs", "Spares", "Camping", made_for="Tents", made_as="part"),
    CategoryNode("Camping Sets", "Sets", "Camping", holds=("Tents", "Mats")),
    CategoryNode("Mats", "Sleeping", "Camping"),
)
GRAPH = KnowledgeGraph(
    taxonomy=Taxonomy({node.name: node for node in NODES}),
    aliases=(
        Alias("tent", "en", "category", "Tents"),
        Alias("canvas home", "en", "category", "Tents", is_held_out=True),
        Alias("mat", "en", "category", "Mats"),
        Alias("cloth", "en", "value", "Cotton", "material"),
    ),
    concepts=(
        Concept(
            "rain all night",
            "need",
            (Phrase("rain all night", "en"), Phrase("floods", "en", is_held_out=True)),
            ("Tents",),
            (Slot("head", low=4000.0), Slot("material", ("Nylon", "Cotton"), is_negated=True)),
        ),
        Concept("basha", "nickname", (Phrase("basha", "en"),), ("Tarps",), split="told"),
        Concept("secret", "nickname", (Phrase("secret", "en"),), ("Tarps",), split="hidden"),
        Concept("a picnic", "occasion", (Phrase("a picnic", "en"),), ("Mats", "Tarps")),
    ),
    units=(Unit("g", {"en": ("grams",)}, "kg", 1000.0), Unit("kg", {"en": ("kilo",)})),
    hidden_categories=frozenset(("Mats",)),
)


def test_facts_by_hand() -> None:
    facts = list(GRAPH.facts())
    assert len(set(facts)) == len(facts)
    for fact in (
        Fact("category:Tents", "is-a", "group:Shelters"),
        Fact("group:Shelters", "is-a", "department:Camping"),
        Fact("category:Tent Pegs", "part-of", "category:Tents"),
        Fact("category:Camping Sets", "holds", "category:Mats"),
        Fact("category:Tents", "alias", "en:tent"),
        Fact("value:material=Cotton", "alias", "en:cloth"),
        Fact("need:rain all night", "asks-for", "category:Tents"),
        Fact("need:rain all night", "needs", "value:head 4000.."),
        Fact("need:rain all night", "needs", "value:material not Nylon or Cotton"),
        Fact("category:Mats", "suits-occasion", "occasion:a picnic"),
        Fact("unit:kg", "is 1000 ×", "unit:g"),
    ):
        assert fact in facts


def test_training_sees_what_is_open_and_nothing_else() -> None:
    """Gone: one word, one phrase, the hidden concept, and all that speaks of the hidden mats."""
    known = GRAPH.for_training()
    assert [alias.text for alias in known.aliases] == ["tent", "cloth"]
    assert [concept.id for concept in known.concepts] == ["rain all night", "basha"]
    assert [phrase.text for phrase in known.concepts[0].phrases] == ["rain all night"]
    assert known.taxonomy is GRAPH.taxonomy
    assert known.for_training() == known
    assert set(known.facts()) < set(GRAPH.facts())


def test_the_shipped_graph_tells_training_nothing_that_is_held_out() -> None:
    whole = load_goods().knowledge
    known = whole.for_training()
    facts, open_facts = set(whole.facts()), set(known.facts())
    held = [alias for alias in whole.aliases if alias.is_held_out]
    hidden = [concept for concept in whole.concepts if concept.split == "hidden"]
    assert len(held) > 500
    assert len(hidden) > 50
    assert open_facts < facts
    said = {fact.tail for fact in open_facts if fact.relation == "alias"}
    assert said
    assert not said & {f"{alias.locale}:{alias.text}" for alias in held}
    assert not said & {f"{p.locale}:{p.text}" for c in hidden for p in c.phrases}
    assert not {fact.head for fact in open_facts} & {f"{c.kind}:{c.id}" for c in hidden}
    asked = {fact.tail for fact in open_facts if fact.relation == "asks-for"}
    assert not asked & {f"category:{name}" for name in whole.hidden_categories}


def test_a_name_falls_where_its_hash_says() -> None:
    """`printf 'concept\\nbasha' | sha256sum`: the first 12 digits over 16¹²."""
    assert falls("concept", "basha") == int("70adf4c0e6d9", 16) / 16**12
    assert falls("concept", "basha") != falls("alias", "basha")


def test_names_fall_evenly_into_the_splits() -> None:
    """0.15 told and 0.15 hidden of 4,000: the standard deviation is 23."""
    splits = Counter(split_of(f"concept {number}") for number in range(4_000))
    assert splits["told"] == pytest.approx(600, abs=92)
    assert splits["hidden"] == pytest.approx(600, abs=92)
    assert splits.total() == 4_000
