"""What did raters say of Wayfair's queries? WANDS as its publishers lay it out.

``query.csv``, ``label.csv`` and ``product.csv``, tab separated (Chen et al. 2022, ECIR). The set
has no official split.
"""

from __future__ import annotations

from pathlib import Path

from shopkeeper.data.columns import read_columns
from shopkeeper.data.feed import Feed, open_feed
from shopkeeper.data.judged import JudgedSet, query_id
from shopkeeper.records import InvalidRecord, Judgement, NotFound

_REPOSITORY_FOLDER = "dataset"
LEVELS = {"Exact": 2.0, "Partial": 1.0, "Irrelevant": 0.0}
CONVENTIONS = {
    "linear": {2.0: 1.0, 1.0: 0.5, 0.0: 0.0},
    "exponential": {2.0: 3.0, 1.0: 1.0, 0.0: 0.0},
}
"""A partial match is worth half of an exact one, or by 2^g − 1 a third; reports follow either."""


def load_wands(folder: Path) -> tuple[JudgedSet, Feed]:
    """Judgements and products.

    Args:
        folder: holds the three files, or is the repository that has them in ``dataset``.

    Raises:
        NotFound: a file is not there.
        InvalidRecord: a row is not whole, or a label is none of Exact, Partial, Irrelevant, or a
            judged query is not among the queries.
    """
    texts = {
        cells.values[0]: cells.values[1]
        for cells in read_columns(_file(folder, "query.csv"), ("query_id", "query"))
    }
    path = _file(folder, "label.csv")
    queries: dict[str, str] = {}
    judgements = []
    for cells in read_columns(path, ("query_id", "product_id", "label")):
        query, product_id, label = cells.values
        where = f"{path}:{cells.row}"
        if label not in LEVELS:
            raise InvalidRecord(f"label {label!r}", where=where, expected=", ".join(LEVELS))
        if query not in texts:
            raise InvalidRecord(f"query_id {query!r}", where=where, expected="one of query.csv")
        text = texts[query]
        queries[query_id(text)] = text
        judgements.append(Judgement(query_id(text), product_id, LEVELS[label]))
    judged = JudgedSet(
        name="wands",
        queries=queries,
        judgements=tuple(judgements),
        lowest_grade=LEVELS["Irrelevant"],
        relevant_from=LEVELS["Exact"],
        headline="ndcg@10",
        conventions=CONVENTIONS,
    )
    return judged, open_feed(_file(folder, "product.csv"), format="wands")


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / _REPOSITORY_FOLDER / name):
        if path.is_file():
            return path
    raise NotFound(
        "WANDS is not there",
        where=str(folder / name),
        hint="name the folder that holds query.csv, label.csv and product.csv with --data",
    )
