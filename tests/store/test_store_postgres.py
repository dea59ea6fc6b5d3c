"""What is PostgreSQL's own: one database for several shops, its death and return, its secrets."""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
from contextlib import suppress

import psycopg
import pytest

from servers.postgres import ENCODED, PASSWORD
from shopkeeper.records import (
    Busy,
    CorruptArtefact,
    InvalidRequest,
    Refused,
    ShopkeeperError,
    Unavailable,
)
from shopkeeper.records.ports import Delete, Patch, Put
from shopkeeper.store import ShopFolder, open_products
from shopkeeper.store.postgres import PostgresProducts
from shopkeeper.store.postgres import products as module

NAMES = itertools.count(1)


@pytest.fixture
def database(postgres):
    """The name of a database without tables."""
    name = f"fresh_{next(NAMES)}"
    postgres.new_database(name)
    return name


@pytest.fixture
def products(postgres, shop_id):
    with PostgresProducts(postgres.address, shop_id) as opened:
        yield opened


def sessions(postgres) -> list[int]:
    """The process ids of the sessions that this process of ours has there."""
    with postgres.connect() as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE %s",
            (f"process {os.getpid()} %",),
        ).fetchall()
    return [pid for (pid,) in rows]


def once_back(call):
    """What the call gives when PostgreSQL has recovered; until then it is Unavailable."""
    give_up_at = time.monotonic() + 30
    while True:
        try:
            return call()
        except Unavailable:
            assert time.monotonic() < give_up_at
            time.sleep(0.02)


# --- several shops -----------------------------------------------------------------------------


def test_shops_of_one_database_do_not_see_each_other(postgres, shop_id, make_product):
    with (
        PostgresProducts(postgres.address, shop_id) as ours,
        PostgresProducts(postgres.address, f"{shop_id}-b") as theirs,
    ):
        ours.ingest([make_product("a"), make_product("b")], "replace")
        theirs.write([Put(make_product("a", title="Theirs"))])
        assert theirs.ingest([make_product("z")], "replace", force=True).removed == 1
        ours.write([Patch("a", stock=1), Delete("b")])
        assert (ours.seq, ours.count, theirs.seq, theirs.count) == (4, 1, 3, 1)
        assert list(theirs.all()) == [make_product("z")]
        assert [c.product_id for c in ours.since(0)] == ["a", "b"]
        assert theirs.read(["b", "a"]) == {}
        assert theirs.count_since(1) == 2
        assert ours.origin != theirs.origin
        assert ours.damage() == theirs.damage() == []


def test_a_feed_of_one_shop_does_not_hold_up_another(postgres, shop_id, make_product):
    with (
        PostgresProducts(postgres.address, shop_id) as ours,
        PostgresProducts(postgres.address, f"{shop_id}-b") as theirs,
    ):

        def slowly():
            yield make_product("a")
            assert theirs.ingest([make_product("z")], "merge").added == 1
            with pytest.raises(Busy, match=rf"held by process {os.getpid()} on"):
                ours.ingest([make_product("b")], "merge")

        assert ours.ingest(slowly(), "merge").added == 1


# --- tables ------------------------------------------------------------------------------------


def test_who_opens_first_makes_the_tables_once(postgres, database):
    opened, failed = [], []

    def open_one():
        try:
            with PostgresProducts(postgres.address_of(database), "shop") as store:
                opened.append(store.origin)
        except ShopkeeperError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(opened) == 7
    assert len(set(opened)) == 1


def test_tables_of_a_newer_format_or_another_program_are_refused(postgres, database):
    address = postgres.address_of(database)
    PostgresProducts(address, "shop").close()
    with postgres.connect(database) as connection:
        connection.execute("UPDATE shopkeeper.format SET version = 2")
    with pytest.raises(Refused, match=r"format 2 of a newer Shopkeeper.*Update Shopkeeper"):
        PostgresProducts(address, "shop")
    with postgres.connect(database) as connection:
        connection.execute("DROP TABLE shopkeeper.format")
    with pytest.raises(Refused, match="another program's schema"):
        PostgresProducts(address, "shop")


