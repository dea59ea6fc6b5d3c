"""What did raters say of real queries? The three public sets with a catalogue, as laid out on disk.

Only the judgement files are read here; the catalogues beside them are feeds like any other.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np

from shopkeeper.measure import exponential_gain
from shopkeeper.records import InvalidRecord, InvalidRequest, Judgement, NotFound

JudgedName: TypeAlias = Literal["icecat", "crowdflower", "homedepot"]
JUDGED_NAMES: tuple[JudgedName, ...] = get_args(JudgedName)


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Queries and judgements of one set, with the conventions its figures are reported in."""

    name: str
    queries: Mapping[str, str]
    """Query id → text, in the order of the file."""
    judgements: tuple[Judgement, ...]
    """Every row of the file, in the set's own labels."""
    lowest_grade: float
    """The label that means worthless: its gain is 0."""
    relevant_from: float
    """Labels from here up count as relevant."""
    headline: str
    """The metric that the set is best read by."""
    conventions: Mapping[str, Mapping[float, float]] = field(default_factory=dict)
    """Name → gain by grade, of a set whose publishers say what its labels are worth; figures
    follow the first. Empty: 2^g − 1."""

    def grades(self) -> dict[str, dict[str, float]]:
        """Query id → product id → grade; a pair judged more than once has its mean grade."""
        rows: dict[str, dict[str, list[float]]] = {query_id: {} for query_id in self.queries}
        for judgement in self.judgements:
            of_query = rows[judgement.query_id]
            of_query.setdefault(judgement.product_id, []).append(judgement.grade)
        return {
            query_id: {id_: math.fsum(given) / len(given) for id_, given in of_query.items()}
            for query_id, of_query in rows.items()
        }

    def gain(self, grade: float, convention: str | None = None) -> float:
        """By the convention, else the first one; without any, 2^g − 1 with g from the lowest grade.

        A grade between two labels, the mean of raters who differ, gains what lies between.
        """
        if not self.conventions:
            return exponential_gain(grade - self.lowest_grade)
        table = self.conventions[convention or next(iter(self.conventions))]
        labels = sorted(table)
        return float(np.interp(grade, labels, [table[label] for label in labels]))


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the judgements lie, and what the columns are called."""

    file: str
    query: str
    product: str
    grade: str
    lowest_grade: float
    highest_grade: float
    relevant_from: float
    headline: str


_LAYOUTS: Mapping[str, _Layout] = {
    "icecat": _Layout(
        "icecat-relevance/judgements.csv", "query", "docid", "rating", 0, 3, 2, "ndcg@10"
    ),
    "crowdflower": _Layout(
        "crowdflower-relevance/judgements.csv.gz",
        "query",
        "product_id",
        "median_relevance",
        1,
        4,
        4,
        "ndcg@10",
    ),
    # About six judged products a query: most good ones are unjudged, so recall reads best.
    "homedepot": _Layout(
        "homedepot-relevance/judgements.csv.gz",
        "search_term",
        "product_uid",
        "relevance",
        1,
        3,
        2.67,
        "recall@100",
    ),
}


def load_judged(name: str, data_dir: Path) -> JudgedSet:
    """Read one set's judgements.

    Args:
        name: one of `JUDGED_NAMES`.
        data_dir: the folder that holds ``icecat-relevance`` and its neighbours.

    Raises:
        InvalidRequest: no such set.
        NotFound: the folder lacks the set.
        InvalidRecord: a column is missing, a row lacks its query, product or valid grade, or
            the bytes are no such file.
    """
    if name not in _LAYOUTS:
        raise InvalidRequest(f"judged set {name!r}", expected=" or ".join(JUDGED_NAMES))
    layout = _LAYOUTS[name]
    path = data_dir / layout.file
    if not path.is_file():
        raise NotFound(
            f"the judgements of {name} are not there",
            where=str(path),
            hint=f"name the folder that holds {layout.file} with --data",
        )
    queries: dict[str, str] = {}
    judgements = []
    try:
        for text, product_id, grade in _rows(path, layout):
            id_ = query_id(text)
            queries[id_] = text
            judgements.append(Judgement(id_, product_id, grade))
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidRecord(f"unreadable: {error}", where=str(path), hint="copy it anew") from error
    return JudgedSet(
        name=name,
        queries=queries,
        judgements=tuple(judgements),
        lowest_grade=layout.lowest_grade,
        relevant_from=layout.relevant_from,
        headline=layout.headline,
    )


def query_id(text: str) -> str:
    """Sixteen hexadecimal digits of the text's SHA-256: the sets name queries by text alone."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rows(path: Path, layout: _Layout) -> Iterator[tuple[str, str, float]]:
    """(query text, product id, grade) of every row."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = (layout.query, layout.product, layout.grade)
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise InvalidRecord(
                f"no column {', '.join(missing)}", where=f"{path}:1", expected=", ".join(columns)
            )
        for row in reader:
            where = f"{path}:{reader.line_num}"
            text, product_id, grade = (row[column] or "" for column in columns)
            if not text.strip() or not product_id.strip():
                raise InvalidRecord("a row without query or product", where=where)
            yield text, product_id, _grade(grade, layout, where)


def _grade(text: str, layout: _Layout, where: str) -> float:
    expected = f"{layout.lowest_grade:g} … {layout.highest_grade:g}"
    try:
        grade = float(text)
    except ValueError:
        raise InvalidRecord(f"{layout.grade} {text!r}", where=where, expected=expected) from None
    if not layout.lowest_grade <= grade <= layout.highest_grade:
        raise InvalidRecord(f"{layout.grade} {text!r}", where=where, expected=expected)
    return grade
