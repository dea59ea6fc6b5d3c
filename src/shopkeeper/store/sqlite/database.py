"""How is an SQLite file opened, so that what it acknowledged survives?"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shopkeeper.records import Busy, CorruptArtefact, Refused, ShopkeeperError
from shopkeeper.store.locks import exclusive
from shopkeeper.store.space import no_space

WAIT_S = 30.0
"""How long a writer waits for the writers of other processes."""
_LARGEST_WAL = 64 * 2**20
"""Bytes that stay on the disk after a transaction that needed more."""

# A header or schema with wrong bits in it reads as an error in our SQL.
_DAMAGE = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR))


@dataclass(frozen=True, slots=True)
class Schema:
    """What one of our SQLite files holds."""

    application: int
    """SQLite's application_id, which tells our files from other people's."""
    format: int
    """SQLite's user_version: raised when the tables change."""
    tables: str
    """The statements that make them."""
    synchronous: Literal["FULL", "NORMAL"]
    """FULL: a commit survives a power cut. NORMAL: the last ones may be lost, nothing else."""
    erases: bool = False
    """Overwrite with zeros what is deleted, so that no byte of it stays in the file."""


def open_database(path: Path, schema: Schema) -> sqlite3.Connection:
    """A connection in autocommit mode to a file that is made if it is not there.

    Raises:
        Refused: a newer Shopkeeper, or something else, wrote the file.
        CorruptArtefact: it is no database, or a damaged one.
    """
    with translated(path):
        connection = sqlite3.connect(
            path, timeout=WAIT_S, isolation_level=None, check_same_thread=False
        )
        try:
            if _identity(connection) == (0, 0):
                # Changing to WAL does not wait for others who change to WAL.
                with exclusive(path.with_name(f"{path.name}.lock"), "create", wait_s=WAIT_S):
                    if _identity(connection) == (0, 0):
                        _create(connection, path, schema)
            _check_identity(connection, path, schema)
            connection.execute(f"PRAGMA synchronous = {schema.synchronous}")
            connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_WAL}")
            if schema.erases:
                connection.execute("PRAGMA secure_delete = ON")
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(
    connection: sqlite3.Connection, kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE"
) -> Iterator[None]:
    """All or nothing. IMMEDIATE takes the writer's lock at once; DEFERRED reads one snapshot."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Say SQLite's errors in the shop's words: Busy, NoSpace, CorruptArtefact, or the disk's."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        told = getattr(error, "sqlite_errorcode", 0)
        code = told & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy(
                f"another process has been writing for {WAIT_S:g} s",
                where=str(path),
                hint="try again when it is done",
            ) from error
        if code in _DAMAGE:
            raise CorruptArtefact(
                str(error), where=str(path), hint="restore it from a copy, or ingest the feed again"
            ) from error
        if told in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE):
            # A feed is staged where SQLite keeps temporary files, which may be another disk.
            raise no_space(path, "try again (temporary files count too)") from error
        if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
            raise ShopkeeperError(
                str(error), where=str(path), hint="check the disk's space and the folder's rights"
            ) from error
        raise


class Readers:
    """Connections that only read: one for each thread that is reading at this moment."""

    def __init__(self, path: Path, schema: Schema) -> None:
        self._path, self._schema = path, schema
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = threading.Event()

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """A connection nobody else uses; it sees what was committed before its next statement."""
        if self._closed.is_set():
            raise ShopkeeperError("read after close", where=str(self._path))
        with translated(self._path):
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = open_database(self._path, self._schema)
                connection.execute("PRAGMA query_only = ON")
            try:
                yield connection
            finally:
                self._idle.append(connection)
                if self._closed.is_set():
                    self.close()

    def close(self) -> None:
        self._closed.set()
        while self._idle:
            self._idle.pop().close()


def _identity(connection: sqlite3.Connection) -> tuple[int, int]:
    application, tables = connection.execute(
        "SELECT (SELECT application_id FROM pragma_application_id),"
        " (SELECT count(*) FROM sqlite_schema)"
    ).fetchone()
    return application, tables


def _create(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise ShopkeeperError(
            "the disk cannot hold a database in WAL mode",
            where=str(path),
            hint="put the shop's folder on a local disk",
        )
    with transaction(connection):
        for statement in schema.tables.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.application}")
        connection.execute(f"PRAGMA user_version = {schema.format}")


def _check_identity(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != schema.application:
        raise Refused(
            "the database of another program",
            where=str(path),
            hint="move the file away, or name another folder",
        )
    if version > schema.format:
        raise Refused(
            f"format {version} of a newer Shopkeeper",
            where=str(path),
            expected=f"at most {schema.format}",
            hint="update Shopkeeper, then open it again",
        )
