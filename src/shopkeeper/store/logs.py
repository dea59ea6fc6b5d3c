"""What was shown, and what was done with it? Files of JSON lines, written off the hot path."""

from __future__ import annotations

import errno
import io
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeAlias

from shopkeeper.records import CorruptArtefact, Refused, ShopkeeperError
from shopkeeper.store.locks import held, is_at
from shopkeeper.store.log_rows import Codec, Row
from shopkeeper.store.space import noticing_a_full_disk

LARGEST_FILE: Final = 64 * 2**20
"""Bytes after which a new file begins; so does every day (UTC), and every process."""
CAPACITY: Final = 10_000
"""Rows that may wait to be written."""


Skipping: TypeAlias = Callable[[ShopkeeperError], None]
"""Hears of a line that is left out."""


class Log(Generic[Row]):
    """One process's end of a log: `append` never waits, one thread writes.

    A row that finds the queue full, or that cannot be written, is dropped and counted.
    """

    def __init__(
        self,
        folder: Path,
        codec: Codec[Row],
        *,
        largest_file: int = LARGEST_FILE,
        capacity: int = CAPACITY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` gives seconds since 1970; the files are named by its day."""
        self._folder, self._codec, self._clock = folder, codec, clock
        self._largest_file = largest_file
        self._queue: queue.Queue[Row | None] = queue.Queue(capacity)
        self._file: _OpenFile | None = None
        self._lost_at_door = self._lost_on_disk = 0
        self._is_closed = False
        self._lock = threading.Lock()
        self.trouble = ""
        """Why the last row could not be written; empty while all is well."""
        folder.mkdir(parents=True, exist_ok=True)
        self._thread = threading.Thread(target=self._run, name=f"log {codec.name}", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Rows lost since the log was opened."""
        return self._lost_at_door + self._lost_on_disk

    def append(self, row: Row) -> bool:
        """Queue a row; False when it was dropped instead."""
        with self._lock:
            if not self._is_closed:
                try:
                    self._queue.put_nowait(row)
                    return True
                except queue.Full:
                    pass
            self._lost_at_door += 1
            return False

    def flush(self) -> None:
        """Return when all that was appended before has been handed to the operating system."""
        self._queue.join()

    def close(self) -> None:
        """Write what is queued, then stop; later rows are dropped."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (row := self._queue.get()) is not None:
            try:
                with noticing_a_full_disk(self._folder, "rows are logged again"):
                    self._write(self._codec.encode(row) + b"\n")
                self.trouble = ""
            except ShopkeeperError as error:
                self._lose(str(error))
            except Exception as error:  # whatever one row is, the log goes on
                self._lose(f"{type(error).__name__}: {error}")
            self._queue.task_done()
        self._end_file()

    def _lose(self, why: str) -> None:
        self._lost_on_disk += 1
        self.trouble = why

    def _write(self, line: bytes) -> None:
        day = day_of(self._clock())
        while True:
            file = self._file_for(day, len(line))
            with held(file.raw.fileno()):
                # Who forgets a shopper holds the file too, and puts another in its place.
                if is_at(file.path, file.raw.fileno()):
                    self._append(file, line)
                    return
            self._end_file()

    def _append(self, file: _OpenFile, line: bytes) -> None:
        whole = file.raw.tell()
        try:
            if file.raw.write(line) < len(line):
                raise OSError(errno.ENOSPC, "written in part")
        except OSError:
            self._take_back(file, whole)
            raise

    def _file_for(self, day: str, size: int) -> _OpenFile:
        file = self._file
        if file is None or day != file.day or file.raw.tell() + size > self._largest_file:
            self._end_file()
            file = self._file = _new_file(self._folder, self._codec.name, day)
        return file

    def _take_back(self, file: _OpenFile, whole: int) -> None:
        """Let the file end where it was whole, and go on with it: on a full disk every row fails,
        and a file for each would leave thousands."""
        try:
            file.raw.truncate(whole)
            file.raw.seek(whole)
        except OSError:
            self._end_file()  # it may end in a torn line, and only a last line may be torn

    def _end_file(self) -> None:
        if self._file is not None:
            self._file.raw.close()
            self._file = None


def write_log(folder: Path, codec: Codec[Row], rows: Iterable[tuple[int, Row]]) -> int:
    """Write the rows of an older log, each with its time, into files by day (UTC); how many.

    Args:
        rows: (milliseconds since 1970, row), in the order of time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count, file = 0, None
    try:
        for timestamp_ms, row in rows:
            day = day_of(timestamp_ms / 1000)
            if file is None or day != file.day:
                if file is not None:
                    file.raw.close()
                file = _new_file(folder, codec.name, day)
            file.raw.write(codec.encode(row) + b"\n")
            count += 1
    finally:
        if file is not None:
            file.raw.close()
    return count


def read_log(folder: Path, codec: Codec[Row], skipping: Skipping | None = None) -> Iterator[Row]:
    """Every row of a log, file by file in the order they were begun; otherwise `read_log_file`."""
    for path in log_files(folder, codec):
        yield from read_log_file(path, codec, skipping)


def read_log_file(path: Path, codec: Codec[Row], skipping: Skipping | None = None) -> Iterator[Row]:
    """The rows of one file; none of a file that has been removed since it was listed.

    A last line without an end, which a crash or a writer at work leaves, is skipped.

    Args:
        skipping: hears of every other line that cannot be read; None: it is raised.

    Raises:
        CorruptArtefact: a line is no row.
        Refused: a newer Shopkeeper wrote it.
    """
    for number, line in log_lines(path):
        try:
            row = codec.decode(line)
        except UNREADABLE as error:
            damage: ShopkeeperError = not_a_row(path, number, error)
        except Refused as error:
            damage = Refused(error.what, where=f"{path}:{number}", hint=error.hint)
        else:
            yield row
            continue
        if skipping is None:
            raise damage
        skipping(damage)


UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""What decoding raises for a line that is no row."""


def not_a_row(path: Path, number: int, error: Exception) -> CorruptArtefact:
    """The error for a line that cannot be read."""
    return CorruptArtefact(
        f"not a row of the log: {error}", where=f"{path}:{number}", hint="delete that line"
    )


def log_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each whole line of a file, with its number from 1; none when the file is gone."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, start=1):
            if line.endswith(b"\n"):
                yield number, line


def log_files(folder: Path, codec: Codec[Row]) -> list[Path]:
    """The files of a log, the earliest first."""
    return sorted(folder.glob(f"{codec.name}-????-??-??-??????.jsonl"))


def day_of(seconds: float) -> str:
    """The day (UTC) by which a file is named."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


class _OpenFile(NamedTuple):
    path: Path
    day: str
    raw: io.FileIO


def _new_file(folder: Path, name: str, day: str) -> _OpenFile:
    """A file of its own for each writer, so that no two ever share a line."""
    there = sorted(folder.glob(f"{name}-{day}-??????.jsonl"))
    number = int(there[-1].stem[-6:]) + 1 if there else 1
    while True:
        path = folder / f"{name}-{day}-{number:06d}.jsonl"
        try:
            return _OpenFile(path, day, io.FileIO(path, "xb"))
        except FileExistsError:
            number += 1
