"""The page of load: what `shopkeeper bench load` found with each number of workers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shopkeeper.experiment.report import markdown

Run = Mapping[str, Any]
"""One server: "workers", None for one that was up before, and "report", as the bench names it."""

HEAD = """# Load

Written by `shopkeeper bench load --shop shops/demo --workers 1 --workers 2 --out docs/performance`,
on a machine of {cores} cores that the generator shares with the server.
{goods}

The capacity is what 16 callers get who ask again when they are answered (a closed loop). Then
requests come at 0.5, 1 and 3 times that rate, whether or not others are answered (an open loop).
How the server chooses whom to answer stands in
[operations.md](../operations.md#more-requests-than-it-can-answer).

**Why not wrk?** wrk, hey and ab are closed loops: a connection asks again when it is answered. So
they never have more requests under way than connections, slow down with the server, and cannot
offer three times what it can do. And while a server stalls they do not ask: one slow answer is
counted where a crowd of shoppers would have waited (coordinated omission). Here each request has
its moment, drawn beforehand from a Poisson process. It is sent then, whatever became of the others,
and its time counts from that moment, so that the generator's own lateness is in it.

*answered* is HTTP 200, *refused* 503 with Retry-After; *degraded* is the share of the answered in
which a stage was late or failed."""


def load_tables(runs: Sequence[Run]) -> str:
    """A row per server, and a row per server and share of its capacity, in Markdown."""
    servers = markdown(
        ["workers", "capacity, searches/s", "different queries", "memory before → after, MB"],
        [
            [
                _workers(run),
                f"{run['report']['capacity_per_s']:.0f}",
                f"{run['report']['queries']:,}",
                f"{_whole(run['report']['memory_before_mb'])} → "
                f"{_whole(run['report']['memory_after_mb'])}",
            ]
            for run in runs
        ],
    )
    levels = markdown(
        ["workers", "× capacity", "offered /s", "answered /s", "refused", "degraded", "failed",
         "p50 / p99 / p99.9, ms", "refused p99, ms", "most inside", "own lateness p99, ms"],
        [[_workers(run), *_level(level)] for run in runs for level in run["report"]["levels"]],
    )  # fmt: skip
    return f"{servers}\n{levels}"


def write_load(runs: Sequence[Run], folder: Path) -> Path:
    """Keep the runs' figures, and write the page of them, in place of those that were there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "load.json").write_text(json.dumps(runs, indent=1) + "\n", "utf-8")
    first = runs[0]["report"]
    goods = f"{first['products']:,} products. {first['notice']}".rstrip()
    head = HEAD.format(cores=os.cpu_count(), goods=goods)
    page = folder / "load.md"
    page.write_text(f"{head}\n\n{load_tables(runs)}", "utf-8")
    return page


def _level(level: Mapping[str, Any]) -> list[str]:
    return [
        f"{level['share']:g}",
        f"{level['offered_per_s']:.0f}",
        f"{level['pages_per_s']:.0f}",
        f"{level['refused_share']:.1%}",
        f"{level['degraded_share']:.1%}",
        f"{level['failed']}",
        " / ".join(_whole(level[name]) for name in ("p50_ms", "p99_ms", "p999_ms")),
        _whole(level["refused_p99_ms"]),
        _whole(level["queue_most"]),
        f"{level['late_p99_ms']:.1f}",
    ]


def _workers(run: Run) -> str:
    return _whole(run["workers"])


def _whole(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.0f}"
