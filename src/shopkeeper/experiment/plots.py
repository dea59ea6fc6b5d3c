"""How is a plot drawn, so that the same numbers give the same bytes?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Numbers = TypeVar("Numbers")


def draw(path: Path, numbers: Numbers, plot: Callable[[Axes, Numbers], None]) -> None:
    """One plot as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    with matplotlib.rc_context({"svg.hashsalt": "shopkeeper", "font.size": 9}):
        figure, axes = pyplot.subplots(figsize=(6.4, 3.6), layout="constrained")
        plot(axes, numbers)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
