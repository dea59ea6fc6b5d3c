"""Does what the documents show work? Their snippets are run, their commands given, in order."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from starlette.testclient import TestClient

from house.pages import Block, blocks, read
from shopkeeper.assemble.settings import load_settings
from shopkeeper.assemble.shop import Shop
from shopkeeper.cli.app import app
from shopkeeper.data.events import event_from_ubi
from shopkeeper.records import Product
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.answers import ErrorAnswer, ErrorDetail
from shopkeeper.serve.app import create_app
from shopkeeper.serve.settings import KEY_VARIABLE
from shopkeeper.stages.guard import read_rules
from shopkeeper.store import SERVE_LOG

PYTHON = list(blocks("python"))
JSON = list(blocks("json"))
TOML = list(blocks("toml"))


def name(block: Block) -> str:
    return f"{block.page}: {block.heading}"


def commands(block: Block) -> Iterator[list[str]]:
    """The commands of a block as the shell would cut them: quotes may span lines."""
    pending = ""
    for line in block.text.splitlines():
        pending += line.removesuffix("\\") + ("" if line.endswith("\\") else "\n")
        if line.endswith("\\"):
            continue
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:  # a quotation is still open
            continue
        pending = ""
        if words:
            yield words
    assert not pending.strip(), f"{name(block)} ends within a quotation"


COMMANDS = [(name(block), words) for block in blocks("sh") for words in commands(block)]


def given_to(program: str) -> list[tuple[str, list[str]]]:
    """What the documents say to this program, and where."""
    return [(place, words[1:]) for place, words in COMMANDS if words[0] == program]


def test_there_are_examples_of_every_kind() -> None:
    assert PYTHON
    assert JSON
    assert TOML
    assert len(given_to("curl")) >= 10
    assert len(given_to("shopkeeper")) >= 8
    assert len(given_to("make")) >= 6


@pytest.mark.parametrize("block", PYTHON, ids=name)
def test_python_runs(block: Block, workplace: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=workplace,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_json_example_is_what_its_heading_says() -> None:
    readers = {
        "Canonical form": Product.from_dict,
        "Short form": Product.from_dict,
        "A row of the serve log": lambda data: SERVE_LOG.decode(json.dumps(data).encode()),
        "An event": event_from_ubi,
        "When it says no": lambda data: ErrorAnswer(ErrorDetail(**data["error"])),
    }
    for block in JSON:
        readers[block.heading](json.loads(block.text))
    assert {block.heading for block in JSON} == set(readers)


def test_the_canonical_form_is_its_own() -> None:
    given = next(json.loads(block.text) for block in JSON if block.heading == "Canonical form")
    assert Product.from_dict(given).to_dict() == given


def test_the_short_form_is_one_variant() -> None:
    given = next(json.loads(block.text) for block in JSON if block.heading == "Short form")
    product = Product.from_dict(given, locale="en", currency="USD")
    assert [variant.sku for variant in product.variants] == ["mug"]
    assert product.category == ("Kitchen", "Mugs")
    assert str(product.price) == "$9.50"


@pytest.mark.parametrize("block", TOML, ids=name)
def test_settings_are_settings(block: Block, tmp_path: Path) -> None:
    given = tomllib.loads(block.text)
    if {"deny", "hide"} & given.keys():
        rules = read_rules(block.text, "guard.toml")
        assert len(rules.deny) + len(rules.hide) == sum(map(len, given.values()))
        return
    (tmp_path / "shop.toml").write_text(block.text, encoding="utf-8")
    settings = load_settings(tmp_path)
    assert {key: getattr(settings, key) for key in given} == given


def parse(words: list[str]) -> dict[str, object]:
    """The arguments of a command line, parsed as the terminal does; the command is not run."""
    command, rest = typer.main.get_command(app), list(words)
    while isinstance(command, typer.core.TyperGroup):
        called, command, rest = command.resolve_command(typer.Context(command), rest)
    with command.make_context(called, rest) as context:
        return dict(context.params)


@pytest.mark.parametrize("words", [w for _, w in given_to("shopkeeper")], ids=shlex.join)
def test_commands_exist_with_their_options(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for word in words:
        if Path(word).suffix in (".csv", ".jsonl"):  # a feed of the reader's
            (tmp_path / word).touch()
    parse(words)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("serch x", "No such command"),
        ("search x --shop s --nope", "No such option"),
        ("search x", "Missing"),
        ("bench relevance x --data d", "is not one of"),
    ],
)
def test_what_does_not_exist_is_found(line: str, complaint: str) -> None:
    with pytest.raises(Exception, match=complaint):
        parse(line.split())


def test_the_port_is_the_default_one() -> None:
    port = parse(["up"])["port"]
    assert f"PORT   ?= {port}\n" in read("Makefile")
    assert COMMANDS
    for _, words in given_to("curl"):
        assert curl(words)[1].startswith(f"http://127.0.0.1:{port}/")


def test_searches_find_something(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    searches = [w for _, w in given_to("shopkeeper") if w[0] == "search"]
    assert searches
    for words in searches:
        done = subprocess.run(
            [sys.executable, "-c", "from shopkeeper.cli import main; main()", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip(), f"nothing on stdout: {words}"


def test_every_curl_is_answered(workplace: Path) -> None:
    """In the order of the pages: what one puts, the next one finds."""
    with (
        Shop(workplace / "shops" / "demo", is_serving=False) as shop,
        TestClient(create_app(shop, ServeSettings()), base_url="http://127.0.0.1:8080") as client,
    ):
        for place, words in given_to("curl"):
            method, address, headers, body = curl(words)
            answer = client.request(method, address, headers=headers, content=body)
            assert answer.is_success, f"{place}: {method} {address}: {answer.text}"
            if "/v1/search" in address:
                assert answer.json()["total"] > 0, f"{place}: {address} finds nothing"
            if address.endswith("_bulk"):
                assert answer.json()["refused"] == [], f"{place}: {answer.text}"


def curl(words: list[str]) -> tuple[str, str, dict[str, str], bytes | None]:
    """(method, address, headers, body) of the few options that the documents use."""
    method, address, body = "", "", None
    headers = {}
    rest = iter(words)
    for word in rest:
        if word == "-s":
            continue
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            key, _, value = next(rest).partition(": ")
            headers[key] = value
        elif word in ("-d", "--data-binary"):
            body = next(rest).encode()
        else:
            assert word.startswith("http://"), word
            address = word
    return method or ("GET" if body is None else "POST"), address, headers, body


def test_make_has_every_target() -> None:
    makefile = read("Makefile")
    (phony,) = (line for line in makefile.splitlines() if line.startswith(".PHONY:"))
    targets = phony.split()[1:]
    for place, words in given_to("make"):
        goals = [word for word in words if "=" not in word]
        assert goals, place
        assert set(goals) <= set(targets), place
        for variable in (word.partition("=")[0] for word in words if "=" in word):
            assert f"$({variable})" in makefile, f"{place}: {variable}"


def test_keys_come_from_the_variable_that_is_named() -> None:
    assert {words[0].partition("=")[0] for _, words in given_to("export")} == {KEY_VARIABLE}
