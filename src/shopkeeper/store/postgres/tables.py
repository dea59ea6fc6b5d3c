"""Which tables hold the products of several shops?"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

from shopkeeper.records import Refused
from shopkeeper.store.postgres.connections import Connection

FORMAT: Final = 1
"""Raised when the tables change."""
OLDEST: Final = 14
"""The oldest PostgreSQL that knows every setting of our sessions."""

# Bodies and states apart, so that a patch copies a hundred bytes. A deleted product keeps its two
# rows, empty, so that every index hears of the deletion. The C collation is bytes in order: an
# operating system with other rules of sorting leaves the indexes as they are.
_TABLES: Final = """
    CREATE SCHEMA IF NOT EXISTS shopkeeper;
    CREATE TABLE shopkeeper.shops (
        shop integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        shop_id text COLLATE "C" NOT NULL UNIQUE,
        origin uuid NOT NULL DEFAULT gen_random_uuid(),
        seq bigint NOT NULL DEFAULT 0
    );
    CREATE TABLE shopkeeper.products (
        shop integer NOT NULL REFERENCES shopkeeper.shops,
        ordinal bigint GENERATED ALWAYS AS IDENTITY,
        id text COLLATE "C" NOT NULL,
        digest bytea,
        body bytea,
        PRIMARY KEY (shop, ordinal),
        UNIQUE (shop, id)
    );
    CREATE TABLE shopkeeper.states (
        shop integer NOT NULL,
        ordinal bigint NOT NULL,
        seq bigint NOT NULL,
        body_seq bigint NOT NULL,
        volatile bytea,
        PRIMARY KEY (shop, ordinal),
        UNIQUE (shop, seq),
        FOREIGN KEY (shop, ordinal) REFERENCES shopkeeper.products
    );
    CREATE INDEX states_by_body_seq ON shopkeeper.states (shop, body_seq);
    CREATE TABLE shopkeeper.format (version integer NOT NULL)
"""
# Asked of the catalogue's own rows: to_regclass remembers that there was none.
_HAS_TABLES: Final = """
    SELECT EXISTS (
        SELECT FROM pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid
        WHERE n.nspname = 'shopkeeper' AND c.relname = 'format'
    )
"""
_CREATING: Final = 0x53686F70
"""The advisory lock of who makes the tables."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShopRow:
    """The shop within its database."""

    number: int
    origin: str
    """Of its numbers `seq`: another one when the database was made anew."""


def open_shop(connection: Connection, shop_id: str, label: str) -> ShopRow:
    """The row of the shop; tables and row are made when they are not there.

    Raises:
        Refused: PostgreSQL is too old, its encoding is not UTF-8, or a newer Shopkeeper made the
            tables.
    """
    _check_server(connection, label)
    if not _has_tables(connection):
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATING,))
            if not _has_tables(connection):
                connection.execute(_TABLES)
                connection.execute("INSERT INTO shopkeeper.format VALUES (%s)", (FORMAT,))
    (version,) = _one(connection, "SELECT version FROM shopkeeper.format")
    if version > FORMAT:
        raise Refused(
            f"format {version} of a newer Shopkeeper",
            where=label,
            expected=f"at most {FORMAT}",
            hint="update Shopkeeper, then open it again",
        )
    connection.execute(
        "INSERT INTO shopkeeper.shops (shop_id) VALUES (%s) ON CONFLICT DO NOTHING", (shop_id,)
    )
    number, origin = _one(
        connection, "SELECT shop, origin FROM shopkeeper.shops WHERE shop_id = %s", shop_id
    )
    return ShopRow(number, str(origin))


def _check_server(connection: Connection, label: str) -> None:
    info = connection.info
    if info.server_version < OLDEST * 10_000:
        raise Refused(
            f"PostgreSQL {info.server_version // 10_000}", where=label, expected=f"{OLDEST} or more"
        )
    encoding = info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Refused(
            f"a database in {encoding}",
            where=label,
            expected="UTF8",
            hint="createdb --encoding=UTF8 --template=template0",
        )
    if _one(connection, "SHOW fsync") == ("off",):
        _log.warning("%s: fsync is off; a power cut can lose products", label)


def _has_tables(connection: Connection) -> bool:
    (there,) = _one(connection, _HAS_TABLES)
    return bool(there)


def _one(connection: Connection, query: str, *arguments: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), arguments).fetchone()
    assert row is not None, "the query gives one row"
    return row
