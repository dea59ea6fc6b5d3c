"""Both grammars say what is meant, in clean texts, and no template is idle."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from shopkeeper.knowledge import BRAND, Intent, Slot
from shopkeeper.records import InvalidRecord, InvalidRequest
from shopkeeper.world import Market, QueryDials
from shopkeeper.world.chance import stream
from shopkeeper.world.grammar import GRAMMARS, Forms, Template, load_grammar
from shopkeeper.world.intents import Wishes
from shopkeeper.world.speech import Asked, Speaker, _Utterance
from shopkeeper.world.vocabulary import CHINESE, ENGLISH

PLAIN = QueryDials(
    shopper_words=0,
    typo=0,
    chinese=0,
    mixed=0,
    capitals=0,
    hyphens=1,
    grouped=0,
    priced=0.2,
    branded=0.3,
)


def speaker(market: Market, grammar: str, dials: QueryDials = PLAIN) -> Speaker:
    return Speaker(market.graph, market.words, dials, load_grammar(grammar))


def intents(market: Market, count: int) -> list[Intent]:
    """Of all types alike."""
    rng = stream(21)
    dials = replace(PLAIN, nicknames=0.5)
    wishes = Wishes(market.shelves, market.graph, market.words, dials)
    drawn = (
        wishes.draw(type_, rng)
        for _ in range(count)
        for type_ in ("general", "negation", "alternative", "question", "knowledge")
    )
    return [intent for intent in drawn if intent is not None]


@pytest.mark.parametrize("locale", [ENGLISH, CHINESE])
@pytest.mark.parametrize("grammar", GRAMMARS)
def test_every_template_is_reached(market: Market, grammar: str, locale: str) -> None:
    """By some intent that has exactly what fills its holes."""
    spoken = speaker(market, grammar)
    templates = spoken.grammar[locale].templates
    left = {(type_, template.text) for type_, some in templates.items() for template in some}
    assert len(left) > 15
    for intent in intents(market, 150):
        utterance = _Utterance(spoken, intent, locale, stream(2))
        for template in templates[intent.type]:
            if (intent.type, template.text) in left and utterance.can_fill(template):
                left.discard((intent.type, template.text))
    assert not left


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_every_intent_can_be_said(market: Market, grammar: str) -> None:
    for locale in (ENGLISH, CHINESE):
        spoken = speaker(market, grammar, replace(PLAIN, chinese=float(locale == CHINESE)))
        said = Counter[tuple[str, bool]]()
        for intent in intents(market, 60):
            asked = spoken.say(intent, stream(3))
            said[intent.type, asked is not None] += 1
        for type_ in ("general", "alternative", "question", "knowledge"):
            assert said[type_, True] > 20
            assert said[type_, False] <= 0.1 * said[type_, True], (locale, type_)


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_texts_are_clean(market: Market, grammar: str) -> None:
    """No hole is left, no blank doubled, and nothing leans on what is not there."""
    texts = [asked.text for asked in market.asking(grammar).draw(9, 0, 1_500)]
    assert len(set(texts)) > 700
    for text in texts:
        assert text == text.strip()
        assert not re.search(r"[{}\x1f]|\s\s|\s[,.?!，？]|\bNone\b|[,，]\s*[,，]", text), text
        assert re.search(r"[a-z一-鿿]", text.lower()), text


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_a_text_says_all_wishes_and_its_noun(market: Market, grammar: str) -> None:
    """In English and in common names, each value's word stands in the text."""
    spoken, said = speaker(market, grammar), 0
    for intent in intents(market, 60):
        asked = spoken.say(intent, stream(4))
        if asked is None or intent.concept:
            continue
        nouns = [market.words.things(name, ENGLISH)[0].text for name in intent.categories]
        assert any(noun.lower() in asked.text for noun in nouns), asked.text
        for slot in intent.slots:
            assert is_said(market, asked, slot), (asked.text, slot)
            said += 1
        if intent.anchor:
            assert intent.anchor.lower() in asked.text
    assert said > 100


def is_said(market: Market, asked: Asked, slot: Slot) -> bool:
    if slot.attribute == BRAND:
        return str(slot.values[0]).lower() in asked.text
    if slot.high is not None:
        is_named = asked.intent.type != "alternative"  # whose limit goes without saying
        return f"{slot.high:g}" in asked.text or not is_named
    if slot.values == (True,):
        return True
    (word, *_) = market.words.values(slot.attribute, slot.values[0], ENGLISH)
    return word.text.lower() in asked.text


def test_a_word_of_several_things_asks_for_all_of_them(market: Market) -> None:
    """ "cookware" names the whole group: its gold is every category in it."""
    grouped = speaker(market, "keyword", replace(PLAIN, grouped=1))
    (group,) = {market.graph.taxonomy.nodes["Tents"].group}
    asked = grouped.say(Intent(("Tents",)), stream(1))
    assert asked is not None
    assert asked.intent.categories == tuple(sorted(market.graph.taxonomy.in_group(group)))
    assert len(asked.intent.categories) > 2
    alone = speaker(market, "keyword").say(Intent(("Tents",)), stream(1))
    assert alone is not None
    assert alone.intent.categories == ("Tents",)


