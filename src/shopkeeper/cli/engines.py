"""Which option says who does a long job?"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option(
        "--engine",
        help="ray: the cluster at RAY_ADDRESS, or else the cores of this machine, through Ray.",
    ),
]
"""The same results either way."""
