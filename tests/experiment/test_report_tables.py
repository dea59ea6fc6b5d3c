from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pytest
from rich.console import Console

from shopkeeper.experiment import (
    CrossFit,
    RelevanceReport,
    markdown,
    relevance_markdown,
    relevance_tables,
    to_json,
)
from shopkeeper.measure import Difference, Interval
from shopkeeper.records import InvalidRequest


@dataclass(frozen=True)
class Setting:
    weight: float


@pytest.fixture
def report() -> RelevanceReport:
    row = {
        "ndcg@10": Interval(0.5, 0.25, 0.75, 89),
        "ndcg@10_judged": Interval(0.125, 0.0, 0.25, 89),
        "mrr": Interval(1.0, 1.0, 1.0, 86),
        "recall@100": None,
    }
    difference = Difference(-0.5, -0.75, 0.25, 89, 0.02)
    return RelevanceReport(
        dataset="handmade",
        headline="ndcg@10",
        queries=1_102,
        left_out=13,
        absent=2,
        counted={"ndcg@10": 89, "ndcg@10_judged": 89, "mrr": 86, "recall@100": 1},
        arms={"lexical": row, "hybrid": row},
        paired={("hybrid", "lexical"): {**dict.fromkeys(row, difference), "recall@100": None}},
        nothing_fits={"hybrid": 0.9375},
        chosen={"hybrid": CrossFit((Setting(0.2), Setting(0.3)), {"mrr": np.zeros(3)})},
    )


def test_golden_markdown(report: RelevanceReport) -> None:
    lines = relevance_markdown(report).splitlines()
    assert lines[:4] == [
        "| handmade | ndcg@10 | ndcg@10_judged | mrr | recall@100 |",
        "| :-- | --: | --: | --: | --: |",
        "| lexical | 0.500 [0.250, 0.750] | 0.125 [0.000, 0.250] | 1.000 [1.000, 1.000] | – |",
        "| hybrid | 0.500 [0.250, 0.750] | 0.125 [0.000, 0.250] | 1.000 [1.000, 1.000] | – |",
    ]
    assert lines[4].startswith("| hybrid − lexical | -0.500 [-0.750, +0.250] |")
    notes = "\n".join(lines[6:])
    assert "13 of 1,102 queries have no positive grade" in notes
    assert "2 judged products are not in the catalogue" in notes
    assert "“Nothing fits” by hybrid: AUC 0.938." in notes
    assert "hybrid is cross-fitted: Setting(weight=0.2) on one half" in notes


def test_the_terminal_shows_every_arm_and_number(report: RelevanceReport) -> None:
    console = Console(file=io.StringIO(), width=160)
    console.print(*relevance_tables(report))
    shown = console.file.getvalue()
    for text in ("hybrid − lexical", "0.500 [0.250, 0.750]", "-0.500 [-0.750, +0.250]", "0.938"):
        assert text in shown


def test_settings_of_a_crossfit_are_in_the_record(report: RelevanceReport) -> None:
    record = to_json(report)
    assert record["crossfit"] == {"hybrid": [{"weight": 0.2}, {"weight": 0.3}]}
    expected = {"mean": -0.5, "low": -0.75, "high": 0.25, "p": 0.02}
    assert record["paired"]["hybrid-lexical"]["mrr"] == expected
    assert record["paired"]["hybrid-lexical"]["recall@100"] is None


def test_cells_cannot_break_the_table() -> None:
    assert markdown(["a", "b"], [["x|y", "two\nlines"]]) == (
        "| a | b |\n| :-- | --: |\n| x\\|y | two lines |\n"
    )
    with pytest.raises(InvalidRequest, match="a row of 1 cells; expected 2"):
        markdown(["a", "b"], [["x"]])
