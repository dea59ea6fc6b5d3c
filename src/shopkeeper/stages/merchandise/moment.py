"""When is it? Moments with their zone, as merchants write them."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shopkeeper.records import InvalidRecord

_MOMENT = re.compile(r"(?P<local>[^\[\]]+)(?:\[(?P<zone>[^\[\]]+)\])?")
_SYNTAX = '"2026-06-01T00:00+02:00" or "2026-06-01T00:00[Europe/Berlin]"'


def read_moment(text: str) -> datetime:
    """Read ISO 8601 with an offset, with a zone in brackets (RFC 9557), or with both.

    With a zone alone, a local time that occurs twice (clocks go back) is the first one, and one
    that does not occur (clocks go forward) is counted on from before the change. With both, the
    offset must be one that the zone has at that time; it tells the two occurrences apart.

    Raises InvalidRecord for anything else, a local time without a zone above all.
    """
    match = _MOMENT.fullmatch(text)
    try:
        moment = datetime.fromisoformat(match["local"]) if match else None
    except ValueError:
        moment = None
    if match is None or moment is None:
        raise InvalidRecord(f"{text!r:.60} is no moment", expected=_SYNTAX)
    if match["zone"] is None:
        if moment.tzinfo is None:
            raise InvalidRecord(f"{text!r:.60} names no zone", expected=_SYNTAX)
        return moment
    try:
        zone = ZoneInfo(match["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidRecord(
            f"unknown zone {match['zone']!r:.40}", expected="an IANA name such as Europe/Berlin"
        ) from None
    return _in_zone(moment, zone, text)


def _in_zone(moment: datetime, zone: ZoneInfo, text: str) -> datetime:
    first = moment.replace(tzinfo=zone, fold=0)
    if moment.tzinfo is None:
        return first
    for occurrence in (first, first.replace(fold=1)):
        if occurrence.utcoffset() == moment.utcoffset():
            return occurrence
    raise InvalidRecord(f"{text!r:.60}: the zone has another offset then", expected=str(first))


def write_moment(moment: datetime) -> str:
    """The text that `read_moment` reads as this very instant, in this very zone."""
    zone = f"[{moment.tzinfo.key}]" if isinstance(moment.tzinfo, ZoneInfo) else ""
    return moment.isoformat() + zone
