"""Can a product's grade be told without understanding? A probe on the surface of pairs.

If it could, a model's score in the world would prove nothing. The oracle, who knows the rules and
reads the listing as they do, has a macro-F1 of 1; the majority line is whoever always says the
commonest grade.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.judged import JudgedSet
from shopkeeper.experiment.crossfit import second_half
from shopkeeper.experiment.surface import SurfaceReader
from shopkeeper.knowledge import Grade
from shopkeeper.measure import Interval, f1_by_class, resampled_means

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

ModelName: TypeAlias = Literal["majority", "logistic", "boosted"]
RESAMPLES = 2_000
TRAINED = "the other half of the queries"


@dataclass(frozen=True, slots=True)
class Probed:
    """How well each model tells the grades of one set of pairs."""

    dataset: str
    queries: int
    pairs: int
    macro_f1: Mapping[ModelName, Interval]
    """Over the four grades; 95 % bootstrap over queries."""
    f1: Mapping[ModelName, tuple[float, ...]]
    """Of grades 1 … 4."""
    accuracy: Mapping[ModelName, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """n judged pairs."""

    name: str
    texts: Sequence[str]
    """[n] Of the query."""
    table: NDArray[np.float64]
    """[n, features]"""
    grades: NDArray[np.int64]

    def part(self, flags: NDArray[np.bool_], name: str) -> _Pairs:
        texts = [text for text, flag in zip(self.texts, flags, strict=True) if flag]
        return _Pairs(name, texts, self.table[flags], self.grades[flags])


def probe(
    train: JudgedSet, others: Iterable[JudgedSet], reader: SurfaceReader, *, seed: int = 0
) -> list[Probed]:
    """Train on half of the queries of a set; report on its other half and on other sets.

    Grades are `knowledge.Grade`s, as they stand: for a published mix of them apply
    `labels.to_mix` first. Queries of the other sets that were trained on are left out.

    Args:
        train: pairs of which half are learnt from, by a hash of the query's text.
        others: sets over the same catalogue: another grammar, held-out words.
        reader: of that catalogue.
        seed: of the boosting's binning.
    """
    pairs = _read(train, reader)
    late = second_half(pairs.texts)
    learnt = pairs.part(~late, train.name)
    models = _fit(learnt, seed)
    known = frozenset(learnt.texts)
    tests = [pairs.part(late, f"{train.name}, {TRAINED}")]
    for other in others:
        read = _read(other, reader)
        tests.append(read.part(np.array([t not in known for t in read.texts]), other.name))
    return [_report(test, models) for test in tests]


def _read(judged: JudgedSet, reader: SurfaceReader) -> _Pairs:
    texts = [judged.queries[judgement.query_id] for judgement in judged.judgements]
    ids = [judgement.product_id for judgement in judged.judgements]
    grades = np.array([judgement.grade for judgement in judged.judgements], dtype=np.int64)
    return _Pairs(judged.name, texts, reader.table(zip(texts, ids, strict=True)), grades)


def _fit(pairs: _Pairs, seed: int) -> dict[ModelName, ClassifierMixin]:
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known = partial(SimpleImputer, keep_empty_features=True)
    models: dict[ModelName, ClassifierMixin] = {
        "majority": DummyClassifier(strategy="most_frequent"),
        "logistic": make_pipeline(known(), StandardScaler(), LogisticRegression(max_iter=1_000)),
        "boosted": make_pipeline(
            known(), HistGradientBoostingClassifier(early_stopping=False, random_state=seed)
        ),
    }
    return {name: model.fit(pairs.table, pairs.grades) for name, model in models.items()}


def _report(pairs: _Pairs, models: Mapping[ModelName, ClassifierMixin]) -> Probed:
    queries = {text: at for at, text in enumerate(dict.fromkeys(pairs.texts))}
    query = np.array([queries[text] for text in pairs.texts])
    lowest, size = min(Grade), len(Grade)
    macro: dict[ModelName, Interval] = {}
    by_grade: dict[ModelName, tuple[float, ...]] = {}
    accuracy: dict[ModelName, float] = {}
    for name, model in models.items():
        said = model.predict(pairs.table)
        cells = np.zeros((len(queries), size, size))
        np.add.at(cells, (query, pairs.grades - lowest, said - lowest), 1.0)
        means = resampled_means(cells.reshape(len(queries), -1), resamples=RESAMPLES)
        drawn = f1_by_class(means.reshape(-1, size, size)).mean(axis=-1)
        f1 = f1_by_class(cells.sum(axis=0))
        low, high = np.quantile(drawn, [0.025, 0.975])
        macro[name] = Interval(float(f1.mean()), float(low), float(high), len(queries))
        by_grade[name] = tuple(f1.tolist())
        accuracy[name] = float((said == pairs.grades).mean())
    return Probed(pairs.name, len(queries), len(pairs.grades), macro, by_grade, accuracy)
