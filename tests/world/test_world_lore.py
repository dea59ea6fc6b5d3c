"""What is known about the goods: read, held out fairly, and never wished in vain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from shopkeeper.knowledge import (
    HELD_ALIASES,
    HELD_CATEGORIES,
    HELD_PHRASES,
    CategoryRelation,
    Concept,
    Slot,
    falls,
)
from shopkeeper.records import InvalidRecord
from shopkeeper.world import Goods, Item, load_goods
from shopkeeper.world.chance import stream
from shopkeeper.world.item import make_item

GOODS = load_goods()
GRAPH = GOODS.knowledge
CAMPING = "goods/camping.toml"
ATTEMPTS = 400
"""Products of a category that are made before a want counts as dead."""


def test_the_small_lore_is_read(folder: Path) -> None:
    graph = load_goods(folder).knowledge
    assert graph.taxonomy.relation(("Tents",), "Tent Pegs") is CategoryRelation.NEAR
    assert graph.taxonomy.relation(("Camping Sets",), "Tents") is CategoryRelation.NEAR
    assert graph.taxonomy.relation(("Camping Sets",), "Tent Pegs") is CategoryRelation.FAR
    night, trip, brand, palace = graph.concepts
    assert (night.kind, trip.kind, brand.kind) == ("need", "occasion", "nickname")
    assert night.slots == (Slot("capacity (persons)", high=3.0), Slot("tent type", ("Tunnel",)))
    assert trip.categories == ("Camping Sets", "Tents")
    assert trip.slots == (Slot("colour", ("beige",)),)
    assert (brand.categories, brand.slots) == ((), (Slot("brand", ("Northfell",)),))
    assert palace.slots == (Slot("waterproof", (True,)),)
    said = {(a.kind, a.target, a.text) for a in graph.aliases}
    assert ("value", "Cotton", "natural cloth") in said
    assert ("value", "white", "白色") in said
    assert ("group", "Shelters", "shelter") in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('zh = "遮蔽"', 'zh = "遮蔽"\nzg = "x"', "groups.Shelters.zg: unknown key"),
        ('of = ["Tent Pegs"]', 'of = ["Tents"]', "groups.Spares.of: 'Tents' is in two groups"),
        ('of = ["Tent Pegs"]', 'of = ["Oars"]', "groups: 'Oars'; expected a [[category]]"),
        ('of = ["Tent Pegs"]', "of = []", "category Tent Pegs.name: in no group"),
        ("[also.material]", "[also.stuff]", "also.stuff: attribute 'stuff'; expected one that"),
        ("Cotton = { en", "Wool = { en", "also.material.Wool: no value"),
        ('en = ["natural cloth"]', 'em = ["x"]', "also.material.Cotton.em: unknown key"),
        ('kind = "occasion"', 'kind = "event"', "need 2.kind: 'event'; expected need or occasion"),
        ('say = ["a stormy night outdoors", "gales on a ridge"]\n', "", "need 1.say: missing"),
        ('["a stormy night outdoors", "gales on a ridge"]', "[]", "need 1.say: nothing"),
        ('of = ["Tents"]\nwants', 'of = ["Boats"]\nwants', "need 1.of: 'Boats'"),
        ("wants = { colour", "wants = { cut", "need 2.wants.cut: Tents has no such attribute"),
        ('colour = ["beige"]', 'colour = ["Sand"]', "need 2.wants.colour: 'Sand'; expected one of"),
        ('["Tunnel"] }', '["Cave"] }', "wants.tent type: 'Cave'; expected one of Dome, Tunnel"),
        ('["Tunnel"] }', "[] }", "wants.tent type: []; expected a list of values"),
        ("{ max = 3 }", "{}", "wants.capacity (persons): {}; expected a list"),
        ("{ max = 3 }", "{ most = 3 }", "wants.capacity (persons).most: unknown key"),
        ("{ max = 3 }", "3", "wants.capacity (persons): 3; expected a list of values"),
        ("waterproof = true", 'waterproof = "yes"', "nickname 2.wants.waterproof: 'yes'"),
        (', "低矮的隧道帐不兜风"]', "]", "need 1.why: ('Low tunnels"),
        ('brand = "Northfell"', 'brand = "Southfell"', "nickname 1.brand: 'Southfell'"),
        ('brand = "Northfell"', 'brand = "Northfell"\nof = ["Tents"]', "either `of` or `brand`"),
        ('brand = "Northfell"\n', "", "nickname 1.of: what it stands for"),
        ('brand = "Northfell"', 'brand = "Northfell"\nwhy = "x"', "nickname 1.why: unknown key"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(folder: Path, old: str, new: str, said: str) -> None:
    path = folder / CAMPING
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidRecord) as caught:
        load_goods(folder)
    assert str(caught.value).startswith(f"{CAMPING}: ")
    assert said in str(caught.value)


def test_a_need_wants_something(folder: Path) -> None:
    path = folder / CAMPING
    text = re.sub(r"(?m)^wants = .*\n", "", path.read_text("utf-8"))
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRecord, match=r"need 1\.wants: nothing"):
        load_goods(folder)


def test_common_names_are_never_held_out_and_others_at_the_dialled_share() -> None:
    """The first word of a thing in a language is its common name, and so is any title's noun."""
    first, others = {}, []
    for alias in GRAPH.aliases:
        key = alias.kind, alias.target, alias.attribute, alias.locale
        if first.setdefault(key, alias) is not alias:
            others.append(alias)
    assert not any(alias.is_held_out for alias in first.values())
    share = sum(alias.is_held_out for alias in others) / len(others)
    assert 0.6 * HELD_ALIASES < share < 1.1 * HELD_ALIASES
    phrases = [phrase for concept in GRAPH.concepts for phrase in concept.phrases[1:]]
    held = sum(phrase.is_held_out for phrase in phrases) / len(phrases)
    assert 0.6 * HELD_PHRASES < held < 1.1 * HELD_PHRASES


