"""The twelve systems, by the name of their page: the one list that everything is held against."""

from __future__ import annotations

from typing import NamedTuple


class System(NamedTuple):
    title: str
    rooms: tuple[str, ...]
    arxiv: str
    state: str


def _of(title: str, rooms: str, arxiv: str, state: str = "not yet") -> System:
    return System(title, tuple(rooms.split()), arxiv, state)


TWELVE = {
    "sia": _of("SIA", "stages/domain_lm stages/guard", "2603.16137"),
    "aigq": _of("AIGQ", "stages/suggest", "2603.19710"),
    "jd_rewrite": _of("Relevance Matters", "stages/rewrite", "2603.02555"),
    "longtail_synthesis": _of("Long-tail synthesis", "stages/retrieve", "2602.23620"),
    "retrieval_grpo": _of("Retrieval-GRPO", "stages/retrieve", "2511.13885"),
    "karma": _of("KARMA", "stages/retrieve", "2603.22779"),
    "ebrm": _of("EBRM", "stages/relevance", "2307.00370"),
    "taosr1": _of("TaoSR1", "stages/relevance", "2508.12365"),
    "taosr_agrl": _of("TaoSR-AGRL", "stages/relevance", "2510.08048"),
    "taosr_she": _of("TaoSR-SHE", "stages/relevance", "2510.07972"),
    "uniscale": _of("UniScale", "stages/rank", "2603.24226"),
    "pumgpt": _of("PUMGPT", "stages/product", "2308.09568"),
}
