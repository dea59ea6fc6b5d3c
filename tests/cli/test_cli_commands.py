"""The commands as a person or a script uses them: data on stdout, words on stderr, exit codes."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys

import pytest

from assemble.shops import row, rows, write_feed
from shopkeeper.data import FORMATS
from shopkeeper.records import Event
from shopkeeper.store import EVENTS, Registry, ShopFolder, read_log, write_log

COMMANDS = [
    "up",
    "ingest",
    "copy",
    "serve",
    "search",
    "build",
    "fsck",
    "rollback",
    "formats",
    "forget",
    "retain",
    "bench",
    "world",
    "experiment",
    "export",
]


# --- asking ------------------------------------------------------------------------------------


def test_results_are_lines_of_five_cells(root, run):
    code, out, err = run("search", "red tent", "--shop", root, "--sort", "price", "--size", 7)
    lines = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert [line[0] for line in lines] == [str(n) for n in range(1, 8)]
    assert {len(line) for line in lines} == {5}
    prices = [float(line[3].removeprefix("$")) for line in lines]
    assert prices == sorted(prices)
    assert all(line[4].startswith("red tent model ") for line in lines)
    assert "20 results in" in err


def test_json_is_the_response_of_the_api(root, run):
    filters = ["--filter", "brand:Acme|Zed", "--filter", "price:..30"]
    code, out, _ = run("search", "red", "--shop", root, *filters, "--json", "--size", 200)
    answer = json.loads(out)
    expected = {
        r["id"]
        for r in rows(60)
        if r["attributes"]["colour"] == "red"
        and r["brand"] in ("Acme", "Zed")
        and float(r["price"]) <= 30
    }
    assert code == 0
    assert {hit["id"] for hit in answer["hits"]} == expected
    assert expected


def test_explaining_goes_to_the_person(root, run):
    code, out, err = run("search", "red tnet", "--shop", root, "--size", 2, "--explain")
    assert (code, len(out.splitlines())) == (0, 2)
    assert "read “tnet” as “tent”" in err
    for said in ("retrieve.lexical", "ok", "retrieve.dense", "off", "no encoder", " = lexical 0."):
        assert said in err


def test_brackets_and_tabs_in_texts_are_only_texts(root, run, tmp_path):
    odd = row(0, title="a [bold]kettle[/] with\ta tab :key:", brand="[/b]")
    run("ingest", write_feed(tmp_path / "odd.jsonl", [odd]), "--shop", root, "--mode", "merge")
    code, out, err = run("search", "kettle [/x]", "--shop", root, "--explain")
    assert code == 0
    assert out.split("\t")[4] == "a [bold]kettle[/] with a tab :key:\n"
    assert err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--filter", "brnd:Acme"), "no field 'brnd' to filter by. Did you mean 'brand'"),
        (("--filter", "zzqqxx:1"), "There are brand, category"),
        (("--filter", "nonsense"), "filter 'nonsense'; expected field:value"),
        (("--sort", "brand"), "no field 'brand' to sort by"),
        (("--sort", "price:up"), "expected field, field:asc or field:desc"),
    ],
)
def test_a_search_that_cannot_be_says_why(root, run, arguments, said):
    code, out, err = run("search", "tent", "--shop", root, *arguments)
    assert (code, out) == (1, "")
    assert said in err
    assert err.startswith("shopkeeper: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "tent"),
        ("search", "tent", "--shop", "x", "--size", "201"),
        ("serve", "--shop", "x", "--port", "65536"),
        ("ingest", "nothing-here.csv", "--shop", "x"),
        ("ingest", ".", "--shop", "x", "--mode", "sideways"),
        ("nonsense",),
    ],
)
def test_a_wrong_command_line_is_code_2(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "Usage: shopkeeper" in err


@pytest.mark.parametrize("command", ["search tent", "build", "serve", "rollback index"])
def test_where_there_is_no_shop_it_says_how_to_make_one(run, tmp_path, command):
    code, out, err = run(*command.split(), "--shop", tmp_path / "nowhere")
    assert (code, out) == (1, "")
    assert f"shopkeeper ingest FEED --shop {tmp_path / 'nowhere'}" in err
    assert not (tmp_path / "nowhere").exists()


# --- feeding -----------------------------------------------------------------------------------


def test_bad_rows_are_told_and_written_down(root, run, tmp_path):
    feed = write_feed(tmp_path / "new.jsonl", [*rows(60), row(60, price="-5.00"), row(61)])
    code, out, err = run("ingest", feed, "--shop", root)
    assert (code, out) == (0, "")
    assert "62 rows → 1 products added" in err
    assert f"rejected 1, each with its reason: {root / 'rejects.jsonl'}" in err
    [line] = (root / "rejects.jsonl").read_text().splitlines()
    reject = json.loads(line)
    assert (reject["row"], reject["id"], reject["field"]) == (61, "p60", "price")


def test_a_feed_that_empties_the_shop_needs_force(root, run, tmp_path):
    few = write_feed(tmp_path / "few.jsonl", rows(10))
    code, _, err = run("ingest", few, "--shop", root)
    assert code == 1
    assert "50 of the shop's 60 products" in err
    assert "--force" in err
    assert run("ingest", few, "--shop", root, "--force")[0] == 0
    assert "10 results" in run("search", "", "--shop", root)[2]


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        ("", (), "the feed is empty"),
        ("a;b\n1;2\n", (), "shopify: a table with the columns Handle"),
        ('{"id": "a"}\n', (), "none of 1 rows is a product"),
        ('{"id": "a", "title": "b"}\n', ("--format", "shopfy"), "expected one of icecat, "),
    ],
)
def test_a_first_feed_that_fails_leaves_no_shop(run, tmp_path, content, arguments, said):
    feed, shop = tmp_path / "feed.txt", tmp_path / "new"
    feed.write_text(content)
    code, out, err = run("ingest", feed, "--shop", shop, "--currency", "EUR", *arguments)
    assert (code, out) == (1, "")
    assert said in err
    assert "no shop here" in run("search", "tent", "--shop", shop)[2]
    write_feed(feed, rows(3))
    assert run("ingest", feed, "--shop", shop, "--encoder", "none")[0] == 0
    assert "$" in run("search", "tent", "--shop", shop)[1]


def test_what_a_shop_is_set_to_is_not_changed_by_the_way(root, run, tmp_path):
    feed = write_feed(tmp_path / "goods.jsonl", rows(60))
    code, _, err = run("ingest", feed, "--shop", root, "--currency", "EUR")
    assert code == 1
    assert "shop.toml: currency 'EUR' for a shop that has 'USD'" in err
    assert run("ingest", feed, "--shop", root, "--currency", "USD")[0] == 0


# --- keeping -----------------------------------------------------------------------------------


def test_build_and_rollback(root, run):
    code, _, err = run("rollback", "index", "--shop", root)
    assert code == 1
    assert "shopkeeper build --shop" in err
    first = Registry(ShopFolder(root)).live("index")
    assert run("build", "--shop", root)[0] == 0
    assert Registry(ShopFolder(root)).live("index") != first
    code, _, err = run("rollback", "index", "--shop", root)
    assert (code, f"index@{first} is live" in err) == (0, True)
    assert "expected index" in run("rollback", "indx", "--shop", root)[2]


def test_fsck_finds_a_wrong_bit(root, run):
    code, out, err = run("fsck", root, "--json")
    assert (code, json.loads(out)) == (0, [])
    assert "is sound" in err
    version = ShopFolder(root).artefacts / "index" / Registry(ShopFolder(root)).live("index")
    damaged = random.Random(0).choice(sorted(version.rglob("*.npy")))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\xff")
    code, out, err = run("fsck", root, "--json")
    [finding] = json.loads(out)
    assert (code, finding["severity"], finding["where"]) == (1, "error", str(damaged))
    assert finding["hint"] in err
    code, out, err = run("search", "tent", "--shop", root)
    assert (code, out) == (1, "")
    assert str(damaged) in err
    assert "build it again" in err
    assert run("build", "--shop", root)[0] == 0  # as the message says
    assert run("search", "tent", "--shop", root)[1].count("\n") == 10


# --- help --------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    code, out, err = run(command, "--help")
    assert (code, err) == (0, "")
    assert f"Usage: shopkeeper {command}" in out
    assert len(out.splitlines()) > 5
    assert f" {command} " in run("--help")[1]


def test_formats_are_listed(run):
    code, out, _ = run("formats")
    assert code == 0
    names = [line.split()[0] for line in out.splitlines()]
    assert names == [known.name for known in FORMATS]
    assert {"jsonl", "woocommerce"} <= set(names)


def test_help_is_quick_and_loads_nothing_heavy():
    heavy = [
        "numpy",
        "torch",
        "tantivy",
        "faiss",
        "fastapi",
        "onnxruntime",
        "tokenizers",
    ]
    code = (
        "import sys; from shopkeeper.cli import main\n"
        "sys.argv = ['shopkeeper', 'search', '--help']\n"
        "try: main()\n"
        f"finally: print(sorted(set({heavy}) & set(sys.modules)), file=sys.stderr)"
    )

    def cpu_s() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert "red tent" in done.stdout
        assert done.stderr.strip() == "[]"
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(cpu_s() for _ in range(3)) < 1.0


def test_a_shopper_is_forgotten(run, root):
    folder = ShopFolder(root)
    rows = [(0, Event("click", 1, "ann", "s1", "q1")), (0, Event("click", 2, "bob", "s2", "q2"))]
    write_log(folder.logs, EVENTS, rows)
    code, out, err = run("forget", "ann", "--shop", root, "--dry-run", "--json")
    told = json.loads(out)
    assert (code, told["events"], told["receipt"]) == (0, 1, "")
    assert "would be removed: 0 pages, 1 events, 0 computed ahead" in err
    code, out, err = run("forget", "ann", "--shop", root)
    assert (code, out) == (0, "")
    assert "removed: 0 pages, 1 events" in err
    assert "receipt" in err
    assert [event.shopper_id for event in read_log(folder.logs, EVENTS)] == ["bob"]
    code, _, err = run("forget", "ann", "--shop", root / "nowhere")
    assert code == 1
    assert "no shop here" in err


def test_old_logs_go(run, root):
    folder = ShopFolder(root)
    write_log(folder.logs, EVENTS, [(0, Event("click", 1))])
    code, out, err = run("retain", "--shop", root)
    assert (code, out.strip()) == (0, str(folder.logs / "events-1970-01-01-000001.jsonl"))
    assert "1 files removed; files of the last 400 days are kept" in err
