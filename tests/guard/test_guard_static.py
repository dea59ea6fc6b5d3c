"""Deny rules: what they deny, what they must let pass, what they hide."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.records import (
    Deadline,
    Hit,
    InvalidRecord,
    NoneOf,
    NotFound,
    Product,
    Query,
    Verdict,
)
from shopkeeper.records.ports import GuardRequest
from shopkeeper.stages.guard import (
    DenyRule,
    GuardRules,
    HideRule,
    StaticGuard,
    default_rules,
    load_rules,
    read_rules,
)
from shopkeeper.stages.guard.deny_rule import phrases
from shopkeeper.text import analyser

IN_TIME = Deadline.after(86_400_000)
DEFAULT = StaticGuard(default_rules(), analyser("en"))


def blocked_by(text: str, guard: StaticGuard = DEFAULT) -> str | None:
    verdict = guard.guard(GuardRequest(Query(text)), IN_TIME)
    assert verdict.allowed == (verdict.blocked_by is None)
    return verdict.blocked_by


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("child pornography", "child-sexual-abuse"),
        ("CHILDREN'S PORN videos", "child-sexual-abuse"),
        ("儿童色情 视频", "child-sexual-abuse"),
        ("buy fentanyl", "hard-drugs"),
        ("where to Buy Heroin online", "hard-drugs"),
        ("cocaine for sale", "hard-drugs"),
        ("购买冰毒", "hard-drugs"),
        ("買海洛因", "hard-drugs"),
        ("date-rape drugs", "drugs-for-assault"),
        ("听话水", "drugs-for-assault"),
        ("glock switches for sale", "illegal-weapons"),
        ("购买枪支", "illegal-weapons"),
        ("how to make a bomb", "explosives"),
        ("自制炸弹", "explosives"),
        ("hire a hitman", "murder-for-hire"),
        ("买凶杀人", "murder-for-hire"),
        ("human kidneys for sale", "people-and-organs"),
        ("贩卖器官", "people-and-organs"),
        ("buy cloned credit cards", "forgery-and-fraud"),
        ("代办假身份证", "forgery-and-fraud"),
        ("suicide kit", "self-harm"),
        ("自杀药", "self-harm"),
    ],
)
def test_the_default_list_denies(text: str, rule: str) -> None:
    assert blocked_by(text) == rule


HARMLESS = """
Scunthorpe · shot glass · knife set · cocktail shaker · bath bomb making kit · make a bath bomb
kidney beans · buy kidney beans · children sex education book · buy baby clothes · suicide squad
hitman game · assassin's creed · ivory dress · heroine book · toy gun · nail gun
fentanyl test strips · fake money toy · counterfeit money detector · breast pump · nude tights kids
pesticide · rape seed oil · grapes · fake plants for sale · C4 pre workout · order bomb pops · sexy
date night dress · slave leia costume · passport holder · credit card holder · organ keyboard
象牙白衬衫 · 儿童玩具枪 · 买水枪 · 杀虫剂 · 儿童自行车 · 性感内衣 · 验钞机 假币检测 · 肾 宝
冰箱 · 药盒 · 买药 · 儿童读物 · 爆炸贴 · 手枪玩具 · 听诊器 · 萝莉裙
"""


@pytest.mark.parametrize("text", [t for line in HARMLESS.splitlines() for t in line.split(" · ")])
def test_the_default_list_lets_pass(text: str) -> None:
    assert blocked_by(text) is None


def guard_of(*rules: DenyRule | HideRule) -> StaticGuard:
    deny = tuple(rule for rule in rules if isinstance(rule, DenyRule))
    hide = tuple(rule for rule in rules if isinstance(rule, HideRule))
    return StaticGuard(GuardRules(deny, hide), analyser("en"))


def test_a_pattern_is_all_its_phrases() -> None:
    guard = guard_of(DenyRule("r", ("buy|order red_tents|mugs now",)))
    denied = ["buy red tent now", "order red tents now", "buy mug now", "please order mugs now ok"]
    assert [blocked_by(text, guard) for text in denied] == ["r"] * 4
    passing = ["buy red now", "buy red tent", "buy a mug now", "mug now", "buy mugsnow"]
    assert [blocked_by(text, guard) for text in passing] == [None] * 5


def test_unless_releases_its_own_rule_only() -> None:
    guard = guard_of(
        DenyRule("one", ("red tent",), unless=("toy",)), DenyRule("two", ("tent pegs",))
    )
    assert blocked_by("red tent", guard) == "one"
    assert blocked_by("toy red tent", guard) is None
    assert blocked_by("toy red tent pegs", guard) == "two"
    assert blocked_by("red tent pegs", guard) == "one"


GOODS = [
    Product.from_dict({"id": "p1", "title": "Knife", "category": "Kitchen > Knives", "brand": "A"}),
    Product.from_dict({"id": "p2", "title": "Spoon", "category": "Kitchen", "brand": "ÉLAN"}),
    Product.from_dict({"id": "p3", "title": "Dagger", "category": "Kitchen > Knives > Daggers"}),
    Product.from_dict({"id": "p4", "title": "Mug", "category": "Kitchenware"}),
]
HITS = tuple(Hit(good, good.id, rank, ()) for rank, good in enumerate(GOODS, start=1))


def hidden(*rules: HideRule) -> frozenset[str]:
    return guard_of(*rules).guard(GuardRequest(Query("x"), HITS), IN_TIME).hidden


def test_products_are_hidden_by_id_category_and_brand() -> None:
    assert hidden(HideRule("r", products=frozenset({"p4", "p9"}))) == {"p4"}
    assert hidden(HideRule("r", categories=frozenset({"Kitchen > Knives"}))) == {"p1", "p3"}
    assert hidden(HideRule("r", categories=frozenset({"Kitchen"}))) == {"p1", "p2", "p3"}
    assert hidden(HideRule("r", brands=frozenset({"Elan"}))) == {"p2"}
    rules = (
        HideRule("a", brands=frozenset({"a"})),
        HideRule("b", products=frozenset({"p2"})),
    )
    assert hidden(*rules) == {"p1", "p2"}


def test_on_the_way_in_ids_are_hidden_and_the_rest_is_filtered() -> None:
    guard = guard_of(
        HideRule("a", frozenset({"p4", "p9"}), frozenset({"Knives"}), frozenset({"B", "A"})),
    )
    verdict = guard.guard(GuardRequest(Query("mug")), IN_TIME)
    assert verdict == Verdict(allowed=True, hidden=frozenset({"p4", "p9"}))
    assert guard.filters == (NoneOf("category", ("Knives",)), NoneOf("brand", ("A", "B")))
    assert guard_of().filters == ()


def test_a_denied_page_names_the_rule() -> None:
    guard = guard_of(DenyRule("no", ("mug",)), HideRule("h", products=frozenset({"p4"})))
    verdict = guard.guard(GuardRequest(Query("mugs"), HITS), IN_TIME)
    assert verdict == Verdict(allowed=False, blocked_by="no", hidden=frozenset({"p4"}))


FILE = """
[[deny]]
id = "no-tents"
patterns = ["red|blue tent"]
unless = ["toy"]