def test_a_database_that_cannot_hold_every_text_is_refused(postgres):
    address = postgres.new_database("latin", "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(Refused, match="a database in LATIN1; expected UTF8"):
        PostgresProducts(address, "shop")


def test_a_user_who_may_not_is_told_what_to_allow(postgres, database):
    with postgres.connect(database) as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    address = postgres.address_of(database).replace(f"tester:{ENCODED}", "guest:guest")
    with pytest.raises(Refused, match=r"permission denied.*create the schema shopkeeper"):
        PostgresProducts(address, "shop")


def test_damage_is_found_and_said(postgres, database, make_product):
    with PostgresProducts(postgres.address_of(database), "shop") as products:
        products.write([Put(make_product(str(n))) for n in range(30)])
        products.write([Delete("7")])
        assert products.damage() == []
        with postgres.connect(database) as connection:
            connection.execute(
                "UPDATE shopkeeper.products SET body = overlay(body placing 'X' from 9)"
                " WHERE id = '3'"
            )
            connection.execute(
                "UPDATE shopkeeper.states SET seq = 99 WHERE ordinal ="
                " (SELECT ordinal FROM shopkeeper.products WHERE id = '5')"
            )
        assert products.damage() == [
            "product 3 differs from what was written",
            "product 5 has the number 99 of 31",
        ]
        with postgres.connect(database) as connection:
            connection.execute("DROP TABLE shopkeeper.states")
        with pytest.raises(CorruptArtefact, match="states"):
            products.read(["3"])


# --- death and return --------------------------------------------------------------------------


def test_a_connection_that_was_ended_is_not_used_again(postgres, products, make_product):
    products.write([Put(make_product("a"))])
    products.read(["a"])
    ended = sessions(postgres)
    assert len(ended) >= 2
    with postgres.connect() as connection:
        for pid in ended:
            connection.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
    assert products.write([Patch("a", stock=2)]).seq == 2
    assert products.read(["a"])["a"].variants[0].stock == 2
    assert not set(ended) & set(sessions(postgres))


def test_a_killed_backend_takes_nothing_acknowledged_with_it(postgres, products, make_product):
    done = products.ingest([make_product(f"p{n}") for n in range(20)], "replace")
    for pid in sessions(postgres)[:1]:
        postgres.kill(pid)
    assert once_back(lambda: products.count) == 20
    assert once_back(lambda: products.write([Patch("p1", stock=7)])).seq == done.seq + 1
    assert products.damage() == []


def test_while_it_is_down_everything_says_so_and_afterwards_goes_on(
    postgres, products, make_product
):
    products.write([Put(make_product(f"p{n}")) for n in range(3)])
    stream = products.since(0)
    assert next(stream).seq == 1
    postgres.stop()
    with suppress(Unavailable):  # what had come already may still be given
        list(stream)
    for call in (
        lambda: products.read(["p1"]),
        lambda: products.write([Delete("p1")]),
        lambda: products.seq,
        lambda: products.ingest([make_product("x")], "merge"),
        lambda: list(products.since(0)),
        lambda: PostgresProducts(postgres.address, "shop"),
    ):
        with pytest.raises(Unavailable, match=r"postgresql://127\.0\.0\.1:\d+/postgres.*refused"):
            call()
    postgres.start()
    assert sorted(products.read(["p0", "p1", "p2"])) == ["p0", "p1", "p2"]
    assert products.write([Delete("p1")]).seq == 4
    assert products.ingest([make_product("x")], "merge").added == 1
    assert [change.seq for change in products.since(0)] == [1, 3, 4, 5]


@pytest.mark.parametrize("seed", range(2))
def test_a_server_that_dies_keeps_what_it_acknowledged(
    postgres, products, shop_id, make_product, seed
):
    """All its processes end without a last word, in the middle of writes and a feed."""
    acknowledged, moment = [0], random.Random(seed)

    def write_on():
        with PostgresProducts(postgres.address, shop_id) as own:
            try:
                for n in itertools.count(1):
                    own.write([Put(make_product(f"left {n}")), Put(make_product(f"right {n}"))])
                    acknowledged.append(n)
            except Unavailable:
                pass

    def ingest_on():
        feed = [make_product(f"fed {n}") for n in range(1500)]
        try:
            while True:
                products.ingest(feed, "merge")
        except Unavailable:
            pass

    threads = [threading.Thread(target=write_on), threading.Thread(target=ingest_on)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 4:
        time.sleep(0.005)
    time.sleep(moment.uniform(0, 0.3))
    postgres.stop("immediate")
    for thread in threads:
        thread.join()
    postgres.start()
    here = {product.id for product in products.all()}
    rights = sum(name.startswith("right") for name in here)
    assert {f"{side} {n}" for side in ("left", "right") for n in range(1, rights + 1)} <= here
    assert rights - acknowledged[-1] in (0, 1)
    assert sum(name.startswith("fed") for name in here) in (0, 1500)
    numbers = [change.seq for change in products.since(0)]
    assert numbers == list(range(1, len(here) + 1))
    assert products.damage() == []


def test_a_writer_waits_its_time_and_no_longer(postgres, shop_id, make_product, monkeypatch):
    monkeypatch.setattr(module, "WRITER", module.WRITER.replace("'30s'", "'150ms'"))
    with PostgresProducts(postgres.address, shop_id) as products, postgres.connect() as other:
        products.write([Put(make_product("a"))])
        with other.transaction():
            other.execute("SELECT FROM shopkeeper.shops WHERE shop_id = %s FOR UPDATE", (shop_id,))
            with pytest.raises(Busy, match="another process has been writing"):
                products.write([Delete("a")])
            assert products.count == 1, "who reads does not wait"
        assert products.write([Delete("a")]).seq == 2


def test_who_writes_waits_for_the_disk_even_where_others_do_not(postgres, database):
    with postgres.connect(database) as connection:
        for weak, ours in (("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")):
            connection.execute(f"ALTER DATABASE {database} SET synchronous_commit = {weak}")
            with (
                PostgresProducts(postgres.address_of(database), "shop") as products,
                products._writers.borrow() as writer,
            ):
                assert writer.execute("SHOW synchronous_commit").fetchone() == (ours,)


# --- secrets -----------------------------------------------------------------------------------


def test_a_password_comes_from_the_environment(postgres, shop_id, tmp_path, monkeypatch):
    folder = ShopFolder(tmp_path)
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    monkeypatch.setenv("SHOP_ADDRESS", postgres.address)
    within = postgres.address_of("postgres", "${SHOP_PASSWORD}")
    with (
        open_products(folder, shop_id, within) as one,
        open_products(folder, shop_id, "${SHOP_ADDRESS}") as two,
    ):
        assert one.origin == two.origin
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    bare = postgres.address.replace(f":{ENCODED}", "")
    with open_products(folder, shop_id, bare) as three:
        assert three.count == 0
    monkeypatch.delenv("SHOP_PASSWORD")
    with pytest.raises(InvalidRequest, match="the environment has no SHOP_PASSWORD"):
        open_products(folder, shop_id, within)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://tester:hush-hush@127.0.0.1:{port}/postgres",
        "postgresql://tester:hush-hush@127.0.0.1:{port}/nobody's",
        "postgresql://tester:hush-hush@127.0.0.1:1/postgres",
        "postgresql://tester:hush-hush@nowhere.invalid/postgres",
        "postgresql://tester:hush-hush@127.0.0.1:port/postgres",
        "postgresql://tester:a/hush-hush@127.0.0.1/postgres",
        "postgresql://tester:12/hush-hush@127.0.0.1/postgres",
        "postgresql://tester:a@hush-hush@127.0.0.1/postgres",
        "postgresql://tester:a?hush-hush@127.0.0.1/postgres",
        "postgresql://tester:hush hush-hush@127.0.0.1/postgres",
        "postgresql://tester:%zzhush-hush@127.0.0.1/postgres",
        "postgresql://127.0.0.1/postgres?password=hush-hush&nonsense=hush-hush",
        "mysql://tester:hush-hush@127.0.0.1/postgres",
    ],
)
def test_no_message_repeats_a_password(postgres, tmp_path, caplog, address):
    with pytest.raises((Unavailable, InvalidRequest)) as raised:
        open_products(ShopFolder(tmp_path), "shop", address.replace("{port}", str(postgres.port)))
    assert "hush" not in str(raised.value) + caplog.text
    assert str(raised.value)
    assert not isinstance(raised.value.__cause__, psycopg.ProgrammingError)
