"""Which queries are asked, and how often? A book of queries, each with its parsed intent.

Frequencies are not set but counted: many searches are drawn, and what is drawn often is the head.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias, get_args

from shopkeeper.knowledge import KnowledgeGraph, QueryType
from shopkeeper.world.chance import pick_weighted, stream
from shopkeeper.world.config import QueryDials
from shopkeeper.world.grammar import load_grammar
from shopkeeper.world.intents import Wishes
from shopkeeper.world.shelves import Shelves
from shopkeeper.world.speech import Asked, Speaker
from shopkeeper.world.words import Words

Bucket: TypeAlias = Literal["head", "torso", "tail"]
BUCKETS: tuple[Bucket, ...] = get_args(Bucket)
HEAD, TORSO = 1 / 3, 2 / 3
"""The most frequent queries that together make up this share of all searches."""
BLOCK = 2_000
"""Searches per stream of chance: a book can be drawn in any number of processes."""
_QUERIES = 3
"""The stream of chance; items and listings use 1 and 2."""


@dataclass(frozen=True, slots=True)
class WorldQuery:
    """A query with its gold."""

    id: str
    asked: Asked
    count: int
    """How many of the drawn searches asked it."""
    bucket: Bucket

    @property
    def text(self) -> str:
        return self.asked.text


@dataclass(frozen=True, slots=True)
class Asking:
    """Everything that queries are drawn from."""

    shelves: Shelves
    graph: KnowledgeGraph
    words: Words
    dials: QueryDials
    grammar: str = "keyword"
    held_out: bool = False
    """Only of what is held out from training; False: only of what is not."""

    def draw(self, seed: int, block: int, searches: int) -> Iterator[Asked]:
        """One block of searches, without those that cannot be said, or not `held_out` as wished."""
        rng = stream(seed, _QUERIES, int(self.held_out), _number(self.grammar), block)
        wishes = Wishes(self.shelves, self.graph, self.words, self.dials, self.held_out)
        grammar = load_grammar(self.grammar)
        speaker = Speaker(self.graph, self.words, self.dials, grammar, self.held_out)
        types, shares = _mix(self.dials)
        for _ in range(searches):
            intent = wishes.draw(pick_weighted(rng, types, shares), rng)
            asked = speaker.say(intent, rng) if intent is not None else None
            if asked is not None and asked.is_held_out is self.held_out:
                yield asked


def count_queries(searches: Iterable[Iterable[Asked]]) -> tuple[WorldQuery, ...]:
    """All different queries of these blocks of searches, the most frequent first.

    A text with two meanings has the one that was meant more often.
    """
    counts = Counter[str]()
    meanings: dict[str, Counter[Asked]] = {}
    for asked in chain.from_iterable(searches):
        counts[asked.text] += 1
        meanings.setdefault(asked.text, Counter())[asked] += 1
    total, seen, queries = sum(counts.values()), 0, []
    for number, (text, count) in enumerate(sorted(counts.items(), key=lambda c: (-c[1], c[0]))):
        meaning = meanings[text].most_common(1)[0][0]
        queries.append(WorldQuery(f"q{number:06d}", meaning, count, _bucket(seen / total)))
        seen += count
    return tuple(queries)


def blocks_of(searches: int) -> list[tuple[int, int]]:
    """(block, its searches) that make up so many searches."""
    count = -(-searches // BLOCK)
    return [(block, min(BLOCK, searches - block * BLOCK)) for block in range(count)]


def _bucket(before: float) -> Bucket:
    """Of a query, when those that are more frequent make up this share of all searches."""
    return "head" if before < HEAD else "torso" if before < TORSO else "tail"


def _mix(dials: QueryDials) -> tuple[tuple[QueryType, ...], tuple[float, ...]]:
    hard = (dials.negation, dials.alternative, dials.question, dials.knowledge)
    return get_args(QueryType), (1 - sum(hard), *hard)


def _number(grammar: str) -> int:
    """One for each grammar's name, so that each has a stream of its own."""
    return int.from_bytes(grammar.encode()[:4])
