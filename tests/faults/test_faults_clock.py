"""A clock that jumps by hours or years, back or forth: nothing stops, nothing is out of order."""

from __future__ import annotations

import ast
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import shopkeeper
from assemble.shops import ask, eventually, find, new_shop, product, rows
from shopkeeper.assemble.build import build_index
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import Event
from shopkeeper.stages.merchandise import RuleBook, rule_from_json
from shopkeeper.store import EVENTS, Registry, ShopFolder, check_shop, read_log, versions

HOUR, YEAR = 3600.0, 365 * 86_400.0

READS_THE_CLOCK = {
    "assemble/rules.py": "which rules hold at this moment",
    "data/feed.py": "which sales of a feed are on",
    "data/esci_judged.py": "as every feed: which sales are on",
    "online/serve_log.py": "when a page was shown",
    "stages/merchandise/merchandiser.py": "which rules hold at this moment",
    "stages/merchandise/rulebook.py": "when a rule was changed, for people",
    "store/artefact.py": "versions, each later than the one before whatever the clock says",
    "store/forgetting.py": "when somebody was forgotten, for people",
    "store/logs.py": "the day in a file's name",
    "store/sqlite/keyvalue.py": "what has expired, of a cache",
    "store/registry.py": "when a version went live, for people",
}
"""All else that waits, times out or rests counts monotonic seconds."""

SERVING = ("assemble", "data", "index", "knowledge", "online", "records", "serve", "stages")
BELOW = ("store", "text")


def wall_clocks(path: Path) -> bool:
    """Whether the module reads the wall clock."""
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr)
        in {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow")}
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )


def test_only_what_names_a_time_reads_the_wall_clock():
    home = Path(shopkeeper.__file__).parent
    paths = [path for room in SERVING + BELOW for path in (home / room).rglob("*.py")]
    found = {path.relative_to(home).as_posix() for path in paths if wall_clocks(path)}
    assert found == READS_THE_CLOCK.keys()


@pytest.fixture
def jump(monkeypatch):
    """Set the wall clock off by so many seconds, for everything that reads it."""
    real_time, real_datetime = time.time, datetime
    off = [0.0]

    class Clock(datetime):
        @classmethod
        def now(cls, zone=None):
            return real_datetime.now(zone) + timedelta(seconds=off[0])

    monkeypatch.setattr(time, "time", lambda: real_time() + off[0])
    for module in ("store.artefact", "store.registry"):
        monkeypatch.setattr(f"shopkeeper.{module}.datetime", Clock)

    def to(seconds: float) -> None:
        off[0] = seconds

    return to


@pytest.mark.parametrize("jumps", [(HOUR, -HOUR, 0.0), (10 * YEAR, -10 * YEAR, 0.0)])
def test_a_serving_shop_outlives_jumps_of_the_clock(tmp_path, jump, jumps):
    root = new_shop(tmp_path / "shop", rows(60))
    folder = ShopFolder(root)
    generations = [Registry(folder).live("index")]
    with Shop(root) as shop:
        for number, seconds in enumerate(jumps):
            jump(seconds)
            shop.catalogue.put(product(100 + number, title="kettle"))
            assert len(find(shop, "kettle")) == number + 1
            shop.record([Event("click", timestamp_ms=number)])
            shop._events.flush()
            generations.append(build_index(root))
            eventually(lambda: shop.status().generation == generations[-1])
            assert ask(shop, "tent").degraded == ()
        assert shop.trouble == ""
    assert generations == sorted(generations), "the newest version sorts last"
    assert versions(folder.artefacts, "index") == generations[-3:]
    turns = Registry(folder).standing("index").history
    assert [turn.version for turn in turns] == generations
    with Shop(root) as shop:  # and a process that begins now reads what the jumps left
        assert shop.status().generation == generations[-1]
        assert len(find(shop, "kettle")) == 3
    assert sorted(e.timestamp_ms for e in read_log(folder.logs, EVENTS)) == [0, 1, 2]
    assert check_shop(root) == []


def test_rules_follow_the_clock_wherever_it_goes(tmp_path, jump):
    root = new_shop(tmp_path / "shop", rows(30))
    now = datetime.now(UTC)
    window = {"starts": now + timedelta(hours=5), "ends": now + timedelta(hours=7)}
    given = {"id": "sale", "synonyms": ["flurb", "tent"]}
    rule = rule_from_json({**given, **{k: v.isoformat() for k, v in window.items()}})
    RuleBook(ShopFolder(root).rules).put(rule, "a test", "because")
    with Shop(root) as shop:
        for hours, found in ((0, 0), (6, 10), (8, 0), (6, 10), (-9000, 0)):
            jump(hours * HOUR)
            eventually(lambda found=found: len(find(shop, "flurb")) == found, 5.0)


def test_rolling_back_follows_the_history_not_the_clock(tmp_path, jump):
    root = new_shop(tmp_path / "shop", rows(30))
    first = Registry(ShopFolder(root)).live("index")
    jump(-YEAR)
    second = build_index(root)
    assert second > first
    assert Registry(ShopFolder(root)).roll_back("index").live == first
