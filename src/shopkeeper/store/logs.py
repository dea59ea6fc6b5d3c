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
from typing import Final, Generic, TypeAlias

from shopkeeper.records import CorruptArtefact, Refused, ShopkeeperError
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
        self._file: io.FileIO | None = None
        self._day = ""
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
        day = f"{datetime.fromtimestamp(self._clock(), UTC):%Y-%m-%d}"
        is_full = self._file is not None and self._file.tell() + len(line) > self._largest_file
        if self._file is None or day != self._day or is_full:
            self._end_file()
            self._file, self._day = _new_file(self._folder, self._codec.name, day), day
        whole = self._file.tell()
        try:
            if self._file.write(line) < len(line):
                raise OSError(errno.ENOSPC, "written in part")
        except OSError:
            self._take_back(whole)
            raise

    def _take_back(self, whole: int) -> None:
        """Let the file end where it was whole, and go on with it: on a full disk every row fails,
        and a file for each would leave thousands."""
        assert self._file is not None, "it has just been written to"
        try:
            self._file.truncate(whole)
            self._file.seek(whole)
        except OSError:
            self._end_file()  # it may end in a torn line, and only a last line may be torn

    def _end_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def write_log(folder: Path, codec: Codec[Row], rows: Iterable[tuple[int, Row]]) -> int:
    """Write the rows of an older log, each with its time, into files by day (UTC); how many.

    Args:
        rows: (milliseconds since 1970, row), in the order of time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count, day, file = 0, "", None
    try:
        for timestamp_ms, row in rows:
            of = f"{datetime.fromtimestamp(timestamp_ms / 1000, UTC):%Y-%m-%d}"
            if file is None or of != day:
                if file is not None:
                    file.close()
                file, day = _new_file(folder, codec.name, of), of
            file.write(codec.encode(row) + b"\n")
            count += 1
    finally:
        if file is not None:
            file.close()
    return count


def read_log(folder: Path, codec: Codec[Row], skipping: Skipping | None = None) -> Iterator[Row]:
    """Every row of a log, file by file in the order they were begun; otherwise `read_log_file`."""
    for path in log_files(folder, codec):
        yield from read_log_file(path, codec, skipping)


def read_log_file(path: Path, codec: Codec[Row], skipping: Skipping | None = None) -> Iterator[Row]:
    """The rows of one file.

    A last line without an end, which a crash or a writer at work leaves, is skipped.

    Args:
        skipping: hears of every other line that cannot be read; None: it is raised.

    Raises:
        CorruptArtefact: a line is no row.
        Refused: a newer Shopkeeper wrote it.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                break
            where = f"{path}:{number}"
            try:
                row = codec.decode(line)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                damage: ShopkeeperError = CorruptArtefact(
                    f"not a row of the log: {error}", where=where, hint="delete that line"
                )
            except Refused as error:
                damage = Refused(error.what, where=where, hint=error.hint)
            else:
                yield row
                continue
            if skipping is None:
                raise damage
            skipping(damage)


def log_files(folder: Path, codec: Codec[Row]) -> list[Path]:
    """The files of a log, the earliest first."""
    return sorted(folder.glob(f"{codec.name}-????-??-??-??????.jsonl"))


def _new_file(folder: Path, name: str, day: str) -> io.FileIO:
    """A file of its own for each writer, so that no two ever share a line."""
    there = sorted(folder.glob(f"{name}-{day}-??????.jsonl"))
    number = int(there[-1].stem[-6:]) + 1 if there else 1
    while True:
        try:
            return io.FileIO(folder / f"{name}-{day}-{number:06d}.jsonl", "xb")
        except FileExistsError:
            number += 1
