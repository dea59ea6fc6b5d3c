"""Can a classifier tell real queries from generated ones, and by what?

The classifier two-sample test (Lopez-Paz and Oquab 2017, arXiv:1610.06545): out-of-sample AUC 0.5
means that this classifier sees no difference, 1 that it always does. As the words of two shops
differ whatever the grammar, a second reading sees only shapes (`shape`).

For scale, by words and by shapes: two halves of one real shop 0.50 (± 0.04 with 200 queries a side,
± 0.015 with 800), two real shops 0.78 to 0.99 and 0.66 to 0.85. More queries tell more, so compare
figures of as many.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopkeeper.measure import auc
from shopkeeper.records import InvalidRequest
from shopkeeper.text import HAN, Size, fold, measures, normalise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion

Reading: TypeAlias = Literal["words", "shapes"]

_STOP_WORDS = """
a an and any are at be best by can do does for from how i in is it my no not of off on or over that
the to under up vs what where which who with without you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_LONGEST_LENGTH = 12
"""Letters or characters from which lengths are no longer told apart."""
_ITEM = re.compile(
    rf"(?P<han>[{HAN}]+)|(?P<word>[^\W_{HAN}]+(?:'[^\W\d_{HAN}]+)?)|(?P<mark>[^\w\s])"
)


