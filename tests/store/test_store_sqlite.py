"""What is SQLite's own: formats of the file, and damage to it."""

from __future__ import annotations

import sqlite3

import pytest

from shopkeeper.records import CorruptArtefact, Money, Product, Refused, Variant
from shopkeeper.records.ports import Put
from shopkeeper.store.sqlite import SqliteProducts


def test_a_file_of_a_newer_format_or_another_program_is_refused(tmp_path):
    path = tmp_path / "products.db"
    SqliteProducts(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(Refused, match=r"format 2 of a newer Shopkeeper.*Update Shopkeeper"):
        SqliteProducts(path)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(Refused, match="another program"):
        SqliteProducts(other)


FORMAT_1 = """
    CREATE TABLE products (
        ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest BLOB, body BLOB
    );
    CREATE TABLE states (
        ordinal INTEGER PRIMARY KEY REFERENCES products,
        seq INTEGER NOT NULL UNIQUE, body_seq INTEGER NOT NULL, volatile BLOB
    );
    CREATE INDEX states_by_body_seq ON states (body_seq);
    INSERT INTO products VALUES
        (1, 'gone', NULL, NULL),
        (2, 'p', x'161614cd53cef4b63f81252015379035', CAST(
            '{"id":"p","title":{"en":"Tent"},"brand":"Acme",' ||
            '"variants":[{"sku":"s","options":{"size":"S"}}]}' AS BLOB));
    INSERT INTO states VALUES
        (1, 4, 4, NULL), (2, 3, 1, CAST('[0.5,[["s",1999,"USD",5]]]' AS BLOB));
    PRAGMA application_id = 0x53686F70;
    PRAGMA user_version = 1;
"""


def test_format_1_is_still_read(tmp_path):
    connection = sqlite3.connect(tmp_path / "products.db")
    connection.executescript(FORMAT_1)
    connection.close()
    variant = Variant("s", {"size": "S"}, Money(1999, "USD"), 5)
    product = Product("p", {"en": "Tent"}, (variant,), brand="Acme", popularity=0.5)
    with SqliteProducts(tmp_path / "products.db") as products:
        assert products.damage() == []
        assert list(products.all()) == [product]
        assert [(c.seq, c.now) for c in products.since(0)] == [(1, product), (4, None)]
        assert products.write([Put(product)]).seq == 4, "the same to the digest"


def test_damage_is_found_and_said(tmp_path, make_product):
    path = tmp_path / "products.db"
    with SqliteProducts(path) as products:
        products.write([Put(make_product(str(n))) for n in range(300)])
        assert products.damage() == []
    whole = path.read_bytes()
    place = whole.rindex(b'"Tent"')
    path.write_bytes(whole[:place] + b'"Tint"' + whole[place + 6 :])
    with SqliteProducts(path) as products:
        (line,) = products.damage()
        assert "differs from what was written" in line
    path.write_bytes(whole[:40] + b"junk" * 1000 + whole[4040:])
    with pytest.raises(CorruptArtefact, match=r"products\.db"):
        SqliteProducts(path)
    path.write_bytes(b"not a database, but long enough to be looked at as one" * 100)
    with pytest.raises(CorruptArtefact, match=r"products\.db"):
        SqliteProducts(path)
