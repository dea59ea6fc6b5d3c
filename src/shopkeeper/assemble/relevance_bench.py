"""How good is the shipped search on real judgements? The stages of a shop, asked query by query.

Each query is understood, matched and encoded once; the fusion settings to compare are then passes
over the leg scores. A test holds the arms to what the served pipeline answers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shopkeeper.assemble.analysis import gather
from shopkeeper.assemble.encoding import known_vectors
from shopkeeper.assemble.progress import Progress, no_progress
from shopkeeper.data import JudgedSet
from shopkeeper.data.esci_judged import EsciPart
from shopkeeper.experiment import (
    CrossFit,
    RelevanceReport,
    absent_products,
    crossfit,
    fused_arm,
    measure_arm,
    measure_arms,
    pool,
    summarise,
    yardstick,
)
from shopkeeper.experiment.order import real_case
from shopkeeper.experiment.pools import Pool
from shopkeeper.experiment.relevance import Columns, Watch, Yardstick
from shopkeeper.index.documents import encoder_text
from shopkeeper.index.fit import first_similarity
from shopkeeper.index.fusion import WeightedSum
from shopkeeper.index.generation import open_segment, write_segment
from shopkeeper.index.matching import MatchConfig, Matching, Reading
from shopkeeper.index.ordering import fulfils, known_or_nan
from shopkeeper.index.retrieval import RetrievalConfig
from shopkeeper.index.snapshot import Snapshot, View
from shopkeeper.index.words import WordWeights
from shopkeeper.records import Deadline, InvalidRequest, Product, Query, Range
from shopkeeper.stages.retrieve import Encoder
from shopkeeper.stages.understand import CatalogueUnderstanding, Lexicon, starter_synonyms
from shopkeeper.store import Vectors, text_key
from shopkeeper.text import analyser

LOCALE, CURRENCY = "en", "USD"

Legs = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is chosen by cross-fitting: how words count, and how the legs are mixed."""

    words: WordWeights
    dense_weight: float
    constraint_weight: float
    floor: float
    """Cosine from which the dense leg brings a product; above 1 it brings none."""

    def __str__(self) -> str:
        parts = {
            "title": self.words.title,
            "enough": self.words.enough,
            "dense": self.dense_weight,
            "wish": self.constraint_weight,
        }
        return ", ".join(f"{name} {value:g}" for name, value in parts.items())

    def fuse(self, legs: Legs) -> NDArray[np.float64]:
        """The score of each product of a pool, NaN outside the result set."""
        lexical, dense = legs["lexical"], legs["dense"]
        known = lexical[~np.isnan(lexical)]
        best = float(known.max()) if len(known) else 0.0
        words, meaning = WeightedSum(self.dense_weight).addends(lexical, dense, best)
        score = words + meaning + self.constraint_weight * np.nan_to_num(legs["wish"])
        score += RetrievalConfig().order.limit_weight * np.nan_to_num(legs["limit"])
        return np.where(np.isnan(lexical) & ~(dense >= self.floor), np.nan, score)

    def fit(self, legs: Legs) -> float:
        """What `fit` is a monotone function of; −1 where there is nothing to judge by."""
        found = first_similarity(self.fuse(legs), legs["dense"])
        return -1.0 if np.isnan(found) else found


def shipped() -> Setting:
    """What a shop uses that sets nothing."""
    config = RetrievalConfig()
    fusion = config.order.fusion
    assert isinstance(fusion, WeightedSum), "the shipped fusion"
    return Setting(
        config.match.words, fusion.dense_weight, config.order.constraint_weight, config.match.floor
    )


def without_dense(setting: Setting) -> Setting:
    """The same, by words and the wishes read from them alone."""
    return replace(setting, dense_weight=0.0, floor=2.0)