def test_a_word_is_either_open_or_held_out_whatever_it_stands_for() -> None:
    held = {alias.text for alias in GRAPH.aliases if alias.is_held_out}
    assert len(held) > 500
    assert not held & {alias.text for alias in GRAPH.aliases if not alias.is_held_out}
    assert not held & {phrase.text for concept in GRAPH.concepts for phrase in concept.phrases}
    assert not held & {category.one.lower() for category in GOODS.categories}


def test_training_is_told_nothing_that_is_held_out() -> None:
    facts, open_facts = set(GRAPH.facts()), set(GRAPH.for_training().facts())
    hidden = [concept for concept in GRAPH.concepts if concept.split == "hidden"]
    assert len(hidden) > 50
    assert open_facts < facts
    said = {fact.tail for fact in open_facts if fact.relation == "alias"}
    assert len(said) > 5_000
    assert not said & {f"{a.locale}:{a.text}" for a in GRAPH.aliases if a.is_held_out}
    assert not said & {f"{p.locale}:{p.text}" for c in hidden for p in c.phrases}
    assert not {fact.head for fact in open_facts} & {f"{c.kind}:{c.id}" for c in hidden}
    asked = {fact.tail for fact in open_facts if fact.relation == "asks-for"}
    assert not asked & {f"category:{name}" for name in GRAPH.hidden_categories}


def test_several_hundred_concepts_of_every_kind_in_every_split() -> None:
    assert len({concept.id for concept in GRAPH.concepts}) == len(GRAPH.concepts) >= 300
    kinds = {(concept.kind, concept.split) for concept in GRAPH.concepts}
    assert len(kinds) == 3 * 3
    names = {category.name for category in GOODS.categories}
    assert {n for n in names if falls("category", n) < HELD_CATEGORIES} == GRAPH.hidden_categories
    assert GRAPH.hidden_categories


def test_no_want_is_dead() -> None:
    """Every category of every concept has products that meet all of its wants."""
    asked: dict[str, list[Concept]] = {}
    for concept in GRAPH.concepts:
        for name in concept.categories:
            asked.setdefault(name, []).append(concept)
    assert len(asked) > 250
    dead = {name: missing for name in asked if (missing := unmet(name, asked[name]))}
    assert not dead


def unmet(category: str, concepts: Iterable[Concept]) -> list[str]:
    """Ids of those that none of the category's first products meet."""
    left = {concept.id: concept for concept in concepts}
    for item in items(category):
        for concept in list(left.values()):
            if all(is_met(slot, item) for slot in concept.slots):
                del left[concept.id]
        if not left:
            break
    return list(left)


def items(category: str) -> Iterator[Item]:
    made_of = GOODS.category(category)
    for at in range(ATTEMPTS):
        yield make_item(f"p{at}", made_of, stream(5, at), sold_out=0.0, fits=None)


def is_met(slot: Slot, item: Item) -> bool:
    values = item.values(slot.attribute)
    if slot.attribute == "colour":
        values = tuple(GOODS.colours[str(value)].family for value in values)
    return any(slot.accepts(value) for value in values)


def test_a_dead_want_is_found() -> None:
    """The check itself: tents for a hundred persons are not made."""
    want = Concept("a coach party", "need", (), ("Tents",), (Slot("capacity (persons)", low=1e2),))
    assert unmet("Tents", [want]) == ["a coach party"]


def test_goods_of_another_folder_have_their_own_truth(folder: Path) -> None:
    goods: Goods = load_goods(folder)
    assert goods.knowledge.taxonomy.nodes.keys() == {"Tents", "Tent Pegs", "Camping Sets"}
    assert goods != GOODS
