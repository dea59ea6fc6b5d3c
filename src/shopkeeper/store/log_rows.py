"""How is a record written as a line of JSON, and read back exactly?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import orjson

from shopkeeper.records import Event, InvalidRecord, LoggedCandidate, Refused, ServeLogRow

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Codec(Generic[Row]):
    """A kind of log: how its files are called, and what a line is."""

    name: str
    encode: Callable[[Row], bytes]
    """To a line without its end. Raises InvalidRecord for what JSON cannot hold."""
    decode: Callable[[bytes], Row]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose row it is, as far as the row says."""

    shopper_id: str | None
    session_id: str | None
    query_id: str | None
    timestamp_ms: int
    mentioned: frozenset[str]
    """Texts among the attributes of an event, which may name a shopper too."""

    @property
    def has_name(self) -> bool:
        """Whether it names a shopper; a session that stands for an unknown one is no name."""
        return self.shopper_id not in (None, self.session_id)


def owner_of(line: bytes) -> Owner:
    """Whose row this line is, of whichever log."""
    content = _content(line)
    texts = (value for value in content.get("attributes", {}).values() if isinstance(value, str))
    return Owner(
        content["shopper_id"],
        content["session_id"],
        content["query_id"],
        content["timestamp_ms"],
        frozenset(texts),
    )


def _line(content: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps({"format": 1, **content})
    except orjson.JSONEncodeError as error:
        raise InvalidRecord(f"no JSON: {error}", where="log row") from None


def _content(line: bytes) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(line)
    if content.pop("format") != 1:
        raise Refused("a log line of a newer Shopkeeper", hint="update Shopkeeper")
    return content


def _encode_event(event: Event) -> bytes:
    for name, value in event.attributes.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidRecord(f"attribute {name!r} is {value}", expected="a finite number")
    fields = {name: getattr(event, name) for name in Event.__dataclass_fields__}
    return _line({**fields, "attributes": dict(event.attributes)})


def _decode_event(line: bytes) -> Event:
    return Event(**_content(line))


def _encode_serve_row(row: ServeLogRow) -> bytes:
    fields = {name: getattr(row, name) for name in ServeLogRow.__dataclass_fields__}
    return _line(
        {
            **fields,
            "candidates": [_candidate(candidate) for candidate in row.candidates],
            "artefacts": dict(row.artefacts),
            "latency_ms": _number(row.latency_ms),
        }
    )


def _decode_serve_row(line: bytes) -> ServeLogRow:
    content = _content(line)
    candidates = [
        LoggedCandidate(
            **{
                **candidate,
                "propensity": float(candidate["propensity"]),
                "scores": {name: float(v) for name, v in candidate["scores"].items()},
                "features": {name: float(v) for name, v in candidate["features"].items()},
            }
        )
        for candidate in content["candidates"]
    ]
    tuples = {name: tuple(content[name]) for name in ("filters", "degraded")}
    latency_ms = float(content["latency_ms"])
    return ServeLogRow(
        **{**content, **tuples, "candidates": tuple(candidates), "latency_ms": latency_ms}
    )


def _candidate(candidate: LoggedCandidate) -> dict[str, Any]:
    fields = {name: getattr(candidate, name) for name in LoggedCandidate.__dataclass_fields__}
    return {
        **fields,
        "propensity": _number(candidate.propensity),
        "scores": {name: _number(value) for name, value in candidate.scores.items()},
        "features": {name: _number(value) for name, value in candidate.features.items()},
    }


def _number(value: float) -> float | str:
    """JSON knows no infinity and no NaN: they are written as texts, which `float` reads."""
    return value if math.isfinite(value) else str(value)


EVENTS: Final = Codec("events", _encode_event, _decode_event)
SERVE_LOG: Final = Codec("serve", _encode_serve_row, _decode_serve_row)