class JudgedShop:
    """A catalogue indexed as the shop does it, to be asked with the legs apart."""

    def __init__(
        self, products: Sequence[Product], folder: Path, reading: Progress, locale: str = LOCALE
    ) -> None:
        self.locale = locale
        self.ids = [product.id for product in products]
        self.positions = {product_id: at for at, product_id in enumerate(self.ids)}
        words = analyser(locale)
        folder.mkdir(parents=True)
        gathered = gather(products, len(products), locale, reading)
        write_segment(folder, gathered.segment)
        self._segment = open_segment(folder)
        self._texts = [encoder_text(product, locale) for product in products]
        self._understanding = CatalogueUnderstanding(
            Lexicon.of(gathered.lexicon, words), words, starter_synonyms(words)
        )
        alive = np.ones(len(products), np.bool_)
        view = View(self._segment, alive, self._segment.columns.volatile)
        self._snapshot = Snapshot("bench", 0, (view,), CURRENCY)
        self._encoder: Encoder | None = None

    def encode(self, encoder: Encoder, vectors: Vectors, encoding: Progress = no_progress) -> None:
        """Let the dense leg join; what the cache has is not encoded again."""
        known, _ = vectors.get_many(self._segment.text_keys)
        missing = np.flatnonzero(~known)
        for start in range(0, len(missing), 512):
            texts = [self._texts[at] for at in missing[start : start + 512]]
            vectors.put_many([text_key(text) for text in texts], encoder.products.encode(texts))
            encoding(start + len(texts), len(missing))
        dense = known_vectors(self._segment, vectors)
        self._snapshot = replace(
            self._snapshot, views=(replace(self._snapshot.views[0], dense=dense),)
        )
        self._encoder = encoder

    def legs(self, text: str, choices: Sequence[WordWeights]) -> dict[WordWeights, Legs]:
        """What each leg says of every product, [catalogue], NaN where it says nothing; by choice of
        the words' weights, which change the lexical leg alone."""
        reading = self._understanding.understand(Query(text, self.locale), Deadline.after(60_000))
        vectors = list(self._encoder.queries.encode([reading.text])) if self._encoder else []
        readings = [Reading(reading.concepts)]
        matchings = {
            words: Matching(self._snapshot, readings, (), MatchConfig(words)) for words in choices
        }
        for matching in matchings.values():
            matching.join(vectors)
        everything = np.arange(len(self.ids))
        wish, limit = np.zeros((2, len(self.ids)))
        for constraint in reading.constraints:
            leg = limit if isinstance(constraint.clause, Range) else wish
            leg += constraint.confidence * fulfils(self._snapshot, everything, constraint.clause)
        common = {
            "dense": matchings[choices[0]].similarity(everything),
            "wish": np.where(wish > 0, wish, np.nan),
            "limit": np.where(limit > 0, limit, np.nan),
        }
        return {
            words: {"lexical": known_or_nan(m, everything), **common}
            for words, m in matchings.items()
        }

    def pools(
        self, yard: Yardstick, choices: Sequence[WordWeights], watch: Watch = iter
    ) -> dict[WordWeights, dict[str, Pool]]:
        """The legs of every query of the set, cut to the products that matter, by choice."""
        pools: dict[WordWeights, dict[str, Pool]] = {words: {} for words in choices}
        for at in watch(range(len(yard))):
            text, judged = yard.texts[at], tuple(yard.gains[at])
            for words, legs in self.legs(text, choices).items():
                pools[words][text] = pool(self.ids, legs, judged, positions=self.positions)
        return pools


def dense_alone(legs: Legs) -> NDArray[np.float64]:
    """The dense arm: cosines, and nothing else."""
    return legs["dense"]


LEXICAL_CHOICES = tuple(
    replace(WordWeights(), title=title, enough=enough, minimum_match=least)
    for title in (0.03, 0.1)
    for enough, least in ((24, 0.5), (1_000_000, 0.0))
)
"""As many words as enough products have, or any one word. The shipped weights stand first, so that
a tie chooses them."""

WISHES = (0.1, 0.0, 0.05)
"""Weights of what a query wishes for: a brand, a category, a value."""

