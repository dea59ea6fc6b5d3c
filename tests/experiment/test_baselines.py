"""The generic systems, each against hand arithmetic or an obvious twin."""

from __future__ import annotations

import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from shopkeeper.experiment import DEPTH
from shopkeeper.experiment.baselines import BaselineConfig, baseline_arms, bm25, scored_arm
from shopkeeper.records import InvalidRequest, Product

TITLES = (
    "red camping tent",
    "blue camping tent with red poles",
    "camping stove",
    "tent peg",
    "gas stove for camping and camping trips",
    "wool socks",
    "tall vase",
)


@pytest.fixture(scope="module")
def products() -> list[Product]:
    return [Product.from_dict({"id": f"p{at}", "title": title}) for at, title in enumerate(TITLES)]


@pytest.fixture(scope="module")
def arms(products: list[Product]):
    return baseline_arms(products)


def found(arms, name: str, text: str) -> list[str]:
    return list(arms[name](text, ()).ranking)


def test_all_words_asks_for_every_word(arms) -> None:
    assert sorted(found(arms, "all words", "red tents")) == ["p0", "p1"]
    assert found(arms, "all words", "red tent kayak") == []


def test_word_overlap_counts_different_words(arms) -> None:
    ranking = found(arms, "word overlap", "red camping camping tent kayak")
    assert sorted(ranking[:2]) == ["p0", "p1"]  # three words each
    assert sorted(ranking[2:]) == ["p2", "p3", "p4"]  # one each, however often it stands there


def test_bm25_by_hand() -> None:
    # Three texts of 2, 1 and 3 words; "tent" is in two of them, "peg" in one.
    counts = CountVectorizer().fit_transform(["tent peg", "tent", "gas gas stove"])
    weights = bm25(counts, BaselineConfig(k1=1.2, b=0.75)).toarray()
    # columns: gas, peg, stove, tent; the mean length is 2
    idf_peg, idf_tent = math.log(1 + 2.5 / 1.5), math.log(1 + 1.5 / 2.5)
    assert weights[0, 1] == pytest.approx(idf_peg * 2.2 / 2.2)
    assert weights[1, 3] == pytest.approx(idf_tent * 2.2 / (1 + 1.2 * (0.25 + 0.75 / 2)))
    assert weights[2, 0] == pytest.approx(idf_peg * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 1.5)))
    assert (weights > 0).sum() == 5


def test_title_bm25_is_the_slow_formula(arms) -> None:
    texts = [title.split() for title in TITLES]
    mean = sum(map(len, texts)) / len(texts)

    def slow(text: str) -> dict[str, float]:
        scores = {}
        for at, words in enumerate(texts):
            times = Counter(words)
            score = 0.0
            for word in text.split():
                having = sum(word in other for other in texts)
                idf = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
                held = 1.2 * (1 - 0.75 + 0.75 * len(words) / mean)
                score += idf * times[word] * 2.2 / (times[word] + held)
            if score > 0:
                scores[f"p{at}"] = score
        return scores

    for text in ("red camping tent", "gas stove", "camping", "tent peg"):
        scores = slow(text)
        assert found(arms, "title bm25", text) == sorted(scores, key=lambda id_: -scores[id_])


def test_characters_see_through_a_misspelling_that_words_do_not(arms) -> None:
    assert found(arms, "title bm25", "campimg") == []
    assert found(arms, "characters", "campimg stvoe")[0] in {"p2", "p4"}


def test_the_latent_space_finds_company(products: list[Product]) -> None:
    """Texts that share no word with the query, but keep company with those that do."""
    texts = ["tent shelter", "shelter tarp", "tent tarp", "vase flower", "flower pot", "vase pot"]
    goods = [Product.from_dict({"id": f"p{at}", "title": text}) for at, text in enumerate(texts)]
    arms = baseline_arms(goods, config=BaselineConfig(topics=2))
    assert "p1" not in found(arms, "tf-idf", "tent")
    assert set(found(arms, "lsa", "tent")[:3]) == {"p0", "p1", "p2"}


def test_every_arm_says_nothing_of_an_unknown_word(arms) -> None:
    for name in arms:
        assert found(arms, name, "zzqq") == [], name
        assert arms[name]("zzqq", ("p1", "p2")).judged == [], name


def test_judged_products_stand_in_the_arms_own_order(arms) -> None:
    for name, arm in arms.items():
        answer = arm("camping tent", ("p3", "p1", "p0", "p6", "stranger"))
        kept = [id_ for id_ in answer.ranking if id_ in ("p3", "p1", "p0", "p6")]
        assert list(answer.judged) == kept, name
    assert {tuple(arm("camping tent", ("p3", "p0")).judged) for arm in arms.values()} > {
        ("p0", "p3")
    }


@settings(max_examples=40, deadline=None)
@given(
    levels=st.integers(1, 5),
    size=st.integers(DEPTH - 3, 3 * DEPTH),
    seed=st.integers(0, 10**6),
)
def test_the_cut_to_depth_is_that_of_a_full_sort(levels: int, size: int, seed: int) -> None:
    scores = np.random.default_rng(seed).integers(levels + 1, size=size).astype(float)
    ids = [f"p{at}" for at in range(size)]
    arm = scored_arm(ids, lambda text: scores, seed=seed)
    everything = arm("", ids).judged
    assert sorted(everything) == sorted(id_ for id_, s in zip(ids, scores, strict=True) if s > 0)
    by_rank = [scores[int(id_[1:])] for id_ in everything]
    assert by_rank == sorted(by_rank, reverse=True)
    assert list(arm("", ()).ranking) == list(everything[:DEPTH])


def test_equal_scores_stand_by_lot_not_by_place_in_the_catalogue() -> None:
    ids = [f"p{at:03d}" for at in range(211)]
    random.Random(0).shuffle(ids)
    one, again, other = (scored_arm(ids, lambda _: np.ones(211), seed=s) for s in (0, 0, 1))
    ranking = one("a", ()).ranking
    assert ranking == again("b", ()).ranking
    assert ranking != other("a", ()).ranking
    assert list(ranking) not in (ids[:DEPTH], sorted(ids)[:DEPTH])


@pytest.mark.parametrize("wrong", [{"k1": -1}, {"b": 2}, {"grams": (3, 2)}, {"topics": 0}])
def test_a_config_that_cannot_be_is_refused(wrong) -> None:
    with pytest.raises(InvalidRequest, match="k1 ≥ 0"):
        BaselineConfig(**wrong)
