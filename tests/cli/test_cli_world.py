"""The world and its experiments from a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shopkeeper.cli.app import app
from shopkeeper.experiment.systems import NAMES
from shopkeeper.records import InvalidRequest, NotFound
from shopkeeper.world.origin import Origin, write_origin

SETTINGS = ("products=600", "queries.searches=500")


def call(*arguments: str) -> Result:
    """What the command says; its error is raised as it is."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that knows its world: all that an experiment between two systems needs."""
    folder = tmp_path_factory.mktemp("shop")
    write_origin(folder, Origin(1, "tiny", SETTINGS))
    return folder


def test_a_world_is_made_and_counted(tmp_path: Path) -> None:
    arguments = ["--preset", "tiny", "--processes", "1", "--json"]
    for setting in (*SETTINGS, "shoppers=150"):
        arguments += ["--set", setting]
    done = call("world", "make", "--out", str(tmp_path / "w"), *arguments)
    manifest = json.loads(done.stdout)
    assert manifest["simulated"] is True
    assert manifest["products"] == 600
    assert manifest["rows"]["searches"] > 100
    on_disk = {str(p.relative_to(tmp_path / "w")) for p in (tmp_path / "w").rglob("*.*")}
    assert on_disk == {*manifest["files"], "manifest.json"}
    with pytest.raises(InvalidRequest, match="is not empty"):
        call("world", "make", "--out", str(tmp_path / "w"), *arguments)


def test_shoppers_go_into_a_real_feed(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    colours, sizes = ("red", "green", "blue"), ("S", "M", "L")
    with feed.open("w", encoding="utf-8") as lines:
        for number in range(90):
            colour, size = colours[number % 3], sizes[number // 3 % 3]
            product = {
                "id": f"p{number}",
                "title": f"Acme {colour} jacket {size}",
                "brand": "Acme" if number % 2 else "Zed",
                "category": "Clothing > Jackets" if number < 60 else "Clothing > Coats",
                "price": f"{20 + number}.00",
                "attributes": {"colour": colour, "size": size},
            }
            lines.write(json.dumps(product) + "\n")
    out = tmp_path / "w"
    done = call(
        "world",
        "make",
        "--out",
        str(out),
        "--catalogue",
        str(feed),
        "--preset",
        "tiny",
        "--set",
        "shoppers=100",
        "--processes",
        "1",
        "--json",
    )
    manifest = json.loads(done.stdout)
    assert manifest["products"] == 90
    assert manifest["rows"]["events"] > 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--preset", "huge"], "preset 'huge'; expected one of tiny, demo, large"),
        (["--set", "queries.typo=-1"], "typo -1; expected 0 … 1"),
        (["--set", "queries.tpyo=1"], "dial 'queries.tpyo'"),
        (["--set", "queries.typo"], "name=value"),
    ],
)
def test_a_wrong_dial_is_named(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    with pytest.raises(InvalidRequest, match=complaint):
        call("world", "make", "--out", str(tmp_path / "w"), *arguments)
    assert not (tmp_path / "w").exists()


def test_the_systems_of_every_world_are_listed() -> None:
    assert call("experiment", "systems").stdout.split("\n")[:-1] == list(NAMES)


def test_an_ab_test_is_run_and_kept(shop: Path) -> None:
    done = call(
        "experiment",
        "ab",
        "engine",
        "oracle, shuffled",
        "--shop",
        str(shop),
        "--shoppers",
        "3000",
        "--name",
        "oracle",
        "--json",
    )
    result = json.loads(done.stdout)
    assert result == json.loads((shop / "experiments" / "oracle.json").read_text("utf-8"))
    clicks = next(metric for metric in result["metrics"] if metric["name"] == "clicks")
    assert clicks["low"] > 0
    assert result["true_effects"]["clicks"] > 0
    assert result["simulated"] is True


def test_interleaving_is_run_and_kept(shop: Path) -> None:
    done = call(
        "experiment",
        "interleave",
        "oracle, shuffled",
        "engine",
        "--shop",
        str(shop),
        "--shoppers",
        "1500",
        "--json",
    )
    clicks = json.loads(done.stdout)["metrics"][0]
    assert clicks["name"] == "clicks"
    assert clicks["high"] < 0


def test_an_unknown_arm_and_a_shop_of_no_world_say_what_to_do(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="arm 'oracel'"):
        call("experiment", "ab", "engine", "oracel", "--shop", str(shop))
    with pytest.raises(NotFound, match="no shop of a simulated world"):
        call("experiment", "ab", "engine", "shop", "--shop", str(tmp_path))


def test_a_part_of_the_check_is_kept_with_its_page(tmp_path: Path) -> None:
    call("world", "check", "repeatable", "--out", str(tmp_path))
    part = json.loads((tmp_path / "repeatable.json").read_text("utf-8"))
    assert [one["holds"] for one in part["findings"]] == [True, True]
    page = (tmp_path / "results.md").read_text("utf-8")
    assert "same seed, same bytes" in page
    assert part["version"] in page
    with pytest.raises(InvalidRequest, match="--data FOLDER"):
        call("world", "check", "likeness")
    with pytest.raises(InvalidRequest, match="part 'everything'"):
        call("world", "check", "everything")