MIXES = tuple((dense, wish) for dense in (0.5, 0.3, 0.4, 0.6, 0.7) for wish in WISHES)
"""(dense_weight, constraint_weight)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One set's figures, and what pooling them with other sets' needs."""

    report: RelevanceReport
    yard: Yardstick
    columns: Mapping[str, Columns]


def run(
    name: str,
    data: Path,
    *,
    encoder: Encoder | None,
    cache: Path,
    part: EsciPart | None = None,
    is_crossfitted: bool = False,
    reading: Progress = no_progress,
    encoding: Progress = no_progress,
    watch: Watch = iter,
) -> Measured:
    """`measure_judged` on one of the sets on disk.

    Args:
        name, data, part: see `real_case`.

    Raises NotFound when the set is not there; InvalidRequest where settings would be chosen on an
    official test part.
    """
    if name == "esci" and is_crossfitted and (part or EsciPart()).split == "test":
        raise InvalidRequest(
            "settings chosen on ESCI's official test part",
            expected="the train part",
            hint="leave --crossfit out, or say --split train",
        )
    case = real_case(name, data, part)
    return measure_judged(
        case.judged,
        case.products,
        locale=case.locale,
        encoder=encoder,
        cache=cache,
        is_crossfitted=is_crossfitted,
        reading=reading,
        encoding=encoding,
        watch=watch,
    )


def measure_judged(
    judged: JudgedSet,
    products: Sequence[Product],
    *,
    encoder: Encoder | None,
    cache: Path,
    locale: str = LOCALE,
    is_crossfitted: bool = False,
    reading: Progress = no_progress,
    encoding: Progress = no_progress,
    watch: Watch = iter,
) -> Measured:
    """Measure random, lexical, dense and hybrid on a judged set, with intervals and differences.

    Args:
        judged: the judgements.
        products: the catalogue that they are about, each id once.
        encoder: of the dense and hybrid arms; None leaves them out.
        cache: where vectors are kept between runs.
        locale: BCP 47, of queries and texts.
        is_crossfitted: choose the settings on one half of the queries and report on the other.
    """
    with tempfile.TemporaryDirectory() as scratch:
        shop = JudgedShop(products, Path(scratch) / "index", reading, locale)
        if encoder is not None:
            vectors = Vectors(cache, encoder.fingerprint, encoder.dimension)
            shop.encode(encoder, vectors, encoding)
        return _measure(shop, yardstick(judged), encoder is not None, is_crossfitted, watch)


def _measure(
    shop: JudgedShop, yard: Yardstick, has_dense: bool, is_crossfitted: bool, watch: Watch
) -> Measured:
    start = shipped()
    choices = LEXICAL_CHOICES if is_crossfitted else (start.words,)
    assert choices[0] == start.words, "the shipped weights are the first choice"
    pools = shop.pools(yard, choices, watch)

    def measured(setting: Setting) -> Columns:
        return measure_arm(yard, fused_arm(pools[setting.words], setting.fuse, setting.fit))

    lexical = [without_dense(replace(start, words=w)) for w in choices]
    hybrid = [start]
    if is_crossfitted:
        lexical = [replace(s, constraint_weight=c) for s in lexical for c in WISHES]
        hybrid = [
            replace(start, words=words, dense_weight=dense, constraint_weight=wish)
            for words in choices
            for dense, wish in MIXES
        ]
    chosen: dict[str, CrossFit[Setting]] = {}
    arms = {"dense": fused_arm(pools[start.words], dense_alone)} if has_dense else {}
    columns = dict(measure_arms(yard, arms, shop.ids))
    for arm, settings in {"lexical": lexical, "hybrid": hybrid if has_dense else []}.items():
        if settings:
            fitted = crossfit(settings, measured, yard.texts, objective=yard.headline)
            chosen |= {arm: fitted} if is_crossfitted else {}
            columns[arm] = fitted.columns
    pairs = [("hybrid", "lexical"), ("hybrid", "dense")] if has_dense else []
    absent = len(absent_products(yard, shop.ids))
    report = summarise(yard, columns, pairs=pairs, absent=absent, chosen=chosen or None)
    return Measured(report, yard, columns)
