"""TREC's files: runs (`query Q0 document rank score tag`) and qrels (`query 0 document grade`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from shopkeeper.measure.ranking import by_score
from shopkeeper.records import InvalidRecord, Judgement, NotFound, Ranking


def read_run(path: Path) -> list[Ranking]:
    """Rankings in the order of the queries' first lines.

    Like trec_eval this reads the score and ignores the rank: products stand in `by_score` order.
    """
    scores: dict[str, dict[str, float]] = {}
    for where, (query_id, _, product_id, _, score, _) in _rows(path, 6):
        of_query = scores.setdefault(query_id, {})
        if product_id in of_query:
            raise InvalidRecord(f"{product_id} is ranked twice for query {query_id}", where=where)
        of_query[product_id] = _number(score, "score", where)
    return [
        Ranking(query_id, tuple(order), tuple(of_query[id_] for id_ in order))
        for query_id, of_query in scores.items()
        for order in [by_score(of_query)]
    ]


def write_run(path: Path, rankings: Iterable[Ranking], *, tag: str = "shopkeeper") -> None:
    """Write rankings; scores keep all their digits.

    trec_eval orders by score: let scores fall along the ranking, or it will not be the same one.
    """
    _word(tag, path)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for ranking in rankings:
            pairs = zip(ranking.product_ids, ranking.scores, strict=True)
            for rank, (product_id, score) in enumerate(pairs, start=1):
                query = _word(ranking.query_id, path)
                file.write(f"{query} Q0 {_word(product_id, path)} {rank} {float(score)!r} {tag}\n")


def read_qrels(path: Path) -> list[Judgement]:
    """The judgements, in the order of the file; grades may have decimals."""
    return [
        Judgement(query_id, product_id, _number(grade, "grade", where))
        for where, (query_id, _, product_id, grade) in _rows(path, 4)
    ]


def write_qrels(path: Path, judgements: Iterable[Judgement]) -> None:
    """Write judgements.

    Raises:
        InvalidRecord: a grade with decimals, which trec_eval would cut off without a word.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for judgement in judgements:
            query, product = _word(judgement.query_id, path), _word(judgement.product_id, path)
            file.write(f"{query} 0 {product} {whole_grade(judgement, path)}\n")


def whole_grade(judgement: Judgement, path: Path) -> int:
    """The grade for a file whose readers take whole numbers only; decimals are an error."""
    if not float(judgement.grade).is_integer():
        raise InvalidRecord(
            f"grade {judgement.grade} of {judgement.product_id}",
            where=str(path),
            expected="a whole number",
            hint="map the grades to whole levels first",
        )
    return int(judgement.grade)


def _rows(path: Path, columns: int) -> Iterator[tuple[str, list[str]]]:
    if not path.is_file():
        raise NotFound("there is no such file", where=str(path))
    with path.open(encoding="utf-8") as file:
        for row, line in enumerate(file, start=1):
            cells = line.split()
            if not cells:
                continue
            where = f"{path}:{row}"
            if len(cells) != columns:
                raise InvalidRecord(f"{len(cells)} columns", where=where, expected=str(columns))
            yield where, cells


def _number(text: str, name: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidRecord(f"{name} {text!r}", where=where, expected="a number") from None


def _word(identifier: str, path: Path) -> str:
    if not identifier or identifier.split() != [identifier]:
        raise InvalidRecord(
            f"{identifier!r} is no single word", where=str(path), expected="ids without spaces"
        )
    return identifier
