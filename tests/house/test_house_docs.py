"""Do the documents say what is there? Their tables and links are held against the code."""

from __future__ import annotations

import ast
import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from house.pages import PACKAGE, ROOT, anchors, codes, headings, links, pages, read, table
from house.twelve import TWELVE, System
from shopkeeper.assemble.settings import ShopSettings
from shopkeeper.assemble.shop import Shop
from shopkeeper.data import FORMATS
from shopkeeper.records import parse_clause, parse_sort
from shopkeeper.serve.app import ROUTES
from shopkeeper.serve.metrics import Metrics
from shopkeeper.serve.requests import SearchParameters

SYSTEMS = [pytest.param(page, system, id=page) for page, system in TWELVE.items()]


def rooms(folder: Path) -> dict[str, Path]:
    found = (path for path in folder.iterdir() if (path / "__init__.py").exists())
    return {path.name: path for path in found}


ROOMS = rooms(PACKAGE) | {f"stages/{n}": path for n, path in rooms(PACKAGE / "stages").items()}


# --- pages -------------------------------------------------------------------------------------


def test_there_are_pages() -> None:
    assert len(pages()) >= 20


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page.read_text("utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{page.relative_to(ROOT)}: {link}"
        if anchor:
            assert anchor in anchors(path.read_text("utf-8")), f"{page.relative_to(ROOT)}: {link}"


def test_the_figures_have_their_place() -> None:
    readme = read("README.md")
    start, end = "<!-- figures:relevance -->", "<!-- /figures:relevance -->"
    assert readme.count(start) == readme.count(end) == 1
    assert readme.index(start) < readme.index(end)


# --- the house ---------------------------------------------------------------------------------


def question(room: Path) -> str:
    """The first line of the room's docstring, which asks its question."""
    docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))
    assert docstring, f"{room.name} asks nothing"
    return re.split(r"(?<=\?)|\.", " ".join(docstring.split("\n\n")[0].split()))[0]


def sections() -> dict[str, tuple[str, str]]:
    """room → (its question, its text) in ARCHITECTURE.md."""
    parts = re.split(r"^#{3,4} `([\w/]+)`: (.+)$", read("ARCHITECTURE.md"), flags=re.MULTILINE)[1:]
    return {
        room: (asked, re.split(r"^## ", text, flags=re.MULTILINE)[0])
        for room, asked, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }


def test_every_room_has_its_heading_and_every_heading_a_room() -> None:
    assert set(sections()) == set(ROOMS)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_asks_the_same_question_in_code_and_in_words(room: str) -> None:
    assert sections()[room][0] == question(ROOMS[room])


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_empty_rooms_are_called_empty(room: str) -> None:
    is_empty = all(path.name == "__init__.py" for path in ROOMS[room].rglob("*.py"))
    assert ("*Empty today.*" in sections()[room][1]) == is_empty


