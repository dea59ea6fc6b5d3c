"""Does the label say what the reasoning says? Counted by executing the rules on what is written.

"Discriminative hallucination" (Dong et al. 2025, TaoSR1, arXiv:2508.12365): the reasoning is right,
and the label is not the one that it implies. The name is *stated*, the counts are *reconstructed*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shopkeeper.knowledge import Reasoning, implied_rule
from shopkeeper.records import InvalidRequest
from shopkeeper.stages.relevance.taosr1.completion import Completion


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Shares of the completions that can be read, but for `read`; NaN where there is none."""

    read: float
    """Have a label and all five steps."""
    hallucinated: float
    """Their label is not the grade that follows from their steps 1 to 4."""
    contradicted: float
    """Their label is not the grade that their step 5 gives."""
    right_right: float
    """Steps 3 and 4 are those of the gold, and so is the label."""
    right_wrong: float
    """The reasoning is right and the label is not: discriminative hallucination proper."""
    wrong_right: float
    wrong_wrong: float
    category: float
    """Step 3 is that of the gold."""
    attributes: float
    """Of the gold's relations in step 4, those that are given as they are."""
    rule: float
    """Step 5 names the gold's rule."""


def faithfulness(
    completions: Sequence[Completion], labels: Sequence[str], golds: Sequence[Reasoning]
) -> Faithfulness:
    """Hold completions against themselves, and against the gold.

    Args:
        labels, golds: of each completion, what is right.
    """
    if not len(completions) == len(labels) == len(golds):
        raise InvalidRequest(
            f"{len(completions)} completions, {len(labels)} labels, {len(golds)} golds",
            expected="one of each",
        )
    rows = [
        (completion.label, completion.reasoning, label, gold)
        for completion, label, gold in zip(completions, labels, golds, strict=True)
        if completion.label is not None and completion.reasoning is not None
    ]
    right = [steps.category is gold.category and _same(steps, gold) for _, steps, _, gold in rows]
    hits = [said == label for said, _, label, _ in rows]
    wanted = sum(len(gold.attributes) for *_, gold in rows)
    found = sum(
        relation == dict(steps.attributes).get(name)
        for _, steps, _, gold in rows
        for name, relation in gold.attributes
    )
    cells = list(zip(right, hits, strict=True))
    return Faithfulness(
        read=_share([True] * len(rows), len(completions)),
        hallucinated=_share(
            [said != str(implied_rule(steps).grade.value) for said, steps, _, _ in rows], len(rows)
        ),
        contradicted=_share(
            [said != str(steps.grade.value) for said, steps, _, _ in rows], len(rows)
        ),
        right_right=_share([cell == (True, True) for cell in cells], len(rows)),
        right_wrong=_share([cell == (True, False) for cell in cells], len(rows)),
        wrong_right=_share([cell == (False, True) for cell in cells], len(rows)),
        wrong_wrong=_share([cell == (False, False) for cell in cells], len(rows)),
        category=_share([s.category is gold.category for _, s, _, gold in rows], len(rows)),
        attributes=found / wanted if wanted else float("nan"),
        rule=_share([s.rule == gold.rule for _, s, _, gold in rows], len(rows)),
    )


def _same(steps: Reasoning, gold: Reasoning) -> bool:
    return sorted(steps.attributes) == sorted(gold.attributes)


def _share(flags: Sequence[bool], of: int) -> float:
    return sum(flags) / of if of else float("nan")
