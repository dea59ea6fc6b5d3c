"""kill -9 at any moment of a shop's life: what is acknowledged stays, nothing is there by half."""

from __future__ import annotations

import pytest

from faults.kills import LIVES_PER_SHOP, Toll, kill_a_shop, run

A_THOUSAND = 1000


def test_a_shop_outlives_a_handful_of_its_processes(tmp_path):
    toll = Toll()
    kill_a_shop(tmp_path / "shop", seed=1, lives=5, toll=toll)
    assert toll.kills == 5
    assert toll.acknowledged > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(0, A_THOUSAND // LIVES_PER_SHOP))
def test_shops_outlive_a_thousand_kills(seed):
    assert run(LIVES_PER_SHOP, seed, say=False).kills == LIVES_PER_SHOP