def test_the_floors_are_those_that_are_checked() -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (floors,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert "\n".join(["```text", *floors, "```"]) in read("ARCHITECTURE.md")
    assert len(contracts) == 5, "ARCHITECTURE.md counts five"


# --- the twelve --------------------------------------------------------------------------------


def test_there_are_twelve() -> None:
    assert len(TWELVE) == 12
    found = {path.stem for path in (ROOT / "docs" / "systems").glob("*.md")}
    assert found == {*TWELVE, "README"}


def test_their_tables_are_in_step() -> None:
    for page, folder in (("README.md", "docs/systems/"), ("docs/systems/README.md", "")):
        rows = table(read(page), "System")
        assert [row[0] for row in rows] == [
            f"[{system.title}]({folder}{name}.md)" for name, system in TWELVE.items()
        ]
        for row, system in zip(rows, TWELVE.values(), strict=True):
            assert tuple(codes(row[3])) == system.rooms
            assert row[-1] == system.state
    listed = [row[2] for row in table(read("docs/systems/README.md"), "System")]
    assert listed == [system.arxiv for system in TWELVE.values()]


@pytest.mark.parametrize(("page", "system"), SYSTEMS)
def test_their_pages_are_in_step(page: str, system: System) -> None:
    text = read(f"docs/systems/{page}.md")
    assert headings(text) == [
        headings(text)[0],
        "The problem",
        "The idea",
        "Stated, and reconstructed",
        "In the house",
    ]
    assert headings(text)[0].startswith(f"{system.title}: ")
    assert f"arXiv:{system.arxiv}" in text
    (line,) = (line for line in text.splitlines() if line.startswith("**Room:**"))
    assert tuple(codes(line)) == system.rooms
    assert f"**State:** {system.state}" in line
    for room in system.rooms:
        assert room in ROOMS


@pytest.mark.parametrize(("page", "system"), SYSTEMS)
def test_a_room_names_its_systems(page: str, system: System) -> None:
    assert f"docs/systems/{page}.md" in sections()[system.rooms[0]][1]


# --- tables ------------------------------------------------------------------------------------


def test_settings_are_all_told_with_their_defaults() -> None:
    told = [(codes(r[0])[0], codes(r[1])[0]) for r in table(read("docs/operations.md"), "Key")]
    assert [(key, tomllib.loads(f"x = {default}")["x"]) for key, default in told] == [
        (field.name, field.default) for field in dataclasses.fields(ShopSettings)
    ]


def test_feed_formats_are_all_told() -> None:
    told = [codes(row[0])[0] for row in table(read("docs/operations.md"), "Format")]
    assert sorted(told) == sorted(known.name for known in FORMATS)


def test_metrics_are_all_told() -> None:
    rows = table(read("docs/operations.md"), "Metric")
    told = [codes(row[0])[0] for row in rows]
    metrics = Metrics("a shop")
    collected = list(metrics._registry.collect())
    counted = {"counter": "_total"}
    assert sorted(told) == sorted(f"{m.name}{counted.get(m.type, '')}" for m in collected)


def test_addresses_are_all_told() -> None:
    told: dict[str, set[str]] = {}
    for addresses, methods, _ in table(read("docs/api.md"), "Address", "Methods"):
        for address in codes(addresses):
            told[address] = set(methods.split(", "))
    there: dict[str, set[str]] = {}
    for route in ROUTES:
        there.setdefault(route.path.replace(":path", ""), set()).update(route.methods)
    assert told == there


def test_search_parameters_are_all_told() -> None:
    rows = table(read("docs/api.md"), "Parameter")
    told = {name for row in rows for name in codes(row[0])}
    assert told == set(SearchParameters.model_fields)


def test_filters_and_sorts_are_read_as_written() -> None:
    filters = [codes(row[0])[0] for row in table(read("docs/data-model.md"), "Text")]
    assert len(filters) >= 6
    assert [str(parse_clause(text)) for text in filters] == filters
    (line,) = (line for line in read("docs/data-model.md").splitlines() if "Sorting: " in line)
    for text in codes(line.partition("Sorting: ")[2]):
        assert str(parse_sort(text)).startswith(text)


def test_every_file_of_a_shop_is_told(workplace: Path) -> None:
    rows = table(read("docs/operations.md"), "Path")
    told = {name.rstrip("/") for row in rows for name in codes(row[0])}
    there = {path.name for path in (workplace / "shops" / "demo").iterdir()}
    assert {name for name in there if not name.endswith(".lock")} <= told
    assert {"*.lock", "shop.toml", "products.db"} <= told


def test_every_file_of_an_index_is_told(workplace: Path) -> None:
    (index,) = (workplace / "shops" / "demo" / "artefacts" / "index").glob("2*")
    told = read("ARCHITECTURE.md").partition("## A generation on disk")[2]
    for path in index.iterdir():
        assert path.name in told


def test_the_stages_of_a_shop_are_in_the_state_that_is_told(workplace: Path) -> None:
    told = {codes(row[0])[0]: row[1] for row in table(read("docs/operations.md"), "Stage")}
    with Shop(workplace / "shops" / "demo", is_serving=False) as shop:
        assert told == dict(shop.status().stages)


def test_the_glossary_is_sorted_and_says_each_word_once() -> None:
    words = [row[0] for row in table(read("docs/glossary.md"), "Word")]
    assert words == sorted(set(words))