[[hide]]
id = "recalled"
products = ["p1"]
brands = ["Zed"]
"""


def test_a_file_is_read_and_added_to_the_default_list(tmp_path: Path) -> None:
    path = tmp_path / "guard.toml"
    path.write_text(FILE)
    rules = load_rules(path)
    assert rules == GuardRules(
        (DenyRule("no-tents", ("red|blue tent",), ("toy",)),),
        (HideRule("recalled", frozenset({"p1"}), brands=frozenset({"Zed"})),),
    )
    both = StaticGuard(default_rules() + rules, analyser("en"))
    assert blocked_by("blue tents", both) == "no-tents"
    assert blocked_by("buy fentanyl", both) == "hard-drugs"
    with pytest.raises(InvalidRecord, match="hard-drugs: an id stands twice"):
        default_rules() + GuardRules((DenyRule("hard-drugs", ("x",)),))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[deny]", "f.toml: no TOML"),
        ("[[denny]]\nid='a'", "f.toml:denny: unknown table"),
        ("deny = 1", "f.toml:deny: no list of tables"),
        ("[[deny]]\npatterns=['x']", "f.toml:deny 1:id: no id"),
        ("[[deny]]\nid='a'\npattern=['x']", "f.toml:a:pattern: unknown key"),
        ("[[deny]]\nid='a'", "f.toml:a:patterns: no pattern"),
        ("[[deny]]\nid='a'\npatterns='x'", "f.toml:a:patterns: 'x'; expected a list"),
        ("[[deny]]\nid='a'\npatterns=['x||y']", "f.toml:a:patterns: pattern 'x||y'"),
        ("[[deny]]\nid='a'\npatterns=['x']\nunless=[' ']", "f.toml:a:unless: pattern ' '"),
        ("[[hide]]\nid='a'", "f.toml:a: nothing to hide"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(InvalidRecord) as raised:
        read_rules(text, "f.toml")
    assert str(raised.value).startswith(fault)


def test_a_pattern_of_too_many_phrases_is_refused_before_it_is_written_out() -> None:
    with pytest.raises(InvalidRecord, match="at most 1,000 phrases"):
        DenyRule("r", (" ".join(["a|b"] * 60),))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no guard rules"):
        load_rules(tmp_path / "none.toml")


def test_every_default_phrase_is_denied_or_released_by_its_own_words() -> None:
    for rule in default_rules().deny:
        for pattern in rule.patterns:
            for phrase in phrases(pattern):
                assert blocked_by(f"cheap {phrase} today"), phrase


@given(st.text(max_size=60))
def test_any_text_gets_a_verdict(text: str) -> None:
    blocked_by(text)
