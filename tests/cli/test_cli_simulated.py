"""Does a shop whose goods come from a world get its marketplace, and no other shop one?"""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.cli.simulated import open_simulation
from shopkeeper.records import InvalidRecord, Query
from shopkeeper.world.origin import Origin, write_origin


def test_a_real_shop_has_none(tmp_path: Path) -> None:
    assert open_simulation(tmp_path) is None


def test_it_comes_by_itself(tmp_path: Path) -> None:
    settings = ("products=200", "shoppers=20", "queries.searches=100")
    write_origin(tmp_path, Origin(seed=1, preset="tiny", settings=settings))
    opening = open_simulation(tmp_path)
    assert opening is not None
    simulation = opening.result(timeout=60)
    assert simulation.shoppers()
    truth = simulation.truth(Query("screwdriver"), ["p000000"])
    assert [each.product_id for each in truth.products] == ["p000000"]


def test_a_file_that_names_no_world_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text("{}", "utf-8")
    with pytest.raises(InvalidRecord, match=r"world\.json"):
        open_simulation(tmp_path)
