"""Which rules get into each other's way?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from shopkeeper.records import AnyOf, Clause, NoneOf
from shopkeeper.stages.merchandise.rule import Filter, Pin, Redirect, Rule, Weigh, When, precedence
from shopkeeper.text import Analyser

Terms = tuple[str, ...]

Passes = Callable[[str, Clause], bool | None]
"""(product id, clause) → whether the product satisfies it; None when nobody can say."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rules that can hold on the same query and cannot both have their way."""

    rules: tuple[str, str]
    """Ids, by precedence."""
    what: str


def passes_by_id(product_id: str, clause: Clause) -> bool | None:
    """What can be said without the catalogue: clauses on the id."""
    match clause:
        case AnyOf("id", values):
            return product_id in values
        case NoneOf("id", values):
            return product_id not in values
    return None


def conflicts(
    rules: Iterable[Rule], analyser: Analyser, passes: Passes = passes_by_id
) -> list[Conflict]:
    """The conflicts that the merchant should settle.

    Two pins of the first place, or two redirects, with nothing but their ids to choose between
    them; a filter that keeps a pinned product out; the same clause both boosted and buried. Rules
    can meet when the query of one contains that of the other: two "contains" rules without a
    common word meet in a query that has both, which is no mistake.
    """
    found = []
    placed = [(rule, _phrases(rule.when, analyser)) for rule in sorted(rules, key=precedence)]
    for (first, said), (second, also_said) in combinations(placed, 2):
        if _can_meet(first.when.match, said, second.when.match, also_said) and _overlap(
            first.when, second.when
        ):
            found += [Conflict((first.id, second.id), c) for c in _clashes(first, second, passes)]
    return found


def _clashes(first: Rule, second: Rule, passes: Passes) -> Iterator[str]:
    is_tie = precedence(first)[:-1] == precedence(second)[:-1]
    match first.action, second.action:
        case Pin(upper), Pin(lower):
            if is_tie and upper[0] != lower[0]:
                yield f"both pin the first place ({upper[0]}, {lower[0]})"
        case Redirect(one), Redirect(other):
            if is_tie and one != other:
                yield f"both redirect ({one}, {other})"
        case (Pin(ids), Filter(clause)) | (Filter(clause), Pin(ids)):
            for product_id in ids:
                if passes(product_id, clause) is False:
                    yield f"{product_id} is pinned, and {clause} keeps it out"
        case Weigh(one_clause, one_weight), Weigh(other_clause, other_weight):
            if one_clause == other_clause and (one_weight > 0) != (other_weight > 0):
                yield f"{one_clause} is both boosted and buried"


def _overlap(first: When, second: When) -> bool:
    """Whether some shopper at some moment is within both."""
    for name in ("market", "locale"):
        one, other = getattr(first, name), getattr(second, name)
        if one and other and not (_is_part(one, other) or _is_part(other, one)):
            return False
    starts = [when.starts.timestamp() for when in (first, second) if when.starts]
    ends = [when.ends.timestamp() for when in (first, second) if when.ends]
    return not (starts and ends) or max(starts) < min(ends)


def _is_part(region: str, whole: str) -> bool:
    """Whether "en-GB" lies in "en"."""
    return f"{region}-".startswith(f"{whole}-")


def _phrases(when: When, analyser: Analyser) -> tuple[Terms, ...]:
    return tuple(tuple(analyser.split(text)[0]) for text in when.queries)


def _can_meet(
    match: str, phrases: tuple[Terms, ...], other_match: str, others: tuple[Terms, ...]
) -> bool:
    if not (phrases and others):
        return True
    for one in phrases:
        for other in others:
            if (
                one == other
                or (other_match == "contains" and len(other) < len(one) and _within(other, one))
                or (match == "contains" and len(one) < len(other) and _within(one, other))
            ):
                return True
    return False


def _within(part: Terms, whole: Terms) -> bool:
    return any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))
