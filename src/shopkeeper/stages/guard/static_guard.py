"""Deny rules that need no model: what serves when every model is down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from shopkeeper.records import (
    CATEGORY_SEPARATOR,
    Clause,
    Deadline,
    NoneOf,
    Product,
    Verdict,
)
from shopkeeper.records.ports import GuardRequest
from shopkeeper.stages.guard.deny_rule import GuardRules, phrases
from shopkeeper.text import Analyser, fold

Terms = tuple[str, ...]

_REMEMBERED_QUERIES = 1024
"""Each is asked about on the way in and again on the way out."""


class StaticGuard:
    """`Guard` by rules: denies queries, hides products. Read-only, safe in threads.

    Patterns and queries meet as analysed terms, never as parts of a word: a rule for "rape" does
    not see "grape", and "Scunthorpe" is a town. When several rules deny, the first one is named.

    On the way in, `hidden` are the products hidden by id. Those hidden by category or brand are
    known only when they are seen, on the way out; `filters` keep them out of the count as well.
    """

    def __init__(self, rules: GuardRules, analyser: Analyser) -> None:
        self._analyser = analyser
        self._ids = [rule.id for rule in rules.deny]
        self._denied = self._table(rule.patterns for rule in rules.deny)
        self._released = self._table(rule.unless for rule in rules.deny)
        self._longest = max(map(len, (*self._denied, *self._released)), default=0)
        self._products = frozenset().union(*(rule.products for rule in rules.hide))
        self._categories = frozenset().union(*(rule.categories for rule in rules.hide))
        self._brands = frozenset().union(*(rule.brands for rule in rules.hide))
        self._folded_brands = frozenset(map(fold, self._brands))
        self._denial = lru_cache(_REMEMBERED_QUERIES)(self._denied_by)

    @property
    def filters(self) -> tuple[Clause, ...]:
        """What every search must filter by, so that what is hidden is not counted either.

        A filter compares exactly: brands count as they are written in the rules.
        """
        hidden = (("category", self._categories), ("brand", self._brands))
        return tuple(NoneOf(field, tuple(sorted(values))) for field, values in hidden if values)

    def guard(self, request: GuardRequest, deadline: Deadline) -> Verdict:
        denied_by = self._denial(request.query.text)
        hits = request.hits
        hidden = {hit.product.id for hit in hits if self._hides(hit.product)}
        return Verdict(
            allowed=denied_by is None,
            blocked_by=denied_by,
            hidden=frozenset(hidden) if hits else self._products,
        )

    def _denied_by(self, text: str) -> str | None:
        terms = self._analyser.split(text)[0]
        said = {
            tuple(terms[start:end])
            for start in range(len(terms))
            for end in range(start + 1, min(start + self._longest, len(terms)) + 1)
        }
        denied = {at for phrase in said for at in self._denied.get(phrase, ())}
        released = {at for phrase in said for at in self._released.get(phrase, ())}
        return self._ids[min(denied - released)] if denied - released else None

    def _hides(self, product: Product) -> bool:
        paths = (
            CATEGORY_SEPARATOR.join(product.category[:depth])
            for depth in range(1, len(product.category) + 1)
        )
        return (
            product.id in self._products
            or (bool(self._brands) and fold(product.brand or "") in self._folded_brands)
            or (bool(self._categories) and not self._categories.isdisjoint(paths))
        )

    def _table(self, patterns_by_rule: Iterable[Iterable[str]]) -> dict[Terms, list[int]]:
        """Places of the rules by each phrase of their patterns."""
        table: dict[Terms, list[int]] = defaultdict(list)
        for at, patterns in enumerate(patterns_by_rule):
            for pattern in patterns:
                for phrase in phrases(pattern):
                    if terms := tuple(self._analyser.split(phrase)[0]):
                        table[terms].append(at)
        return dict(table)
