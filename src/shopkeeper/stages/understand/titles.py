"""How many titles say a phrase? All titles are kept, as numbers, until all phrases are known."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

Terms = tuple[str, ...]

_END = -1
"""Stands behind every title: no phrase reaches from one into the next."""


@dataclass(slots=True)
class Titles:
    """The terms that cover the titles of products, one title behind the other."""

    codes: dict[str, int] = field(default_factory=dict)
    terms: array[int] = field(default_factory=lambda: array("i"))
    sizes: array[int] = field(default_factory=lambda: array("i"))
    """Of each product's titles together, ends included."""

    def add(self, titles: Iterable[Terms]) -> None:
        """Take the titles of the next product; several when it has several languages."""
        codes, before = self.codes, len(self.terms)
        for title in titles:
            self.terms.extend([codes.setdefault(term, len(codes)) for term in title])
            self.terms.append(_END)
        self.sizes.append(len(self.terms) - before)

    def take(self, other: Titles) -> None:
        """Add all titles of another behind these."""
        codes = [self.codes.setdefault(term, len(self.codes)) for term in other.codes]
        recoded = np.array([*codes, _END], np.int32)  # whose last is that at -1
        self.terms.frombytes(recoded[np.frombuffer(other.terms, np.int32)].tobytes())
        self.sizes.extend(other.sizes)

    def saying(self, phrases: Sequence[Terms]) -> list[int]:
        """How many products say each phrase in a title.

        Each place of each title walks down a trie of the phrases, all of them a term at a time.
        """
        steps: dict[tuple[int, int], int] = {}
        ends = []
        for phrase in phrases:
            node = 0
            for term in phrase:
                code = self.codes.get(term, len(self.codes))  # which no title says
                node = steps.setdefault((node, code), len(steps) + 1)
            ends.append(node)
        nodes, width = len(steps) + 1, len(self.codes) + 1
        edges = np.array(list(steps), np.int64).reshape(-1, 2)
        keys = edges[:, 0] * width + edges[:, 1]
        order = np.argsort(keys)
        keys, children = np.append(keys[order], -1), np.append(order + 1, 0)
        terms = np.frombuffer(self.terms, np.int32)
        sizes = np.frombuffer(self.sizes, np.int32)
        products = np.repeat(np.arange(len(sizes)), sizes)
        counts = np.zeros(nodes, np.int64)
        at, node_of = np.flatnonzero(terms != _END), np.zeros(1, np.int64)
        depth = 0
        while len(at):
            wanted = node_of * width + terms[at + depth]
            found = np.searchsorted(keys[:-1], wanted)
            goes_on = (keys[found] == wanted) & (terms[at + depth] != _END)
            at, node_of = at[goes_on], children[found[goes_on]]
            once = np.unique(products[at] * nodes + node_of) % nodes
            counts += np.bincount(once, minlength=nodes)
            depth += 1
        return counts[ends].tolist() if ends else []
