"""What stands in a shop's logs? Rows of Parquet, read as the records that a shop writes.

A serve log or an event log may lie as JSON lines, as a shop writes it, or as Parquet, as one keeps
it for training. Both have the same columns; here is the way back from Parquet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shopkeeper.records import Event, InvalidRecord, LoggedCandidate, NotFound, ServeLogRow


def read_serve_log(folder: Path) -> Iterator[ServeLogRow]:
    """Every row of the Parquet files of a folder, file by file; errors name the file."""
    return (serve_row(row) for row in _rows(folder, "candidates"))


def read_event_log(folder: Path) -> Iterator[Event]:
    """Every event of the Parquet files of a folder, file by file; errors name the file."""
    return (event_row(row) for row in _rows(folder, "action"))


def serve_row(row: Mapping[str, Any]) -> ServeLogRow:
    """One row of a table, maps as lists of pairs."""
    candidates = tuple(
        LoggedCandidate(
            **{
                **candidate,
                "scores": dict(candidate["scores"]),
                "features": dict(candidate["features"]),
            }
        )
        for candidate in row["candidates"]
    )
    return ServeLogRow(
        **{
            **row,
            "filters": tuple(row["filters"]),
            "degraded": tuple(row["degraded"]),
            "artefacts": dict(row["artefacts"]),
            "candidates": candidates,
        }
    )


def event_row(row: Mapping[str, Any]) -> Event:
    """One row of a table, maps as lists of pairs."""
    return Event(**{**row, "attributes": dict(row["attributes"])})


def _rows(folder: Path, needed: str) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise NotFound("no *.parquet", where=str(folder), hint="name the folder that holds them")
    for path in files:
        try:
            file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise InvalidRecord(f"unreadable: {error}", where=str(path)) from error
        if needed not in file.schema_arrow.names:
            raise InvalidRecord(
                f"columns {', '.join(file.schema_arrow.names)}",
                where=str(path),
                expected=f"a log, with {needed}",
            )
        for batch in file.iter_batches(batch_size=2_000):
            yield from batch.to_pylist()
