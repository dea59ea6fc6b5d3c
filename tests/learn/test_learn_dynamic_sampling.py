"""Which groups are learnt from, and what comes in place of the others."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.learn import (
    DynamicSamplingConfig,
    balanced_pool,
    coefficient_of_variation,
    group_advantages,
    is_accepted,
    masked,
    refill,
    right_counts,
    right_histogram,
)
from shopkeeper.records import InvalidRequest


def test_right_completions_are_counted_with_the_bonus_and_without_the_unscored() -> None:
    rewards = torch.tensor([[1.0, 1.1, 0.0], [float("nan"), 0.9, 1.0]])
    assert right_counts(rewards, right_from=1.0).tolist() == [2, 1]


def test_all_wrong_and_too_easy_groups_are_rejected() -> None:
    counts = torch.arange(6)
    assert is_accepted(counts, ceiling=5).tolist() == [False, True, True, True, True, False]
    assert is_accepted(counts, ceiling=3).tolist() == [False, True, True, False, False, False]


def test_with_the_group_size_as_ceiling_only_groups_that_teach_nothing_are_rejected() -> None:
    rewards = torch.tensor([[0.0] * 5, [1, 0, 0, 0, 0], [1, 1, 1, 1, 0], [1.0] * 5])
    teaches = (group_advantages(rewards) != 0).any(-1)
    accepted = is_accepted(right_counts(rewards, right_from=1), ceiling=5)
    assert accepted.tolist() == teaches.tolist() == [False, True, True, False]


def test_a_masked_group_has_neither_advantages_nor_tokens() -> None:
    advantages, mask = torch.full((6, 5), 2.0), torch.ones(6, 5, dtype=torch.long)
    accepted = torch.tensor([True, False])
    credit, tokens = masked(advantages, mask, accepted)
    assert credit.sum(1).tolist() == [10, 10, 10, 0, 0, 0]
    assert tokens.sum(1).tolist() == [5, 5, 5, 0, 0, 0]
    everything = masked(advantages, mask, torch.tensor([True, True]))
    assert torch.equal(everything[0], advantages)
    assert torch.equal(everything[1], mask)


def test_refilling_goes_on_until_the_batch_is_full() -> None:
    # Numbers stand for groups, even ones are accepted: 1, 2 come first, then 3, 4 in two rounds.
    asked: list[tuple[int, int]] = []

    def draw(attempt: int, number: int) -> list[int]:
        asked.append((attempt, number))
        return [2 + attempt] * number

    filled = refill([1, 2], 2, accepts=lambda g: g % 2 == 0, draw=draw, max_tries=9)
    assert (filled.accepted, filled.rejected, filled.tries) == ([2, 4], [1, 3], 2)
    assert asked == [(1, 1), (2, 1)]


def test_refilling_gives_up_and_draws_nothing_for_a_full_batch() -> None:
    never = refill([1], 1, accepts=lambda _: False, draw=lambda _, n: [0] * n, max_tries=3)
    assert (never.accepted, never.tries, len(never.rejected)) == ([], 3, 4)
    full = refill([1, 2], 2, accepts=lambda _: True, draw=lambda _, n: [0] * n, max_tries=3)
    assert (full.accepted, full.tries) == ([1, 2], 0)


def test_processes_draw_as_often_as_the_one_that_misses_most() -> None:
    # This process is full; another misses two at first, then none.
    others = iter([2, 0])
    filled = refill(
        [2, 4],
        2,
        accepts=lambda g: g % 2 == 0,
        draw=lambda _, n: [6] * n,
        max_tries=9,
        most=lambda missing: max(missing, next(others)),
    )
    assert (filled.accepted, filled.tries) == ([2, 4], 1)


def test_the_histogram_has_a_place_for_every_count() -> None:
    assert right_histogram(torch.tensor([0, 3, 3, 1]), group_size=3).tolist() == [1, 1, 0, 2]
    nothing = torch.tensor([], dtype=torch.long)
    assert right_histogram(nothing, group_size=2).tolist() == [0, 0, 0]


def test_the_coefficient_of_variation_by_hand() -> None:
    # mean 4, deviations 3, 1, 2 → variance (9 + 1 + 4) / 3
    assert coefficient_of_variation([7, 3, 2]) == pytest.approx((14 / 3) ** 0.5 / 4)
    assert coefficient_of_variation([5, 5, 5]) == 0
    assert coefficient_of_variation([]) == coefficient_of_variation([0, 0]) == 0


@given(st.lists(st.sampled_from("abc"), max_size=40), st.integers(0, 3))
def test_a_balanced_pool_is_as_large_as_its_rarest_label_allows(
    labels: list[str], seed: int
) -> None:
    pool = balanced_pool(labels, seed=seed)
    assert len(set(pool)) == len(pool)
    counts = Counter(labels[position] for position in pool)
    fewest = min(Counter(labels).values(), default=0)
    assert counts == dict.fromkeys(set(labels), fewest)
    assert coefficient_of_variation(list(counts.values())) == 0
    assert balanced_pool(labels, seed=seed) == pool


@pytest.mark.parametrize("wrong", [{"how": "drop"}, {"ceiling": 1}, {"max_tries": 0}])
def test_a_config_is_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest, match=next(iter(wrong))):
        DynamicSamplingConfig(**wrong)  # type: ignore[arg-type]
