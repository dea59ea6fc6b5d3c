"""How is a rule written down? As a JSON object that a merchant can read and edit.

{"id": "tents-first", "contains": "tent", "pin": ["p1", "p2"], "priority": 10}
{"id": "june", "boost": "brand:Acme", "weight": 0.5, "starts": "2026-06-01[Europe/Berlin]"}
{"id": "returns", "is": ["returns", "send back"], "redirect": "/returns"}
{"id": "sofa", "synonyms": ["sofa", "couch"]}
{"id": "footwear", "synonyms": ["shoes", "boots"], "of": "footwear"}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from shopkeeper.records import Clause, InvalidRecord, InvalidRequest, parse_clause
from shopkeeper.stages.merchandise.moment import read_moment, write_moment
from shopkeeper.stages.merchandise.rule import (
    Action,
    Filter,
    Pin,
    Redirect,
    Rule,
    Synonym,
    Weigh,
    When,
)

T = TypeVar("T")

_ACTIONS = ("pin", "boost", "bury", "filter", "redirect", "synonyms")
_BESIDE = {"weight": ("boost", "bury"), "of": ("synonyms",)}
"""Keys that belong to some actions only."""
_KEYS = frozenset(
    ("id", "is", "contains", "locale", "market", "starts", "ends", "priority", *_ACTIONS, *_BESIDE)
)


def rule_from_json(data: Mapping[str, Any]) -> Rule:
    """Read one rule; an unknown key is an error, so that a misspelt one is not lost.

    Raises InvalidRecord with `where` as "rule id:key".
    """
    rule_id = data.get("id")
    try:
        return _read(data)
    except InvalidRecord as error:
        own = error.where.removeprefix(f"{rule_id}:") if error.where else "id"
        raise InvalidRecord(
            error.what,
            where=f"{rule_id if isinstance(rule_id, str) else '?'}:{own}",
            expected=error.expected,
            hint=error.hint,
        ) from None


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """The object that `rule_from_json` reads as this rule."""
    when = rule.when
    queries = list(when.queries)
    optional = {
        when.match: queries[0] if len(queries) == 1 else queries or None,
        "locale": when.locale,
        "market": when.market,
        "starts": write_moment(when.starts) if when.starts else None,
        "ends": write_moment(when.ends) if when.ends else None,
        "priority": rule.priority or None,
    }
    said = {key: value for key, value in optional.items() if value is not None}
    return {"id": rule.id, **said, **_action_to_json(rule.action)}


def _read(data: Mapping[str, Any]) -> Rule:
    if unknown := sorted(set(data) - _KEYS):
        raise InvalidRecord("unknown key", where=unknown[0], expected=", ".join(sorted(_KEYS)))
    if "is" in data and "contains" in data:
        raise InvalidRecord('both "is" and "contains"', where="is", expected="one of them")
    priority = data.get("priority", 0)
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise InvalidRecord(f"{priority!r:.40}", where="priority", expected="a whole number")
    starts, ends = _optional(data, "starts", _text), _optional(data, "ends", _text)
    when = When(
        queries=_optional(data, "is" if "is" in data else "contains", _texts) or (),
        match="is" if "is" in data else "contains",
        locale=_optional(data, "locale", _text),
        market=_optional(data, "market", _text),
        starts=_at("starts", read_moment, starts) if starts else None,
        ends=_at("ends", read_moment, ends) if ends else None,
    )
    return Rule(_text(data, "id"), _action(data), when, priority)


def _action(data: Mapping[str, Any]) -> Action:
    named = [key for key in _ACTIONS if key in data]
    if len(named) != 1:
        raise InvalidRecord(
            f"{' and '.join(named) or 'nothing'} to do",
            where=named[1] if named else "action",
            expected=f"exactly one of {', '.join(_ACTIONS)}",
        )
    (action,) = named
    for key, owners in _BESIDE.items():
        if key in data and action not in owners:
            raise InvalidRecord(f"says nothing to {action}", where=key, expected="no such key")
    match action:
        case "pin":
            return Pin(_texts(data, "pin"))
        case "redirect":
            return Redirect(_text(data, "redirect"))
        case "synonyms":
            return Synonym(_texts(data, "synonyms"), _optional(data, "of", _text))
        case "filter":
            return Filter(_clause(data, "filter"))
    weight = data.get("weight")
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or weight <= 0:
        raise InvalidRecord(f"{weight!r:.40}", where="weight", expected="a number above 0")
    return Weigh(_clause(data, action), float(weight if action == "boost" else -weight))


def _action_to_json(action: Action) -> dict[str, Any]:
    match action:
        case Pin(product_ids):
            return {"pin": list(product_ids)}
        case Redirect(url):
            return {"redirect": url}
        case Filter(clause):
            return {"filter": str(clause)}
        case Weigh(clause, weight):
            return {"boost" if weight > 0 else "bury": str(clause), "weight": abs(weight)}
        case Synonym(texts, of):
            return {"synonyms": list(texts), **({"of": of} if of else {})}


def _clause(data: Mapping[str, Any], key: str) -> Clause:
    try:
        return parse_clause(_text(data, key))
    except InvalidRequest as error:
        raise InvalidRecord(error.what, where=key, expected=error.expected) from None


def _at(key: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except InvalidRecord as error:
        raise InvalidRecord(error.what, where=key, expected=error.expected) from None


def _optional(
    data: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any], str], T]
) -> T | None:
    return read(data, key) if key in data else None


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidRecord(f"{value!r:.60}", where=key, expected="a text")
    return value


def _texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = data.get(key)
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise InvalidRecord(f"{value!r:.60}", where=key, expected="a text, or a list of texts")
    return tuple(texts)
