"""The old engine finds what a plain scan of all titles finds, whatever the chunks."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.records import Product, Variant
from shopkeeper.world import Market, World
from shopkeeper.world.engine import LEAST, Postings, WordEngine, join_postings, words_in

WORDS = ("tent", "tents", "red", "glass", "4", "2.5", "帐篷", "大帐篷", "bus")
texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
catalogues = st.lists(st.tuples(texts.filter(bool), st.integers(0, 40)), min_size=1, max_size=12)


def engine_of(rows: list[tuple[str, int]], cuts: list[int]) -> WordEngine:
    parts, edges = [], [0, *sorted(cut % (len(rows) + 1) for cut in cuts), len(rows)]
    for start, end in pairwise(edges):
        part = Postings()
        for title, _ in rows[start:end]:
            part.add(Product("p", {"en": title}, (Variant("s"),)))
        parts.append(part)
    return join_postings(parts, np.array([sales for _, sales in rows], dtype=np.float32))


def scan(rows: list[tuple[str, int]], text: str, most: int) -> list[tuple[int, float]]:
    """The slow twin: all words, or failing that enough of them; rarer words weigh more."""
    having = [set(words_in(title)) for title, _ in rows]
    words = set(words_in(text))
    counts = {word: sum(word in own for own in having) for word in words}
    least = math.ceil(LEAST * len(words))
    full = [at for at, own in enumerate(having) if words and words <= own]
    kept = full or [at for at, own in enumerate(having) if words and len(words & own) >= least]
    scored = [
        (
            at,
            sum(math.log1p(len(rows) / counts[word]) for word in words & having[at])
            + 0.3 * math.log1p(rows[at][1]),
        )
        for at in kept
    ]
    return sorted(scored, key=lambda pair: (-round(pair[1], 4), pair[0]))[:most]


@settings(deadline=None)
@given(catalogues, st.lists(st.integers(0, 12), max_size=3), texts, st.integers(1, 6))
def test_it_finds_what_a_scan_finds(rows, cuts, text, most):
    found, scores = engine_of(rows, cuts).find(text, most)
    expected = scan(rows, text, most)
    assert scores.tolist() == pytest.approx([score for _, score in expected], abs=1e-4)
    assert sorted(scores, reverse=True) == scores.tolist()
    if len({round(score, 4) for _, score in scan(rows, text, 99)}) == len(scan(rows, text, 99)):
        assert found.tolist() == [at for at, _ in expected]


def test_ties_fall_to_the_earlier_product() -> None:
    rows, _ = engine_of([("tent", 3)] * 3_000, []).find("tent", 4)
    assert rows.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tents, 4-person GLASS", ["tent", "4", "person", "glass"]),
        ("2.5 kg", ["2.5", "kg"]),
        ("大帐篷4人", ["大帐", "帐篷", "4", "人"]),
        ("bus buses gas", ["bus", "buse", "gas"]),  # a short word keeps its s
        ("…", []),
    ],
)
def test_words_by_hand(text: str, words: list[str]) -> None:
    assert words_in(text) == words


def test_it_knows_no_word_but_those_of_titles_and_categories(market: Market, world: World) -> None:
    product = world.product(7)
    rows, _ = market.engine.find(product.title["en"], 5)
    assert 7 in rows
    assert not len(market.engine.find("zzz qqq", 5)[0])
    assert not len(market.engine.find("", 5)[0])


def test_windows_are_what_the_engine_finds(market: Market) -> None:
    windows, window = market.book.windows, market.config.policy.window
    for at in range(0, len(market.book), 37):
        query = market.book.queries[at]
        rows, scores = market.engine.find(query.text, window)
        count = len(rows)
        assert windows.rows[at].tolist() == rows.tolist() + [-1] * (window - count)
        assert windows.scores[at, :count].tolist() == scores.tolist()
        grades = market.truth.judge(query.asked.intent, rows).grades
        assert windows.told[at].tolist() == grades.tolist() + [0] * (window - count)
    assert (windows.rows[:, 0] != -1).mean() > 0.5
    assert (windows.told != windows.true).any()