def test_a_brand_is_said_in_front_or_in_its_hole(market: Market) -> None:
    """Templates by hand."""
    brand = market.shelves.brands[0]
    intent = Intent(("Tents",), (Slot(BRAND, (brand,)), Slot("waterproof", (True,))))
    spoken = speaker(market, "keyword")

    def fill(text: str) -> str | None:
        template = Template(1.0, text, frozenset(re.findall(r"{(\w+)}", text)))
        utterance = _Utterance(spoken, intent, ENGLISH, stream(5))
        return utterance.fill(template) if utterance.can_fill(template) else None

    noun = market.words.things("Tents", ENGLISH)[0].text
    assert fill("{before} {thing} {after}") == f"{brand} Waterproof {noun}"
    assert fill("{before} {thing} by {brand}") == f"Waterproof {noun} by {brand}"
    assert fill("{thing}, {price}") is None  # names a limit that nobody has
    assert fill("{thing} {after}") is None  # loses the wish
    assert fill("{before} {thing} {not}") is None


def test_chinese_mixes_words_and_keeps_them_apart(market: Market) -> None:
    mixed = speaker(market, "keyword", replace(PLAIN, chinese=1, mixed=0.7))
    words = {alias.text.lower() for alias in market.graph.aliases if alias.locale == ENGLISH}
    seen = 0
    for intent in intents(market, 40):
        asked = mixed.say(intent, stream(6))
        if asked is None:
            continue
        for run in re.findall(r"[a-z][a-z' &-]*[a-z]", asked.text):
            seen += run in words
    assert seen > 30


def test_capitals_typos_and_shopper_words_come_at_their_rates(market: Market) -> None:
    dials = replace(PLAIN, capitals=0.4, typo=0.3)
    asked = list(replace(market.asking(), dials=dials).draw(2, 0, 800))
    assert np.mean([a.text != a.text.lower() for a in asked]) == pytest.approx(0.4, abs=0.06)
    assert np.mean([a.is_misspelt for a in asked]) == pytest.approx(0.3, abs=0.06)
    spoken = speaker(market, "keyword", replace(PLAIN, shopper_words=0.5))
    said = [spoken.say(Intent(("Tents",)), stream(7, at)) for at in range(400)]
    counts = Counter(asked.text for asked in said if asked is not None)
    words = market.words.things("Tents", ENGLISH)
    common, *others = (word.text for word in words if not word.is_held_out)
    assert {common, *others} == set(counts)
    assert counts[common] / 400 == pytest.approx(0.5, abs=0.08)


def test_a_hyphen_may_go_but_not_a_minus(market: Market) -> None:
    """ "-leather" rules leather out; "quick-drying" may be typed "quick drying"."""
    kinds = {hyphens: Counter[str]() for hyphens in (0.0, 1.0)}
    for hyphens, seen in kinds.items():
        spoken = speaker(market, "keyword", replace(PLAIN, hyphens=hyphens))
        for at, intent in enumerate(intents(market, 150)):
            asked = spoken.say(intent, stream(8, at))
            if asked is not None:
                seen["hyphen"] += bool(re.search(r"\w-\w", asked.text))
                seen["minus"] += bool(re.search(r" -\w", asked.text))
    assert not kinds[0.0]["hyphen"]
    assert kinds[1.0]["hyphen"] > 10
    assert kinds[0.0]["minus"] == kinds[1.0]["minus"] > 3


def test_an_unknown_grammar_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="one of keyword, spoken"):
        load_grammar("sung")


def test_the_two_grammars_are_two() -> None:
    """Hardly a template stands in both, but for the plainest."""
    shared, total = 0, 0
    for locale in (ENGLISH, CHINESE):
        keyword, spoken = (texts(load_grammar(name)[locale]) for name in GRAMMARS)
        shared, total = shared + len(keyword & spoken), total + len(keyword)
    assert 0 < shared < 0.35 * total


def texts(forms: Forms) -> set[str]:
    return {template.text for some in forms.templates.values() for template in some}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{before} {thing} {after}", "{befor} {thing} {after}", "en.templates.general"),
        ("question =", "questions =", "en.templates.question: missing"),
        ("[60, ", '["60", ', "expected [weight, template]"),
        ('gap = " "', 'gap = " "\nglue = ""', "en.glue: unknown key"),
    ],
)
def test_a_mistake_in_a_grammar_is_named(tmp_path, monkeypatch, old, new, said) -> None:
    from shopkeeper.world import grammar

    text = (grammar.HERE / "words" / "grammar-keyword.toml").read_text("utf-8")
    assert old in text
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "grammar-keyword.toml").write_text(text.replace(old, new, 1), "utf-8")
    monkeypatch.setattr(grammar, "HERE", tmp_path)
    with pytest.raises(InvalidRecord) as caught:
        grammar.load_grammar.__wrapped__("keyword")
    assert said in str(caught.value)
    assert str(caught.value).startswith("words/grammar-keyword.toml: ")
