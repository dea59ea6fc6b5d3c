"""How is it shown to people? Tables for the terminal and for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shopkeeper.experiment.relevance import METRICS
from shopkeeper.experiment.summary import RelevanceReport
from shopkeeper.measure import Difference, Interval
from shopkeeper.records import InvalidRequest

if TYPE_CHECKING:
    from rich.table import Table


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column to the left, the others to the right. Ends in a newline.

    Raises:
        InvalidRequest: a row of another length than the header.
    """
    for row in rows:
        if len(row) != len(header):
            raise InvalidRequest(f"a row of {len(row)} cells", expected=str(len(header)))
    ruler = [":--", *["--:"] * (len(header) - 1)]
    lines = (header, ruler, *rows)
    return "".join("| " + " | ".join(map(_cell, line)) + " |\n" for line in lines)


def relevance_rows(report: RelevanceReport, metrics: Sequence[str] = METRICS) -> list[list[str]]:
    """A row per arm, then one per pair: its name, then each metric with its 95 % interval."""
    rows = [
        [name, *(_interval(row[metric], "") for metric in metrics)]
        for name, row in report.arms.items()
    ]
    rows += [
        [f"{left} − {right}", *(_interval(row[metric], "+") for metric in metrics)]
        for (left, right), row in report.paired.items()
    ]
    return rows


def conventional(report: RelevanceReport) -> list[str]:
    """The metrics by gain convention; none where the set has but one."""
    return [metric for metric in report.counted if metric not in METRICS]


def relevance_notes(report: RelevanceReport) -> list[str]:
    """What the table has to be read with, a sentence each."""
    unsatisfiable = f"{report.left_out:,} of {report.queries:,} queries have no positive grade"
    notes = [f"{unsatisfiable} and are left out of nDCG; best read by {report.headline}."]
    counts = ", ".join(f"{metric} {report.counted[metric]:,}" for metric in METRICS)
    notes.append(f"Queries behind each mean: {counts}. Brackets: 95 % bootstrap over queries.")
    if report.absent:
        notes.append(f"{report.absent:,} judged products are not in the catalogue.")
    notes += [
        f"“Nothing fits” by {name}: AUC {area:.3f}." for name, area in report.nothing_fits.items()
    ]
    notes += [
        f"{name} is cross-fitted: {fitted.chosen[0]} on one half, {fitted.chosen[1]} on the other."
        for name, fitted in report.chosen.items()
    ]
    return notes


def relevance_markdown(report: RelevanceReport) -> str:
    """The table and its notes, for the docs."""
    table = markdown([report.dataset, *METRICS], relevance_rows(report))
    if further := conventional(report):
        table += "\n" + markdown(["by gain", *further], relevance_rows(report, further))
    return table + "\n" + "\n".join(relevance_notes(report)) + "\n"


def relevance_tables(report: RelevanceReport) -> list[Table]:
    """The table and its notes, for a terminal; a second one where gains differ by convention."""
    from rich.markup import escape
    from rich.table import Table

    notes = escape("\n".join(relevance_notes(report)))
    tables: list[Table] = []
    for title, metrics in ((report.dataset, METRICS), ("by gain", conventional(report))):
        if metrics:
            table = Table(title=title, caption=None if tables else notes)
            table.add_column("arm", no_wrap=True)
            for metric in metrics:
                table.add_column(metric, justify="right")
            for row in relevance_rows(report, metrics):
                table.add_row(*map(escape, row))
            tables.append(table)
    return tables


def _interval(interval: Interval | Difference | None, sign: str) -> str:
    if interval is None:
        return "–"
    mean, low, high = (f"{v:{sign}.3f}" for v in (interval.mean, interval.low, interval.high))
    return f"{mean} [{low}, {high}]"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
