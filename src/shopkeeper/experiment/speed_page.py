"""The page of speed and cost: what `shopkeeper bench speed` wrote at each size, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopkeeper.experiment.plots import draw
from shopkeeper.experiment.report import markdown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Figures = Mapping[str, Any]
"""What one run printed: "built" and "measured", as the records of the bench name them."""


def _times(of: str) -> Callable[[Figures], str]:
    def told(figures: Figures) -> str:
        times = figures["measured"][of]
        return f"{times['p50']:.1f} / {times['p99']:.1f}"

    return told


def _leg(of: str) -> Callable[[Figures], str]:
    def told(figures: Figures) -> str:
        leg = figures["measured"][of]
        return f"{leg['ours']['mean']:.2f} / {leg['raw']['mean']:.2f} = {leg['ratio']:.2f}"

    return told


def _recall(of: str) -> Callable[[Figures], str]:
    return lambda figures: f"{figures['measured']['recall_at_10'][of]:.3f}"


ROWS: Mapping[str, Callable[[Figures], str]] = {
    "variants": lambda f: f"{f['built']['variants']:,}",
    "hybrid query, five facets: p50 / p99, ms": _times("hybrid"),
    "of it, encoding the query": _times("encoding"),
    "with the storefront's facets": _times("first_pages"),
    "under one or two filters": _times("filtered"),
    "browsing, nothing asked": _times("browsing"),
    "products that match": lambda f: f"{f['measured']['matches']:,.0f}",
    "lexical leg / raw tantivy, mean ms": _leg("lexical"),
    "dense leg / raw faiss, mean ms": _leg("dense"),
    "recall@10 of the dense leg / of raw faiss": lambda f: (
        f"{f['measured']['dense']['recall']:.3f} / {f['measured']['dense']['raw_recall']:.3f}"
    ),
    **{f"recall@10 where {share} pass": _recall(share) for share in ("0.1 %", "1 %", "10 %")},
    "recall@10 without a filter": _recall("100 %"),
    "recall@10 after 30 % churn": _recall("after 30 % churn"),
    "patches a second, while searches run": lambda f: f"{f['measured']['patched']['per_s']:,.0f}",
    "the slowest batch of 1,000 until it is seen, s": lambda f: (
        f"{f['measured']['patched']['visible_s']:.2f}"
    ),
    "opening until the first page, s": lambda f: f"{f['measured']['open_s']:.1f}",
    "memory of the serving process, GB": lambda f: f"{f['measured']['memory_gb']:.2f}",
    "goods into the store, s": lambda f: f"{f['built']['goods_s']:.0f}",
    "building the index, s": lambda f: f"{f['built']['index_s']:.0f}",
    "largest memory while building, GB": lambda f: f"{f['built']['index_peak_gb']:.2f}",
    "dense index, s": lambda f: f"{f['built']['dense_s']:.0f}",
    "texts encoded a second": lambda f: f"{f['built']['encoder_texts_per_s']:,.0f}",
    "on disk, GB": lambda f: f"{sum(f['built']['disk_gb'].values()):.2f}",
}


def speed_table(runs: Sequence[Figures]) -> str:
    """A row per figure, a column per size, in Markdown."""
    header = ["", *(f"{run['built']['products']:,}" for run in runs)]
    return markdown(header, [[name, *(told(run) for run in runs)] for name, told in ROWS.items()])


def write_speed(figures: Figures, folder: Path) -> Path:
    """Keep a run's figures beside those of other sizes, and write the page of all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"speed-{figures['built']['products']}.json"
    own.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    runs = [json.loads(path.read_text("utf-8")) for path in folder.glob("speed-*.json")]
    runs.sort(key=lambda run: run["built"]["products"])
    draw(folder / "latency.svg", runs, _plot_latency)
    draw(folder / "cost.svg", runs, _plot_cost)
    lines = [
        "# Speed and cost by size",
        "",
        "Written by `shopkeeper bench speed --products N --out docs/performance`; simulated goods.",
        "What the figures mean, and where the time goes, stands in",
        "[performance.md](../performance.md).",
        "",
        "![Latency by size](latency.svg)",
        "",
        "![Cost by size](cost.svg)",
        "",
        speed_table(runs),
    ]
    page = folder / "results.md"
    page.write_text("\n".join(lines).rstrip() + "\n", "utf-8")
    return page


def _plot_latency(axes: Axes, runs: Sequence[Figures]) -> None:
    sizes = [run["built"]["products"] for run in runs]
    for name, label in (("hybrid", "hybrid"), ("filtered", "under filters")):
        for quantile, style in (("p50", "o-"), ("p99", "^--")):
            values = [run["measured"][name][quantile] for run in runs]
            axes.plot(sizes, values, style, label=f"{label}, {quantile}")
    axes.set(xscale="log", yscale="log", xlabel="products", ylabel="milliseconds")
    axes.legend(frameon=False)
    axes.set_title("One question after the other, five facets (simulated goods)")


def _plot_cost(axes: Axes, runs: Sequence[Figures]) -> None:
    sizes = [run["built"]["products"] for run in runs]
    series = {
        "memory serving, GB": [run["measured"]["memory_gb"] for run in runs],
        "memory building, GB": [run["built"]["index_peak_gb"] for run in runs],
        "on disk, GB": [sum(run["built"]["disk_gb"].values()) for run in runs],
        "building, minutes": [
            (run["built"]["index_s"] + run["built"]["dense_s"]) / 60 for run in runs
        ],
    }
    for label, values in series.items():
        axes.plot(sizes, values, "o-", label=label)
    axes.set(xscale="log", yscale="log", xlabel="products")
    axes.legend(frameon=False)
    axes.set_title("What a shop costs by its size (simulated goods)")
