"""Logs in Parquet, read back; purchases through another door, credited by hand-made cases."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopkeeper.data import attribute, read_event_log, read_serve_log
from shopkeeper.data.attribution import WINDOW_MS
from shopkeeper.records import Event, InvalidRecord, LoggedCandidate, NotFound, ServeLogRow

HOUR = 3_600_000


def search(query_id: str, hour: int, **products: str) -> ServeLogRow:
    """A search of shopper s; products by what they are: exposed or sampled."""
    candidates = tuple(
        LoggedCandidate(name, name, kind == "exposed", 0 if kind == "exposed" else None, 0.5)
        for name, kind in products.items()
    )
    return ServeLogRow(
        query_id, "shop", hour * HOUR, "tent", "en", "US", (), "s", "v", 9, "g", candidates
    )


def click(query_id: str, product: str, hour: int) -> Event:
    return Event("click", hour * HOUR + 1, "s", "v", query_id, product)


def purchase(product: str, hour: int, query_id: str | None = None) -> Event:
    return Event("purchase", hour * HOUR, "s", None, query_id, product)


def credited(rows: list[ServeLogRow], events: list[Event]) -> list[tuple[str, str]]:
    return [(one.query_id, one.level) for one in attribute(rows, events)]


def test_a_click_goes_before_a_later_exposure() -> None:
    rows = [search("a", 1, tent="exposed"), search("b", 5, tent="exposed")]
    assert credited(rows, [click("a", "tent", 1), purchase("tent", 9)]) == [("a", "clicked")]
    assert credited(rows, [purchase("tent", 9)]) == [("b", "exposed")]


def test_an_exposure_goes_before_a_later_candidate_that_was_not_shown() -> None:
    rows = [search("a", 1, tent="exposed"), search("b", 5, tent="sampled")]
    assert credited(rows, [purchase("tent", 9)]) == [("a", "exposed")]
    assert credited(rows[1:], [purchase("tent", 9)]) == [("b", "unexposed")]


def test_only_searches_before_the_purchase_and_within_the_window() -> None:
    rows = [search("a", 10, tent="exposed")]
    assert credited(rows, [purchase("tent", 10)]) == []
    assert credited(rows, [purchase("tent", 9)]) == []
    last = 10 + WINDOW_MS // HOUR
    assert credited(rows, [purchase("tent", last - 1)]) == [("a", "exposed")]
    assert credited(rows, [purchase("tent", last)]) == []


def test_what_names_its_search_or_another_product_is_left_alone() -> None:
    rows = [search("a", 1, tent="exposed")]
    assert credited(rows, [purchase("tent", 2, "a"), purchase("tarp", 2)]) == []


def test_a_log_comes_back_from_parquet(tmp_path: Path) -> None:
    scores = pa.map_(pa.string(), pa.float64())
    candidate = pa.struct(
        [
            ("product_id", pa.string()),
            ("sku", pa.string()),
            ("exposed", pa.bool_()),
            ("position", pa.int32()),
            ("propensity", pa.float64()),
            ("scores", scores),
            ("features", scores),
        ]
    )
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("query_id", "shop_id")),
            ("timestamp_ms", pa.int64()),
            *((name, pa.string()) for name in ("query_text", "locale", "market")),
            ("filters", pa.list_(pa.string())),
            *((name, pa.string()) for name in ("shopper_id", "session_id")),
            ("total", pa.int64()),
            ("generation", pa.string()),
            ("candidates", pa.list_(candidate)),
            ("artefacts", pa.map_(pa.string(), pa.string())),
            ("degraded", pa.list_(pa.string())),
            ("latency_ms", pa.float64()),
            ("domain", pa.string()),
        ]
    )
    row = {
        "query_id": "q",
        "shop_id": "shop",
        "timestamp_ms": 5,
        "query_text": "red tent",
        "locale": "en",
        "market": "US",
        "filters": ["price:..10"],
        "shopper_id": None,
        "session_id": None,
        "total": 1,
        "generation": "",
        "candidates": [
            {
                "product_id": "p",
                "sku": "p-1",
                "exposed": True,
                "position": 0,
                "propensity": 0.25,
                "scores": [("engine", 1.5)],
                "features": [],
            }
        ],
        "artefacts": [("index", "7")],
        "degraded": [],
        "latency_ms": 0.0,
        "domain": "search",
    }
    pq.write_table(pa.Table.from_pylist([row], schema), tmp_path / "part-0.parquet")
    assert list(read_serve_log(tmp_path)) == [
        ServeLogRow(
            "q",
            "shop",
            5,
            "red tent",
            "en",
            "US",
            ("price:..10",),
            None,
            None,
            1,
            "",
            (LoggedCandidate("p", "p-1", True, 0, 0.25, {"engine": 1.5}, {}),),
            {"index": "7"},
        )
    ]
    with pytest.raises(InvalidRecord, match="expected a log, with action"):
        list(read_event_log(tmp_path))


def test_a_folder_without_logs_and_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no \*\.parquet"):
        list(read_serve_log(tmp_path))
    (tmp_path / "part-0.parquet").write_text("no parquet")
    with pytest.raises(InvalidRecord, match=r"part-0\.parquet"):
        list(read_serve_log(tmp_path))
