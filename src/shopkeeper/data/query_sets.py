"""What do shoppers type? Query texts of the public sets, and of any table that has them.

Every set lists a text once; only Best Buy's clicks (`behaviour_sets`) say how often one was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from shopkeeper.data.columns import read_columns, read_whole_lines
from shopkeeper.data.judged import load_judged
from shopkeeper.records import InvalidRecord, InvalidRequest

QuerySetName: TypeAlias = Literal["homedepot", "crowdflower", "icecat", "wands", "taobao"]
QUERY_SETS: tuple[QuerySetName, ...] = get_args(QuerySetName)
_LOCALES: Mapping[str, str] = {**dict.fromkeys(QUERY_SETS, "en"), "taobao": "zh"}


@dataclass(frozen=True, slots=True)
class QuerySet:
    """Distinct query texts as typed, in the order of the file."""

    name: str
    locale: str
    """BCP 47."""
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CorrectedQuery:
    """A query and what a search engine would rather have read; the two always differ."""

    typed: str
    corrected: str


def load_queries(name: str, data_dir: Path) -> QuerySet:
    """The query texts of one set.

    Args:
        name: one of `QUERY_SETS`.
        data_dir: the folder that holds ``homedepot-relevance`` and its neighbours.

    Raises:
        InvalidRequest: no such set.
        NotFound: the folder lacks the set.
        InvalidRecord: a row is broken.
    """
    if name not in QUERY_SETS:
        raise InvalidRequest(f"query set {name!r}", expected=" or ".join(QUERY_SETS))
    if name == "wands":
        texts = read_queries(data_dir / "wands-queries" / "query.csv", "query")
    elif name == "taobao":
        texts = tuple(dict.fromkeys(_numbered(data_dir / "taobao-queries" / "queries.tsv.gz")))
    else:
        texts = tuple(load_judged(name, data_dir).queries.values())
    return QuerySet(name, _LOCALES[name], texts)


def read_queries(path: Path, column: str) -> tuple[str, ...]:
    """The distinct texts in a column of any table with a header, in the order of the file."""
    return tuple(dict.fromkeys(cells.values[0] for cells in read_columns(path, [column])))


def load_corrections(data_dir: Path) -> tuple[CorrectedQuery, ...]:
    """Home Depot's misspelt queries with a search engine's corrections, unchecked by people."""
    path = data_dir / "homedepot-query-corrections" / "corrections.csv.gz"
    rows = read_columns(path, ["query", "corrected_query"])
    return tuple(CorrectedQuery(*cells.values) for cells in rows)


def load_brands(data_dir: Path) -> tuple[str, ...]:
    """The brand names that were seen in Home Depot's catalogue."""
    path = data_dir / "homedepot-query-corrections" / "brand_statistics.csv.gz"
    return read_queries(path, "name")


def _numbered(path: Path) -> Iterator[str]:
    """The texts of ``number<TAB>query`` lines."""
    for number, line in read_whole_lines(path):
        _, tab, text = line.partition("\t")
        if not (tab and text.strip()):
            raise InvalidRecord(
                f"{line!r:.60}", where=f"{path}:{number}", expected="a number, a tab and a query"
            )
        yield text.strip()
