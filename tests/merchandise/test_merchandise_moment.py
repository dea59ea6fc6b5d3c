"""Moments with their zone, across the changes of the clock."""

from datetime import UTC, datetime

import pytest

from shopkeeper.records import InvalidRecord
from shopkeeper.stages.merchandise.moment import read_moment, write_moment


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-01T00:00Z", utc(2026, 6, 1)),
        ("2026-06-01T00:00+02:00", utc(2026, 5, 31, 22)),
        ("2026-06-01[Europe/Berlin]", utc(2026, 5, 31, 22)),
        ("2026-01-01T09:00[Europe/Berlin]", utc(2026, 1, 1, 8)),
        ("2026-01-01T09:00[Asia/Shanghai]", utc(2026, 1, 1, 1)),
        # On 25 October 2026 the clocks go from 3:00 back to 2:00: 2:30 comes at 0:30 and 1:30 UTC.
        ("2026-10-25T02:30[Europe/Berlin]", utc(2026, 10, 25, 0, 30)),
        ("2026-10-25T02:30+02:00[Europe/Berlin]", utc(2026, 10, 25, 0, 30)),
        ("2026-10-25T02:30+01:00[Europe/Berlin]", utc(2026, 10, 25, 1, 30)),
        # On 29 March 2026 they go from 2:00 on to 3:00: 2:30 is half an hour after 1:00 UTC.
        ("2026-03-29T02:30[Europe/Berlin]", utc(2026, 3, 29, 1, 30)),
    ],
)
def test_an_instant_and_back(text: str, instant: datetime) -> None:
    moment = read_moment(text)
    assert moment.timestamp() == instant.timestamp()
    again = read_moment(write_moment(moment))
    assert again.timestamp() == instant.timestamp()
    assert again.tzinfo == moment.tzinfo


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2026-06-01T00:00", "names no zone"),
        ("1 June 2026", "is no moment"),
        ("", "is no moment"),
        ("2026-06-01[Europe/Berlin][Asia/Tokyo]", "is no moment"),
        ("2026-06-01T00:00[Europe/Atlantis]", "unknown zone 'Europe/Atlantis'"),
        ("2026-06-01T00:00[../../etc/passwd]", "unknown zone"),
        ("2026-06-01T00:00+01:00[Europe/Berlin]", "the zone has another offset then"),
    ],
)
def test_what_is_no_instant_is_named(text: str, fault: str) -> None:
    with pytest.raises(InvalidRecord) as raised:
        read_moment(text)
    assert fault in str(raised.value)