@dataclass(frozen=True, slots=True)
class TelltaleConfig:
    """How the classifier is trained."""

    folds: int = 5
    """Parts of the queries; each is scored by a classifier that was trained on the others."""
    most: int = 4_000
    """Queries of each side, drawn at random where there are more; both sides get as many."""
    strength: float = 1.0
    """Inverse of the ℓ2 penalty; above 0."""
    shown: int = 12
    """Features reported."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2 or self.most < self.folds or self.strength <= 0 or self.shown < 1:
            raise InvalidRequest(
                f"{self}", expected="2 ≤ folds ≤ most, strength above 0, shown 1 or more"
            )


@dataclass(frozen=True, slots=True)
class GiveAway:
    """A feature that helps to tell. `pull` is its part of the gap in mean log-odds."""

    feature: str
    """Its kind (word, characters, shape) and what it is."""
    pull: float
    """Above 0: towards generated."""
    real_share: float
    """Share of the real queries that have it."""
    generated_share: float


@dataclass(frozen=True, slots=True)
class Telltale:
    """How well the two can be told apart."""

    auc: float
    """Mean over the folds; below 0.5 by chance alone."""
    fold_aucs: tuple[float, ...]
    queries: int
    """Of each side."""
    give_aways: tuple[GiveAway, ...]
    """The strongest first, of a classifier trained on all."""


def telltale(
    real: Iterable[str],
    generated: Iterable[str],
    *,
    reading: Reading = "words",
    brands: AbstractSet[str] = frozenset(),
    config: TelltaleConfig = TelltaleConfig(),
) -> Telltale:
    """Train to tell real queries from generated ones, and say how well it goes.

    Logistic regression on tf-idf: of words (1–2) and characters (2–4) of the folded texts, or of
    the items (1–3) of their shapes. Texts that fold to the same are one query, and one that stands
    on both sides falls into the same fold on both.

    Args:
        real: query texts.
        generated: query texts.
        reading: "words" of the texts, or their "shapes".
        brands: of both sides, folded, one word each; for shapes.
        config: how it is trained; the same seed, the same result.

    Raises:
        InvalidRequest: fewer than ten different queries for each fold on a side.
    """
    sides = [_drawn(texts, config, offset) for offset, texts in enumerate((real, generated))]
    size = min(map(len, sides))
    if size < 10 * config.folds:
        raise InvalidRequest(f"{size} different queries", expected=f"{10 * config.folds} or more")
    sides = [side[:size] for side in sides]
    texts = [text for side in sides for text in side]
    labels = np.repeat([False, True], size)
    fold_of = np.array([_number(text, config.seed) % config.folds for text in texts])
    if reading == "shapes":
        texts = [shape(text, brands) for text in texts]
    aucs = [
        _fold_auc(texts, labels, fold_of == fold_, reading, config) for fold_ in range(config.folds)
    ]
    return Telltale(
        auc=float(np.mean(aucs)),
        fold_aucs=tuple(aucs),
        queries=size,
        give_aways=_give_aways(texts, labels, reading, config),
    )


def shape(text: str, brands: AbstractSet[str] = frozenset()) -> str:
    """The query without its words: each replaced by what kind of word it is.

    ``n3`` items in all, then for each ``stop``, ``brand``, ``size`` (2x4), ``measure`` (10 mm),
    ``number``, ``code`` (letters and digits), ``w5`` a word of five letters, ``han2`` two Chinese
    characters, or the punctuation mark itself.
    """
    text = fold(normalise(text))
    items, at = list[str](), 0
    for measure in measures(text):
        items += _kinds(text[at : measure.start], brands)
        items.append("size" if isinstance(measure, Size) else "measure")
        at = measure.end
    items += _kinds(text[at:], brands)
    return " ".join([f"n{len(items)}", *items])


def _kinds(text: str, brands: AbstractSet[str]) -> list[str]:
    return [_kind(item, brands) for item in _ITEM.finditer(text)]


def _kind(item: re.Match[str], brands: AbstractSet[str]) -> str:
    word = item[0]
    if item["mark"]:
        return word
    length = min(len(word), _LONGEST_LENGTH)
    if item["han"]:
        return f"han{length}"
    if word in STOP_WORDS:
        return "stop"
    if word in brands:
        return "brand"
    if word.isdigit():
        return "number"
    return "code" if any(map(str.isdigit, word)) else f"w{length}"


def _drawn(texts: Iterable[str], config: TelltaleConfig, offset: int) -> list[str]:
    """Different texts in an order of chance, `most` at most."""
    different = sorted({fold(normalise(text)) for text in texts} - {""})
    order = np.random.default_rng([config.seed, offset]).permutation(len(different))
    return [different[at] for at in order[: config.most]]


def _number(text: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}\n{text}".encode()).digest()[:8])


def _features(reading: Reading) -> FeatureUnion:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    longest = 3 if reading == "shapes" else 2
    words = TfidfVectorizer(
        lowercase=False, token_pattern=r"\S+", ngram_range=(1, longest), sublinear_tf=True
    )
    if reading == "shapes":
        return FeatureUnion([("shape", words)])
    characters = TfidfVectorizer(
        lowercase=False, analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True
    )
    return FeatureUnion([("word", words), ("characters", characters)])


def _train(
    texts: list[str], labels: NDArray[np.bool_], reading: Reading, config: TelltaleConfig
) -> tuple[FeatureUnion, LogisticRegression]:
    from sklearn.linear_model import LogisticRegression

    features = _features(reading)
    table = features.fit_transform(texts)
    return features, LogisticRegression(C=config.strength, max_iter=1_000).fit(table, labels)


def _fold_auc(
    texts: list[str],
    labels: NDArray[np.bool_],
    held_out: NDArray[np.bool_],
    reading: Reading,
    config: TelltaleConfig,
) -> float:
    """AUC on the held-out texts of a classifier that was trained on the others."""
    features, model = _train(_where(texts, ~held_out), labels[~held_out], reading, config)
    scores = model.decision_function(features.transform(_where(texts, held_out)))
    area = auc(scores, labels[held_out])
    if area is None:
        raise InvalidRequest("a fold without one of the sides", hint="give more queries")
    return area


def _give_aways(
    texts: list[str], labels: NDArray[np.bool_], reading: Reading, config: TelltaleConfig
) -> tuple[GiveAway, ...]:
    """The features of the largest weight · |mean tf-idf in generated − mean in real|."""
    features, model = _train(texts, labels, reading, config)
    table = features.transform(texts)
    real, generated = table[~labels], table[labels]
    pull = model.coef_[0] * np.abs(_column_means(generated) - _column_means(real))
    names = [name.replace("__", " ", 1) for name in features.get_feature_names_out()]
    real_share, generated_share = _column_means(real > 0), _column_means(generated > 0)
    return tuple(
        GiveAway(names[at], float(pull[at]), float(real_share[at]), float(generated_share[at]))
        for at in np.argsort(-np.abs(pull), kind="stable")[: config.shown]
    )


def _where(texts: list[str], flags: NDArray[np.bool_]) -> list[str]:
    return [text for text, flag in zip(texts, flags, strict=True) if flag]


def _column_means(table: csr_matrix) -> NDArray[np.float64]:
    return np.asarray(table.mean(axis=0), dtype=np.float64).ravel()
