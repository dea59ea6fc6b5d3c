"""Behaviour sets in miniature and by hand, in the shape of the real files."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopkeeper.data.behaviour_sets import (
    Display,
    Purchase,
    Search,
    Session,
    load_displays,
    load_purchases,
    load_searches,
    load_sessions,
)
from shopkeeper.records import InvalidRecord, InvalidRequest

CLICKS = "bestbuy-search-clicks/clicks.csv.gz"
SESSIONS = "session-sequences/retailrocket_train_sessions.jsonl.gz"
LINES = "complete-journey/transactions_sample.csv.gz"
MEN, WOMEN = (f"open-bandit-sample/random_{who}.csv.gz" for who in ("men", "women"))
SHOWN = "row,timestamp,item_id,position,click,propensity_score,user_feature_0\n"
TEXTS = {
    CLICKS: "user,sku,category,query,click_time,query_time\n"
    "u2,11,x,halo,2011-08-11 05:01:00,2011-08-11 05:00:59.5\n"
    "u1,13,x,kinect,2011-08-11 04:00:09.250,2011-08-11 04:00:01.000\n"
    "u1,12,x,kinect,2011-08-11 04:00:05,2011-08-11 04:00:01.000\n"
    "u1,12,x,kinect,2011-08-12 04:00:05,2011-08-12 04:00:01.000\n",
    SESSIONS: "[1,2,1]\n\n[7]\n",
    LINES: "household_id,store_id,basket_id,product_id,quantity,transaction_timestamp\n"
    "900,330,31,77,1,2017-01-01 06:53:26\n901,330,32,78,1,2017-01-02 00:00:00\n",
    "complete-journey/products.csv.gz": "product_id,department,product_category,product_type\n"
    "77,GROCERY,SOUP,TOMATO SOUP\n79,GROCERY,,\n",
    MEN: SHOWN + "4,2019-11-24 00:03:36+00:00,10,3,0,0.03,a\n6,2019-11-24,12,1,1,0.5,a\n",
    WOMEN: SHOWN + "4,2019-11-24 00:03:36+00:00,10,2,0,0.02,b\n",
}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    for name, text in TEXTS.items():
        write(tmp_path, name, text)
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()))


def at(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


def test_clicks_of_one_search_come_together_by_time(data_dir) -> None:
    assert load_searches(data_dir) == (
        Search("u1", "kinect", at(2011, 8, 11, 4, 0, 1), ("12", "13"), 4_000),
        Search("u2", "halo", at(2011, 8, 11, 5, 0, 59) + 500, ("11",), 500),
        Search("u1", "kinect", at(2011, 8, 12, 4, 0, 1), ("12",), 4_000),
    )


def test_sessions_are_named_by_their_lines(data_dir) -> None:
    sessions = list(load_sessions("retailrocket", data_dir))
    assert sessions == [Session("1", ("1", "2", "1")), Session("3", ("7",))]


def test_purchases_have_the_category_that_the_products_file_knows(data_dir) -> None:
    assert list(load_purchases(data_dir)) == [
        Purchase("900", "31", at(2017, 1, 1, 6, 53, 26), "77", "SOUP"),
        Purchase("901", "32", at(2017, 1, 2), "78", None),
    ]


def test_displays_count_positions_from_0_and_keep_the_campaigns_apart(data_dir) -> None:
    assert list(load_displays("random", data_dir)) == [
        Display("men-4", "men-10", 2, False, 0.03),
        Display("men-6", "men-12", 0, True, 0.5),
        Display("women-4", "women-10", 1, False, 0.02),
    ]


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        (CLICKS, "u3,11,x,halo,2011-08-11 05:00:00,yesterday", r"gz:6: time 'yesterday'; expect"),
        (CLICKS, "u3,11,x,halo,2011-08-11,2011-08-12", r"gz:6: a click before its search"),
        (CLICKS, "u3,11,x,,2011-08-11,2011-08-11", r"gz:6: no query"),
        (SESSIONS, '["a"]', r"gz:4: .*expected a list of product numbers"),
        (SESSIONS, "[1,true]", r"gz:4: .*expected a list of product numbers"),
        (SESSIONS, "[]", r"gz:4: '\[\]'; expected a list"),
        (SESSIONS, "[1,", r"gz:4: '\[1,'; expected a list"),
        (LINES, "900,330,31,77,1,2017-13-01", r"gz:4: time '2017-13-01'"),
        (MEN, "9,2019-11-24,12,0,1,0.5,a", r"gz:4: position 0, propensity 0.5; expected 1 or"),
        (MEN, "9,2019-11-24,12,1,1,0,a", r"gz:4: position 1, propensity 0.0"),
        (MEN, "9,2019-11-24,12,1,yes,0.5,a", r"gz:4: no numbers"),
    ],
)
def test_a_broken_row_is_an_error_with_its_place(data_dir, name, line, message) -> None:
    write(data_dir, name, f"{TEXTS[name]}{line}\n")
    readers = {
        CLICKS: load_searches,
        SESSIONS: lambda folder: list(load_sessions("retailrocket", folder)),
        LINES: lambda folder: list(load_purchases(folder)),
        MEN: lambda folder: list(load_displays("random", folder)),
    }
    with pytest.raises(InvalidRecord, match=message):
        readers[name](data_dir)


def test_a_set_that_does_not_exist(tmp_path) -> None:
    with pytest.raises(InvalidRequest, match="'beauty'; expected retailrocket or diginetica"):
        list(load_sessions("beauty", tmp_path))
    with pytest.raises(InvalidRequest, match="'greedy'; expected random or bts"):
        list(load_displays("greedy", tmp_path))
