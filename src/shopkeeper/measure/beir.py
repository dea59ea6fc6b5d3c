"""BEIR's folder: `corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv` (Thakur et al. 2021)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.measure.trec import whole_grade
from shopkeeper.records import InvalidRecord, Judgement, NotFound

_QRELS_HEADER = ("query-id", "corpus-id", "score")


@dataclass(frozen=True, slots=True)
class Document:
    """What BEIR knows of a product."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class BeirFolder:
    """A test collection. `judgements` by split, as in ``test``."""

    documents: tuple[Document, ...]
    queries: Mapping[str, str]
    """Query id → text."""
    judgements: Mapping[str, tuple[Judgement, ...]]


def read_beir(folder: Path) -> BeirFolder:
    """Read the whole collection into memory."""
    corpus, queries = folder / "corpus.jsonl", folder / "queries.jsonl"
    splits = sorted((folder / "qrels").glob("*.tsv"))
    if not splits:
        raise NotFound("no qrels/*.tsv", where=str(folder), expected="a BEIR folder")
    return BeirFolder(
        documents=tuple(
            Document(
                _text(row, "_id", where),
                _text(row, "title", where) if row.get("title") is not None else "",
                _text(row, "text", where),
            )
            for where, row in _objects(corpus)
        ),
        queries={
            _text(row, "_id", where): _text(row, "text", where) for where, row in _objects(queries)
        },
        judgements={split.stem: tuple(_judgements(split)) for split in splits},
    )


def write_beir(folder: Path, collection: BeirFolder) -> None:
    """Write the collection; the folder is made when it is missing, files in it are replaced.

    Raises:
        InvalidRecord: a grade with decimals, which BEIR's own loader cannot read.
    """
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    with (folder / "corpus.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for document in collection.documents:
            row = {"_id": document.id, "title": document.title, "text": document.text}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with (folder / "queries.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for query_id, text in collection.queries.items():
            file.write(json.dumps({"_id": query_id, "text": text}, ensure_ascii=False) + "\n")
    for split, judgements in collection.judgements.items():
        with (folder / "qrels" / f"{split}.tsv").open("w", encoding="utf-8", newline="\n") as file:
            file.write("\t".join(_QRELS_HEADER) + "\n")
            for judgement in judgements:
                ids = f"{judgement.query_id}\t{judgement.product_id}"
                file.write(f"{ids}\t{whole_grade(judgement, folder)}\n")


def _objects(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    if not path.is_file():
        raise NotFound("there is no such file", where=str(path), expected="a BEIR folder")
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise InvalidRecord(f"no JSON: {error}", where=where) from None
            if not isinstance(row, dict):
                raise InvalidRecord(f"{line.strip():.60}", where=where, expected="a JSON object")
            yield where, row


def _text(row: Mapping[str, object], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise InvalidRecord(f"{key} is {value!r}", where=where, expected="a text")
    return value


def _judgements(path: Path) -> Iterator[Judgement]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            cells = tuple(line.rstrip("\r\n").split("\t"))
            where = f"{path}:{number}"
            if len(cells) != 3:
                raise InvalidRecord(
                    f"{len(cells)} columns", where=where, expected=" ⇥ ".join(_QRELS_HEADER)
                )
            if number == 1 and cells == _QRELS_HEADER:
                continue
            try:
                yield Judgement(cells[0], cells[1], float(cells[2]))
            except ValueError:
                raise InvalidRecord(
                    f"score {cells[2]!r}", where=where, expected="a number"
                ) from None
