"""Which simple systems is a search compared with? Arms that read nothing but product texts.

They know no synonyms, fields or prices, and run alike on any catalogue, so that their order on one
set can be held against their order on another. All read words as the shop's analyser cuts them;
what differs is what they make of them. Equal scores stand in an order of chance, the same for every
query: a catalogue's own order may know something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopkeeper.experiment.arms import DEPTH, Answer, Arm
from shopkeeper.index.documents import encoder_text
from shopkeeper.records import InvalidRequest, Product, localise
from shopkeeper.text import analyser

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix, csr_matrix

Score: TypeAlias = Callable[[str], NDArray[np.float64]]
"""Query text → the score of each product of the catalogue; 0 or less: not found."""


@dataclass(frozen=True, slots=True)
class BaselineConfig:
    """Usual values, tuned on nothing."""

    k1: float = 1.2
    """BM25: how fast more occurrences stop counting, 0 or more."""
    b: float = 0.75
    """BM25: how much long titles are held back, 0 … 1."""
    grams: tuple[int, int] = (3, 5)
    """Shortest and longest run of characters, within words."""
    topics: int = 128
    """Dimensions of the latent space; fewer where there are not so many words or products."""
    seed: int = 0
    """Of the order among equal scores, and of the latent space."""

    def __post_init__(self) -> None:
        shortest, longest = self.grams
        if self.k1 < 0 or not 0 <= self.b <= 1 or not 1 <= shortest <= longest or self.topics < 1:
            raise InvalidRequest(
                f"{self}", expected="k1 ≥ 0, b in 0 … 1, 1 ≤ shortest ≤ longest, topics ≥ 1"
            )


def baseline_arms(
    products: Sequence[Product], *, locale: str = "en", config: BaselineConfig = BaselineConfig()
) -> dict[str, Arm]:
    """Six arms over the products' texts in a locale.

    all words      every word of the query stands in the text
    word overlap   how many of the query's words do
    title bm25     BM25 over titles alone (Robertson et al. 1994, idf as in Lucene)
    tf-idf         cosine of tf-idf vectors of the texts
    characters     cosine of tf-idf vectors of the titles' character n-grams
    lsa            cosine in the latent space of the texts (Deerwester et al. 1990)

    The text is what the dense arm's encoder reads: title, brand, category leaf, description.
    """
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

    cut = analyser(locale).terms
    titles = [localise(product.title, locale) for product in products]
    texts = [encoder_text(product, locale) for product in products]
    words = CountVectorizer(analyzer=cut)
    there = words.fit_transform(texts).sign()
    title_words = CountVectorizer(analyzer=cut)
    counts = title_words.fit_transform(titles)
    weighted = TfidfVectorizer(analyzer=cut, sublinear_tf=True)
    table = weighted.fit_transform(texts)
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=config.grams, sublinear_tf=True)

    overlap = _dot(there, lambda text: words.transform([text]).sign())
    scores = {
        "all words": lambda text: (overlap(text) == len(set(cut(text)))).astype(np.float64),
        "word overlap": overlap,
        "title bm25": _dot(bm25(counts, config), lambda text: title_words.transform([text])),
        "tf-idf": _dot(table, lambda text: weighted.transform([text])),
        "characters": _dot(grams.fit_transform(titles), lambda text: grams.transform([text])),
        "lsa": _latent(table, lambda text: weighted.transform([text]), config),
    }
    ids = [product.id for product in products]
    return {name: scored_arm(ids, score, seed=config.seed) for name, score in scores.items()}


def scored_arm(product_ids: Sequence[str], score: Score, *, seed: int = 0) -> Arm:
    """The arm that orders what has a score above 0, equal scores by lot."""
    ids = list(product_ids)
    place = {product_id: at for at, product_id in enumerate(ids)}
    lot = np.random.default_rng(seed).permutation(len(ids))

    def order(rows: NDArray[np.int64], scores: NDArray[np.float64]) -> list[str]:
        best_first = rows[np.lexsort((lot[rows], -scores[rows]))]
        return [ids[row] for row in best_first]

    def answer(text: str, judged: Sequence[str]) -> Answer:
        scores = score(text)
        found = np.flatnonzero(scores > 0)
        if len(found) > DEPTH:
            found = found[scores[found] >= np.partition(scores[found], -DEPTH)[-DEPTH]]
        rows = np.array([place[id_] for id_ in judged if id_ in place], dtype=np.int64)
        return Answer(order(found, scores)[:DEPTH], order(rows[scores[rows] > 0], scores))

    return answer


def bm25(counts: csr_matrix, config: BaselineConfig = BaselineConfig()) -> csr_matrix:
    """What each word of each text adds to its score.

        idf(w) · f · (k₁ + 1) / (f + k₁ · (1 − b + b · length / mean length))
        idf(w) = ln(1 + (n − d + ½) / (d + ½))

    Args:
        counts: [n texts, words] occurrences f; d is the number of texts with the word.
        config: k₁ and b.
    """
    weights = counts.astype(np.float64).tocsr(copy=True)
    lengths = np.asarray(weights.sum(axis=1)).ravel()
    having = np.bincount(weights.indices, minlength=weights.shape[1])
    rarity = np.log1p((weights.shape[0] - having + 0.5) / (having + 0.5))
    held = 1 - config.b + config.b * lengths / max(lengths.mean(), 1.0)
    times, of_row = weights.data, np.repeat(held, np.diff(weights.indptr))
    weights.data = rarity[weights.indices] * times * (config.k1 + 1) / (times + config.k1 * of_row)
    return weights


def _dot(table: csr_matrix, ask: Callable[[str], csr_matrix]) -> Score:
    """Scores as products of the query's vector with the rows of a table."""
    columns: csc_matrix = table.tocsc()

    def score(text: str) -> NDArray[np.float64]:
        asked = ask(text)
        return np.asarray(columns[:, asked.indices] @ asked.data.astype(np.float64))

    return score


def _latent(table: csr_matrix, ask: Callable[[str], csr_matrix], config: BaselineConfig) -> Score:
    """Cosines in the space of the table's strongest directions."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    topics = min(config.topics, min(table.shape) - 1)
    space = TruncatedSVD(topics, random_state=config.seed)
    vectors = normalize(space.fit_transform(table))

    def score(text: str) -> NDArray[np.float64]:
        return np.asarray(vectors @ normalize(space.transform(ask(text)))[0])

    return score
