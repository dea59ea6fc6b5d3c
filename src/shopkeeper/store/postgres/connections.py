"""How is PostgreSQL reached, and what is said when it is away?"""

from __future__ import annotations

import select
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from shopkeeper.records import (
    Busy,
    CorruptArtefact,
    InvalidRequest,
    Refused,
    ShopkeeperError,
    Unavailable,
)

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

WAIT_S: Final = 30
"""How long a writer waits for the writers of other processes."""

READER: Final = """
    SET default_transaction_read_only = on;
    SET default_transaction_isolation = 'repeatable read'
"""
"""The session of who only reads: a transaction sees one moment."""
# A writer that is gone must not hold up the others: its session ends when it does nothing, when
# its machine does not answer, and when it hangs up during a long statement.
WRITER: Final = f"""
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local');
    SET lock_timeout = '{WAIT_S}s';
    SET idle_in_transaction_session_timeout = '60s';
    SET tcp_keepalives_idle = 30;
    SET client_connection_check_interval = '1s'
"""
"""The session of who writes: a commit is on the disk before it is acknowledged."""

_UNLESS_GIVEN: Final = {
    "connect_timeout": "3",
    "keepalives_idle": "30",
    "tcp_user_timeout": "30000",
}
_MOST_IDLE: Final = 8


@dataclass(frozen=True, slots=True)
class Place:
    """A database, and how to speak of it."""

    conninfo: str = field(repr=False)
    """As libpq takes it; it may hold a password."""
    label: str
    """The same without user and password."""


def place_of(address: str, application: str) -> Place:
    """Read a `postgresql://` address.

    Raises:
        InvalidRequest: it is none. It is not repeated: a part of it may be of a password.
    """
    try:
        given = {key: str(value) for key, value in conninfo_to_dict(address).items()}
    except psycopg.ProgrammingError:
        given = {}
    host, port, database = (given.get(key, "") for key in ("host", "port", "dbname"))
    # What is not encoded in a password ends up in one of these.
    if not given or "@" in host + database or not all(c in "0123456789," for c in port):
        raise InvalidRequest(
            "no address of a PostgreSQL database",
            where="address of the products",
            expected="postgresql://USER@HOST:PORT/DATABASE, percent-encoded where it is special",
        )
    ours = {key: value for key, value in _UNLESS_GIVEN.items() if key not in given}
    conninfo = make_conninfo(
        address, **ours, client_encoding="utf8", fallback_application_name=application[:63]
    )
    service = f"?service={given['service']}" if "service" in given else ""
    label = f"postgresql://{host}{':' if port else ''}{port}/{database}{service}"
    return Place(conninfo, label)


class Connections:
    """Connections in autocommit mode: one for each thread that is at work at this moment.

    One that broke is left, so that after a restart of the database the next call finds it again.
    """

    def __init__(self, place: Place, session: str) -> None:
        """`session` is SQL that each of them begins with."""
        self._place, self._session = place, session
        self._idle: deque[Connection] = deque()
        self._closed = threading.Event()

    @contextmanager
    def borrow(self) -> Iterator[Connection]:
        """A connection nobody else uses."""
        if self._closed.is_set():
            raise ShopkeeperError("read after close", where=self._place.label)
        with translated(self._place.label):
            connection = self._idle_one() or self._open()
            try:
                yield connection
            finally:
                is_sound = connection.info.transaction_status == TransactionStatus.IDLE
                if is_sound and len(self._idle) < _MOST_IDLE:
                    self._idle.append(connection)
                else:
                    connection.close()
                if self._closed.is_set():
                    self.close()

    @contextmanager
    def once(self) -> Iterator[Connection]:
        """A connection of its own, with what belongs to a session: temporary tables, locks."""
        with translated(self._place.label), self._open() as connection:
            yield connection

    def close(self) -> None:
        self._closed.set()
        while self._idle:
            self._idle.pop().close()

    def _idle_one(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if _is_quiet(connection):
                return connection
            connection.close()
        return None

    def _open(self) -> Connection:
        try:
            connection = psycopg.connect(self._place.conninfo, autocommit=True)
        except psycopg.OperationalError as error:
            raise Unavailable(
                _first_line(error).removeprefix("connection failed: "),
                where=self._place.label,
                hint="look whether it runs, and whether it takes this user",
            ) from error
        try:
            connection.execute(self._session.encode())
        except BaseException:
            connection.close()
            raise
        return connection


def _is_quiet(connection: Connection) -> bool:
    """Whether the server has said nothing since the last answer. One that ends says so, or hangs
    up; to see that costs no round trip."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


@contextmanager
def translated(label: str) -> Iterator[None]:
    """Say PostgreSQL's errors in the shop's words: Busy, Unavailable, Refused, CorruptArtefact."""
    try:
        yield
    except psycopg.Error as error:
        ours = _in_our_words(error, _first_line(error), label)
        if ours is None:
            raise
        raise ours from error


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")


_DAMAGE = (
    psycopg.errors.DataCorrupted,
    psycopg.errors.IndexCorrupted,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
)
_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,  # a standby, until it is the primary
    psycopg.errors.IdleInTransactionSessionTimeout,
)


def _in_our_words(error: psycopg.Error, said: str, label: str) -> ShopkeeperError | None:
    match error:
        case psycopg.errors.LockNotAvailable() | psycopg.errors.DeadlockDetected():
            return Busy(
                f"another process has been writing for {WAIT_S} s",
                where=label,
                hint="try again when it is done",
            )
        case psycopg.errors.InsufficientPrivilege():
            return Refused(said, where=label, hint="let this user create the schema shopkeeper")
        case psycopg.errors.DuplicateTable():
            return Refused(
                f"another program's schema ({said})", where=label, hint="name another database"
            )
        case _ if isinstance(error, _DAMAGE):
            hint = "restore it from a backup, or ingest the feed again"
            return CorruptArtefact(said, where=label, hint=hint)
        case _ if isinstance(error, _AWAY):
            hint = "what was being written may be in; it can be written again"
            return Unavailable(said, where=label, hint=hint)
    return None
