"""The page of the world's checks: ``results.md`` and its plots, from what the parts wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopkeeper.experiment.checks import Finding, findings_markdown
from shopkeeper.experiment.plots import draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEADINGS: Mapping[str, str] = {
    "likeness": "Likeness: how much do queries and shoppers resemble real ones?",
    "order": "Difficulty and order: do systems stand as they do on real judgements?",
    "truth": "Truth: does a log lead back to its causes?",
    "experiments": "Experiments: do they say what is true?",
    "pictures": "Pictures: can their attributes be read?",
    "repeatable": "Repeatable: same seed, same bytes?",
    "cost": "Cost: how does it grow?",
}


def write_page(folder: Path) -> Path:
    """Write ``results.md`` and a plot for each part that has numbers to draw; the page's path."""
    lines = [
        "# What the checks of the simulated world found",
        "",
        "Written by `shopkeeper world check --out docs/world`; everything here is simulated. What",
        "the world is, and how it is made, stands in [world.md](../world.md).",
    ]
    for name, heading in HEADINGS.items():
        file = folder / f"{name}.json"
        if not file.exists():
            continue
        part = json.loads(file.read_text("utf-8"))
        lines += ["", f"## {heading}", "", f"Generator {part['version']}.", ""]
        findings = [Finding(**one) for one in part["findings"]]
        if name in _PLOTS and part["plots"]:
            draw(folder / f"{name}.svg", part["plots"], _PLOTS[name])
            lines += [f"![{heading}]({name}.svg)", ""]
        if findings:
            lines += [findings_markdown(findings), ""]
        for table in part["tables"]:
            lines += [table, ""]
    page = folder / "results.md"
    page.write_text("\n".join(lines).rstrip() + "\n", "utf-8")
    return page


def _plot_truth(axes: Axes, numbers: Mapping[str, list[float]]) -> None:
    styles = {"true": "k-", "recovered": "C0o", "shuffled": "C1^"}
    for name, values in numbers.items():
        axes.plot(range(1, len(values) + 1), values, styles[name], label=name)
    axes.set(xlabel="position", ylabel="examination, relative to the first", ylim=(0, 1.05))
    axes.legend(frameon=False)
    axes.set_title("Examination: what the world does, and what its log tells (simulated)")


def _plot_experiments(axes: Axes, numbers: Mapping[str, Mapping[str, list[float]]]) -> None:
    for metric, style in (("nDCG@10", "C0o"), ("item goodrate", "C1^")):
        axes.plot(numbers["offline"][metric], numbers["effects"]["purchases"], style, label=metric)
    axes.axhline(0, color="0.8", zorder=0)
    axes.axvline(0, color="0.8", zorder=0)
    axes.set(xlabel="difference offline", ylabel="true difference, purchases per shopper")
    axes.legend(frameon=False)
    axes.set_title("Pairs of systems: offline metrics against the true effect (simulated)")


def _plot_cost(axes: Axes, numbers: Mapping[str, list[float]]) -> None:
    axes.loglog(numbers["products"], numbers["seconds"], "C0o-", label="seconds")
    axes.loglog(numbers["products"], numbers["gigabytes"], "C1^-", label="GB, largest process")
    axes.set(xlabel="products")
    axes.legend(frameon=False)
    axes.set_title("What a world of growing size costs, on two processes")


_PLOTS: Mapping[str, Callable[[Axes, Any], None]] = {
    "truth": _plot_truth,
    "experiments": _plot_experiments,
    "cost": _plot_cost,
}
