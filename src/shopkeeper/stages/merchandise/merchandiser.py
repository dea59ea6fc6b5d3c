"""The shop's rules, asked with a query."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from shopkeeper.records import Boost, Deadline, Merchandising, Query, Understanding
from shopkeeper.stages.merchandise.rule import (
    Filter,
    Pin,
    Redirect,
    Rule,
    Synonym,
    Weigh,
    When,
    precedence,
)
from shopkeeper.text import Analyser

Terms = tuple[str, ...]


class Merchandiser:
    """`Merchandise` by rules. Read-only and safe in threads: new rules make a new one.

    A rule's texts and the query meet as analysed terms, so that plural, case and script do not
    matter. The query is read as typed and as corrected, each with and without the words that mean
    nothing: "the tents", "tnet" and "tent under 100" are all "tent". Synonyms of the query's words
    do not call a rule.

    Pins of several rules follow each other and the first redirect is taken, by `precedence`;
    boosts and filters all count. A rule whose redirect is not taken has not fired.

    Args:
        rules: synonyms among them are left to `synonyms`.
        analyser: the one that reads queries and products.
        clock: seconds since 1970-01-01 UTC, for the rules' time windows.
    """

    def __init__(
        self, rules: Iterable[Rule], analyser: Analyser, clock: Callable[[], float] = time.time
    ) -> None:
        asked = (rule for rule in rules if not isinstance(rule.action, Synonym))
        self._rules = sorted(asked, key=precedence)
        self._analyser, self._clock = analyser, clock
        self._always = [at for at, rule in enumerate(self._rules) if not rule.when.queries]
        self._whole: dict[Terms, list[int]] = defaultdict(list)
        self._within: dict[Terms, list[int]] = defaultdict(list)
        for at, rule in enumerate(self._rules):
            table = self._whole if rule.when.match == "is" else self._within
            for text in rule.when.queries:
                if terms := tuple(analyser.split(text)[0]):
                    table[terms].append(at)
        self._longest = max((len(terms) for terms in self._within), default=0)

    def merchandise(self, understanding: Understanding, deadline: Deadline) -> Merchandising:
        called = set(self._always)
        for terms in self._readings(understanding):
            called.update(self._whole.get(terms, ()))
            for start in range(len(terms)):
                for end in range(start + 1, min(start + self._longest, len(terms)) + 1):
                    called.update(self._within.get(terms[start:end], ()))
        now_s, query = self._clock(), understanding.query
        rules = (self._rules[at] for at in sorted(called))
        return _wishes(
            [rule for rule in rules if _is_meant(rule.when, query) and rule.when.holds_at(now_s)]
        )

    def _readings(self, understanding: Understanding) -> set[Terms]:
        dropped = set(understanding.dropped)
        readings: set[Terms] = set()
        for text in {understanding.query.text, understanding.text}:
            cover = [token for token in self._analyser.tokens(text) if token.length == 1]
            readings.add(tuple(token.term for token in cover))
            if dropped:
                readings.add(tuple(t.term for t in cover if t.surface not in dropped))
        return readings


def _is_meant(when: When, query: Query) -> bool:
    return (when.market is None or when.market == query.market) and (
        when.locale is None
        or f"{query.locale}-".casefold().startswith(f"{when.locale}-".casefold())
    )


def _wishes(rules: list[Rule]) -> Merchandising:
    """What rules in order of precedence ask for together."""
    pins: dict[str, None] = {}
    boosts, filters, fired = [], [], []
    redirect: str | None = None
    for rule in rules:
        match rule.action:
            case Pin(product_ids):
                pins.update(dict.fromkeys(product_ids))
            case Weigh(clause, weight):
                boosts.append(Boost(clause, weight, rule.id))
            case Filter(clause):
                filters.append(clause)
            case Redirect(url):
                if redirect is not None:
                    continue
                redirect = url
        fired.append(rule.id)
    return Merchandising(tuple(pins), tuple(boosts), tuple(filters), redirect, tuple(fired))


def synonyms(
    rules: Iterable[Rule], locale: str, now_s: float
) -> tuple[list[tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """Groups and one-way synonyms that hold now, as `text.Synonyms.build` takes them."""
    groups: list[tuple[str, ...]] = []
    one_way: dict[str, tuple[str, ...]] = {}
    query = Query("", locale)
    for rule in sorted(rules, key=precedence):
        if not (_is_meant(rule.when, query) and rule.when.holds_at(now_s)):
            continue
        match rule.action:
            case Synonym(texts, None):
                groups.append(texts)
            case Synonym(texts, str(of)):
                one_way[of] = (*one_way.get(of, ()), *texts)
    return groups, one_way
