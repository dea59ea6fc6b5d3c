"""Rules as data: what is written is what is read, and what is wrong is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.records import AnyOf, InvalidRecord, NoneOf, Range
from shopkeeper.stages.merchandise import (
    Filter,
    Pin,
    Redirect,
    Rule,
    Synonym,
    Weigh,
    When,
    precedence,
    rule_from_json,
    rule_to_json,
)
from shopkeeper.stages.merchandise.moment import read_moment

EXAMPLES = [
    {"id": "tents-first", "contains": "tent", "priority": 10, "pin": ["p1", "p2"]},
    {
        "id": "june",
        "starts": "2026-06-01T00:00:00+02:00[Europe/Berlin]",
        "ends": "2026-07-01T00:00:00+00:00",
        "boost": "brand:Acme|Zed",
        "weight": 0.5,
    },
    {"id": "dear", "is": ["cheap tent", "budget tent"], "bury": "price:200..", "weight": 1.5},
    {"id": "us-only", "locale": "en", "market": "US", "filter": "-brand:Nord"},
    {"id": "returns", "is": "returns", "redirect": "/returns?from=search"},
    {"id": "sofa", "synonyms": ["sofa", "couch"]},
    {"id": "footwear", "locale": "en", "synonyms": ["shoes", "boots"], "of": "footwear"},
]


@pytest.mark.parametrize("data", EXAMPLES, ids=[str(data["id"]) for data in EXAMPLES])
def test_what_is_read_is_written_as_it_was(data: dict[str, object]) -> None:
    assert rule_to_json(rule_from_json(data)) == data


def test_what_the_words_mean() -> None:
    assert rule_from_json(EXAMPLES[0]) == Rule(
        "tents-first", Pin(("p1", "p2")), When(("tent",), "contains"), priority=10
    )
    assert rule_from_json(EXAMPLES[1]).action == Weigh(AnyOf("brand", ("Acme", "Zed")), 0.5)
    assert rule_from_json(EXAMPLES[2]).action == Weigh(Range("price", 200.0), -1.5)
    assert rule_from_json(EXAMPLES[3]).action == Filter(NoneOf("brand", ("Nord",)))
    assert rule_from_json(EXAMPLES[6]).action == Synonym(("shoes", "boots"), "footwear")


TENT = {"id": "t", "is": "tent"}
PIN = {**TENT, "pin": "p1"}
FAULTS = [
    ({"pin": "p1"}, "?:id", "a text"),
    ({"id": "a b", "pin": "p1"}, "a b:id", "no blanks"),
    ({**PIN, "contains": "x"}, "t:is", "one of them"),
    ({**PIN, "untill": "2026-06-01Z"}, "t:untill", "unknown key"),
    (TENT, "t:action", "nothing to do"),
    ({**PIN, "redirect": "/x"}, "t:redirect", "pin and redirect to do"),
    ({**PIN, "weight": 1}, "t:weight", "says nothing to pin"),
    ({**PIN, "priority": 1.5}, "t:priority", "a whole number"),
    ({**PIN, "starts": "2026-06-01"}, "t:starts", "names no zone"),
    ({**PIN, "starts": "2026-06-01T00Z", "ends": "2026-05-01T00Z"}, "t:ends", "a later moment"),
    ({**PIN, "is": 7}, "t:is", "a text"),
    ({**PIN, "is": ["tent", " "]}, "t:is", "an empty text"),
    ({**TENT, "pin": []}, "t:pin", "a list of texts"),
    ({**TENT, "pin": ["p1", "p1"]}, "t:pin", "each id once"),
    ({**TENT, "boost": "brand:Acme"}, "t:weight", "above 0"),
    ({**TENT, "bury": "brand:Acme", "weight": -1}, "t:weight", "above 0"),
    ({**TENT, "boost": "brand:Acme", "weight": 1e9}, "t:weight", "at most 1000"),
    ({**TENT, "filter": "brand"}, "t:filter", "field:value"),
    ({**TENT, "redirect": "javascript:alert(1)"}, "t:redirect", "/path"),
    ({**TENT, "redirect": "//evil.example"}, "t:redirect", "/path"),
    ({"id": "s", "synonyms": ["sofa"]}, "s:synonyms", "2 or more"),
    ({"id": "s", "synonyms": ["sofa", "couch"], "is": "x"}, "s:synonyms", "at most"),
]


@pytest.mark.parametrize(("data", "where", "fault"), FAULTS)
def test_a_fault_is_named_with_its_place(data: dict[str, object], where: str, fault: str) -> None:
    with pytest.raises(InvalidRecord) as raised:
        rule_from_json(data)
    assert raised.value.where == where
    assert fault in str(raised.value)


def test_a_clause_that_its_text_does_not_say_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="cannot be written down"):
        Filter(AnyOf("brand", ("3..5",)))


def test_precedence_is_priority_then_the_special_then_the_id() -> None:
    pin = Pin(("p1",))
    rules = [
        Rule("e", pin),
        Rule("d", pin, When(("tent",))),
        Rule("c", pin, When(("tent",), "is")),
        Rule("b", pin, When(("tent",), "is")),
        Rule("a", pin, priority=-1),
        Rule("z", pin, priority=1),
    ]
    assert [rule.id for rule in sorted(rules, key=precedence)] == ["z", "b", "c", "d", "e", "a"]


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1).filter(
    lambda text: text.strip()
)
windows = st.sampled_from(
    [(None, None), ("2026-06-01T00:00Z", None), ("2026-10-25[Europe/Berlin]", "2027-01-01T00Z")]
)


@given(
    queries=st.lists(texts, max_size=3),
    match=st.sampled_from(["is", "contains"]),
    window=windows,
    priority=st.integers(-5, 5),
    action=st.one_of(
        st.lists(texts, min_size=1, max_size=3, unique=True).map(lambda ids: Pin(tuple(ids))),
        st.floats(0.01, 100).map(lambda weight: Weigh(AnyOf("brand", ("Acme",)), weight)),
        st.floats(-100, -0.01).map(lambda weight: Weigh(NoneOf("brand", ("Acme",)), weight)),
        st.just(Filter(Range("price", 10.0, None))),
        st.just(Redirect("https://example.org/x")),
    ),
)
def test_every_rule_survives_being_written_down(queries, match, window, priority, action) -> None:
    starts, ends = (read_moment(text) if text else None for text in window)
    match = match if queries else "contains"
    when = When(tuple(queries), match, "en", None, starts, ends)
    rule = Rule("r", action, when, priority)
    assert rule_from_json(rule_to_json(rule)) == rule
