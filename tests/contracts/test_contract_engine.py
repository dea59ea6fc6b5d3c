"""What every engine keeps to: the same results in the order of the parts, and errors in place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from contracts import implementers, long_jobs
from contracts.implementers import each
from shopkeeper.records import InvalidRecord, InvalidRequest
from shopkeeper.records.ports import Engine
from shopkeeper.work import LocalEngine

SHARED = {"tent": 1.7, "boot": 0.3}
PARTS = [(number, ("tent", "boot")[number % 2]) for number in range(13)]


@each(implementers.ENGINE)
def test_results_come_in_the_order_of_the_parts(port: Engine) -> None:
    alone = [long_jobs.weigh(SHARED, part) for part in PARTS]
    assert list(port.run(long_jobs.weigh, PARTS, SHARED)) == alone
    assert len({result for _, result in alone}) == len(PARTS)


@each(implementers.ENGINE)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_parts_are_a_job_too(port: Engine, count: int) -> None:
    done = list(port.run(long_jobs.weigh, PARTS[:count], SHARED))
    assert done == [long_jobs.weigh(SHARED, part) for part in PARTS[:count]]


@each(implementers.ENGINE)
def test_a_part_keeps_its_type(port: Engine) -> None:
    row = np.array([0.1, np.nan], np.float32)
    given = [("a", 1), ["a", {"b": None}], row, b"\x00", None]
    back = list(port.run(long_jobs.echo, given, None))
    assert [type(part) for part in back] == [type(part) for part in given]
    assert back[:2] == given[:2]
    assert back[2].tobytes() == row.tobytes()
    assert back[2].dtype == row.dtype


def keep(results: Iterator[int], seen: list[int]) -> None:
    """Put each result there as it comes, so that those before an error are known."""
    for result in results:
        seen.append(result)


@each(implementers.ENGINE)
def test_an_error_has_its_place_and_its_words(port: Engine) -> None:
    seen: list[int] = []
    with pytest.raises(InvalidRecord) as caught:
        keep(port.run(long_jobs.refuse_three, range(9), None), seen)
    assert seen == [0, 1, 2]
    assert str(caught.value) == "feed.csv:3: part 3. Leave it out"
    assert (caught.value.where, caught.value.hint) == ("feed.csv:3", "leave it out")


@each(implementers.ENGINE)
def test_a_fault_of_ours_is_raised_as_what_it_is(port: Engine) -> None:
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        list(port.run(long_jobs.divide, [2, 0], 1))


@each(implementers.ENGINE)
def test_parts_that_break_off_do_so_after_those_before(port: Engine) -> None:
    seen: list[int] = []
    with pytest.raises(InvalidRecord, match=r"feed\.csv\.gz: the file breaks off"):
        keep(port.run(long_jobs.echo, long_jobs.BreaksOff(5), None), seen)
    assert seen == [0, 1, 2, 3, 4]


@each(implementers.ENGINE)
def test_parts_are_read_as_they_are_needed(port: Engine, tmp_path: Path) -> None:
    parts = long_jobs.Noted(3_000, tmp_path / "read")
    done = port.run(long_jobs.echo, parts, None)
    assert [next(done) for _ in range(3)] == [0, 1, 2]
    assert 3 <= int(parts.read.read_text()) < 1_000
    assert sum(1 for _ in done) == 2_997
    assert int(parts.read.read_text()) == 3_000


def test_no_process_is_no_engine() -> None:
    with pytest.raises(InvalidRequest, match="processes 0; expected 1 or more"):
        LocalEngine(0)
