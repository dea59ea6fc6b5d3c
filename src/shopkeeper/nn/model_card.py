"""What must whoever finds a model know about it?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from shopkeeper.records import InvalidRecord


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model was made from, and how well it does; the README.md of its folder."""

    title: str
    data: tuple[str, ...]
    """What it was trained on: ``name@version`` of artefacts, or a source in words."""
    seed: int
    scale: str
    """The scale of the recipe: tiny, small or full."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """By metric, the set it was measured on in its name."""
    base: str | None = None
    """The model that it was trained from; None: from random weights."""
    licence: str = "apache-2.0"
    """Its identifier on the hub."""
    text: str = ""
    """Words for people: what it is for, what it must not be used for."""

    def __post_init__(self) -> None:
        if not self.title or not self.data:
            raise InvalidRecord("a model card without title or data", expected="both")

    def page(self, *, parameters: int, weights_sha256: str) -> str:
        """Markdown below a YAML head that the hub reads.

        Args:
            parameters: how many weights it has.
            weights_sha256: as `weights_sha256` of its folder says.
        """
        head = {
            "library_name": "transformers",
            "pipeline_tag": "text-generation",
            "license": self.licence,
            **({} if self.base is None else {"base_model": self.base}),
            "data": list(self.data),
            "seed": self.seed,
            "scale": self.scale,
            "scores": dict(self.scores),
            "parameters": parameters,
            "weights_sha256": weights_sha256,
        }
        # JSON is YAML, and needs no rules for quoting.
        lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
        rows = [f"| {metric} | {score:.4f} |" for metric, score in self.scores.items()]
        scores = ["| Metric | Score |", "|---|---|", *rows] if rows else ["Not measured."]
        facts = [
            f"- Trained on: {', '.join(self.data)}",
            f"- From: {self.base or 'random weights'}",
            f"- Seed {self.seed}, scale {self.scale}, {parameters:,} parameters",
        ]
        parts = ["---", *lines, "---", "", f"# {self.title}", ""]
        parts += [self.text, ""] if self.text else []
        return "\n".join([*parts, *facts, "", "## Scores", "", *scores, ""])
