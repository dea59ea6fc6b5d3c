"""A stage that misbehaves on command: any port's implementer, and a fault to switch on.

    rank = Misbehaving(ZeroRank())
    rank.fault = "nan"

`FAULTS` says which faults each port's method can show; "raise" and "hang" need no answer, the
others spoil the one that the wrapped implementer gives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from shopkeeper.records import Boost, NoneOf, Part, Rewrite, Suggestion

Fault = Literal["raise", "hang", "nan", "wrong_length", "duplicate_ids", "wrong_type"]

NAN = float("nan")
_LONGEST_HANG_S = 60.0


def _first(items: tuple[Any, ...], **changes: Any) -> tuple[Any, ...]:
    return (replace(items[0], **changes), *items[1:])


def _suggestions(count: int, score: float = 0.0) -> tuple[Suggestion, ...]:
    return tuple(Suggestion(f"words {n}", "query", 1, score) for n in range(count))


_SPOIL: dict[tuple[str, Fault], Callable[[Any], Any]] = {
    ("understand", "nan"): lambda a: replace(
        a, concepts=_first(a.concepts, alternatives=_first(a.concepts[0].alternatives, weight=NAN))
    ),
    ("understand", "wrong_length"): lambda a: replace(
        a, concepts=_first(a.concepts, alternatives=())
    ),
    ("rewrite", "nan"): lambda a: (Rewrite("words", NAN, "fault"),),
    ("rewrite", "wrong_length"): lambda a: tuple(Rewrite(f"{n}", 1.0, "f") for n in range(1009)),
    ("rewrite", "duplicate_ids"): lambda a: (Rewrite("words", 1.0, "fault"),) * 2,
    ("suggest", "nan"): lambda a: _suggestions(1, NAN),
    ("suggest", "wrong_length"): lambda a: _suggestions(53),
    ("suggest", "duplicate_ids"): lambda a: _suggestions(1) * 2,
    ("retrieve", "nan"): lambda a: replace(a, head=_first(a.head, parts=(Part("words", NAN),))),
    ("retrieve", "wrong_length"): lambda a: replace(a, head=a.head[1:]),
    ("retrieve", "duplicate_ids"): lambda a: replace(a, head=(a.head[0], *a.head[:-1])),
    ("merchandise", "nan"): lambda a: replace(a, boosts=(Boost(NoneOf("id", ()), NAN, "rule"),)),
    ("merchandise", "duplicate_ids"): lambda a: replace(a, pins=("p1", "p1")),
    ("guard", "wrong_length"): lambda a: replace(a, hidden=frozenset(("not on the page",))),
    ("relevance", "nan"): lambda a: replace(a, probabilities=a.probabilities * NAN),
    ("relevance", "wrong_length"): lambda a: replace(a, tiers=a.tiers[1:]),
    ("rerank", "nan"): lambda a: replace(a, parts=((Part("words", NAN),), *a.parts[1:])),
    ("rerank", "wrong_length"): lambda a: replace(a, parts=a.parts[1:]),
    ("rank", "nan"): lambda a: a * NAN,
    ("rank", "wrong_length"): lambda a: np.append(a, 0.0),
    ("encode", "nan"): lambda a: a * NAN,
    ("encode", "wrong_length"): lambda a: a[1:],
    ("judge", "nan"): lambda a: a * NAN,
    ("judge", "wrong_length"): lambda a: np.append(a, 0.0),
    ("read", "wrong_length"): lambda a: a | {"not asked": next(iter(a.values()))},
    ("read", "duplicate_ids"): lambda a: dict.fromkeys(a, next(iter(a.values()))),
}
_METHODS = dict.fromkeys(method for method, _ in _SPOIL)
FAULTS: dict[str, tuple[Fault, ...]] = {
    method: (
        "raise",
        "hang",
        "wrong_type",
        *(fault for spoilt, fault in _SPOIL if spoilt == method),
    )
    for method in _METHODS
}


class Misbehaving:
    """Stands for `inner` in every method, and shows `fault` while it is set."""

    def __init__(self, inner: object, fault: Fault | None = None) -> None:
        self.inner = inner
        self.fault = fault
        self.calls = 0
        self._released = threading.Event()

    def release(self) -> None:
        """Let every hanging call return, late."""
        self.fault = None
        self._released.set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.inner, name)

        def call(*arguments: Any) -> Any:
            self.calls += 1
            if self.fault == "raise":
                raise RuntimeError("misbehaves on command")
            if self.fault == "hang":
                self._released.wait(_LONGEST_HANG_S)
                return method(*arguments)
            if self.fault == "wrong_type":
                return "neither a record nor an array"
            answer = method(*arguments)
            return answer if self.fault is None else _SPOIL[name, self.fault](answer)

        return call
