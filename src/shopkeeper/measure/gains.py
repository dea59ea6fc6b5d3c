"""What is a grade worth?

nDCG needs a gain per grade, and the choice changes the number: say which one with every figure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from typing import Literal, TypeAlias, TypeVar

from shopkeeper.records import InvalidRecord

Label = TypeVar("Label", bound=Hashable)
Gain: TypeAlias = Callable[[Label], float] | Mapping[Label, float]
"""Label → gain ≥ 0, as a function or as a table."""

EsciConvention: TypeAlias = Literal["paper", "official_script", "levels"]

ESCI_GAINS: Mapping[EsciConvention, Mapping[str, float]] = {
    "paper": {"E": 1.0, "S": 0.1, "C": 0.01, "I": 0.0},
    "official_script": {"E": 1.0, "S": 0.01, "C": 0.1, "I": 0.0},
    "levels": {"E": 3.0, "S": 2.0, "C": 1.0, "I": 0.0},
}
"""The gains that Amazon's Exact, Substitute, Complement, Irrelevant labels are given.

*paper*: Reddy et al. 2022, arXiv:2206.06588, and the KDD Cup 2022. *official_script*: esci-data's
`ranking/prepare_trec_eval_files.py` maps S to level 2 and C to level 3 while its gain string says
`2=0.01,3=0.1`, so the two change places (esci-data issues 9 and 18). *levels*: the labels' ranks
as they are, by which a substitute is nearly as good; many later reports follow it. Two ESCI nDCGs
compare only under one name.
"""


def linear_gain(grade: float) -> float:
    """max(0, grade): trec_eval's own gain; a grade below 0 counts as unjudged."""
    return max(0.0, grade)


def exponential_gain(grade: float) -> float:
    """2^grade − 1 for a grade above 0, otherwise 0 (Burges et al. 2005; the web-search custom)."""
    return float(2.0 ** max(0.0, grade)) - 1.0


def gains(grades: Mapping[str, Label], gain: Gain[Label]) -> dict[str, float]:
    """Product id → gain, of one query's judgements.

    Raises:
        InvalidRecord: a label that the table lacks, or a gain that is below 0 or not finite.
    """
    worth: dict[str, float] = {}
    for product_id, label in grades.items():
        if isinstance(gain, Mapping):
            if label not in gain:
                raise InvalidRecord(
                    f"label {label!r} has no gain",
                    where=product_id,
                    expected=", ".join(map(str, gain)),
                )
            value = float(gain[label])
        else:
            value = float(gain(label))
        if not 0.0 <= value < math.inf:
            raise InvalidRecord(
                f"gain {value} of label {label!r}", where=product_id, expected="0 or more, finite"
            )
        worth[product_id] = value
    return worth
