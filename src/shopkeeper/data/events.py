"""What did shoppers do? Events in the JSON of OpenSearch User Behavior Insights 1.3.0.

| here | there |
|---|---|
| action, timestamp_ms, query_id, session_id | action_name, timestamp, query_id, session_id |
| shopper_id | client_id; user_id where there is no client_id |
| product_id, sku | event_attributes.object: object_id, and sku beside it |
| position, from 0 | event_attributes.position.ordinal, "the nth": from 1 |
| attributes | the rest of event_attributes by dotted name, and any further field of the event |
| whether there are ids | consent, which UBI has not: false keeps the event without a name |

With object_id_field "sku" the object_id is a sku, with any other name a product id. Deviations:
the schema wants a position in every event_attributes, but what was bought from an e-mail has none
and is written without; a timestamp without a time zone is read as UTC, a number as milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from shopkeeper.data.rejects import Reject
from shopkeeper.data.source import feed_file, read_lines
from shopkeeper.records import Event, InvalidRecord

LONGEST_TEXT = 1024
"""Characters of a message, or of the text of an attribute."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NAMELESS = ("application", "message_type")
_BESIDE = ("message", "message_type", "application", "user_id")
"""Attributes that UBI has as fields of the event."""


def event_from_ubi(data: Mapping[str, Any]) -> Event:
    """Read one event; InvalidRecord names the field that is not as UBI 1.3.0 has it."""
    rest = dict(data)
    consent = rest.pop("consent", True)
    if not isinstance(consent, bool):
        raise InvalidRecord(f"consent {consent!r:.60}", expected="true or false")
    details = _object(rest, "event_attributes")
    thing, place = _object(details, "object"), _object(details, "position")
    product_id, sku = _product(thing) if thing else (None, None)
    action = _text(rest, "action_name", 100)
    if not action:
        raise InvalidRecord("no action_name", expected="impression, click, add_to_cart, purchase …")
    event = Event(
        action=action,
        timestamp_ms=_milliseconds(rest.pop("timestamp", None)),
        shopper_id=_text(rest, "client_id", 100) or _text(rest, "user_id", 100),
        session_id=_text(rest, "session_id", 100),
        query_id=_text(rest, "query_id", 100),
        product_id=product_id,
        sku=sku,
        position=_position(place),
    )
    details |= {"object": thing, "position": place}
    if twice := sorted(set(details) & set(rest)):
        raise InvalidRecord(f"{twice[0]} stands twice", expected="it here or in event_attributes")
    event = replace(event, attributes=dict(_flat("", {**details, **rest})))
    return event if consent else nameless(event)


def nameless(event: Event) -> Event:
    """What is kept of an event without consent: nothing that tells one shopper from another.

    It joins the page by its query id, and no other page; of the attributes only the program, the
    kind and measures of the position stay, since any other one may hold an id.
    """
    kept = {
        name: value
        for name, value in event.attributes.items()
        if name in _NAMELESS or (name.startswith("position.") and not isinstance(value, str))
    }
    return replace(event, shopper_id=None, session_id=None, attributes=kept)


def event_to_ubi(event: Event) -> dict[str, Any]:
    """Write one event; what is unknown is left out. InvalidRecord if UBI has no such time."""
    details: dict[str, Any] = {}
    if event.product_id is not None:
        details["object"] = {"object_id": event.product_id, "object_id_field": "product_id"}
        if event.sku is not None:
            details["object"]["sku"] = event.sku
    elif event.sku is not None:
        details["object"] = {"object_id": event.sku, "object_id_field": "sku"}
    if event.position is not None:
        details["position"] = {"ordinal": event.position + 1}
    beside = {name: event.attributes[name] for name in _BESIDE if name in event.attributes}
    for name, value in event.attributes.items():
        if name in ("object", "position"):
            raise InvalidRecord(f"attribute {name!r}", expected="another name than UBI's own")
        if name not in beside:
            details[name] = value
    fields = {
        "action_name": event.action,
        "timestamp": _iso_8601(event.timestamp_ms),
        "query_id": event.query_id,
        "session_id": event.session_id,
        "client_id": event.shopper_id,
        **beside,
        "event_attributes": details or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def read_events(
    path: Path | str, *, on_reject: Callable[[Reject], None] | None = None
) -> Iterator[Event]:
    """The events of a file of JSON lines, plain or gzip.

    A line that is no event goes to `on_reject`; without one it is an InvalidRecord.
    """
    file = feed_file(Path(path))
    for line in read_lines(file, lambda _: None):
        if isinstance(line, Reject):
            reject = line
        elif not line.text.strip():
            continue
        else:
            try:
                yield event_from_ubi(_json_object(line.text))
                continue
            except InvalidRecord as error:
                reject = Reject(line.number, "", "", line.text, str(error))
        if on_reject is None:
            raise InvalidRecord(reject.reason, where=f"{file}:{reject.row}")
        on_reject(reject)


def write_events(path: Path | str, events: Iterable[Event]) -> int:
    """Write JSON lines, replacing the file; the number of events."""
    count = 0
    with Path(path).open("wb") as file:
        for event in events:
            file.write(orjson.dumps(event_to_ubi(event), option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(f"broken JSON: {error}", expected="an object") from None
    if not isinstance(value, dict):
        raise InvalidRecord("no JSON object", expected="an event")
    return value


def _product(thing: dict[str, Any]) -> tuple[str | None, str | None]:
    """Product id and sku, taken out of UBI's object."""
    is_sku = thing.pop("object_id_field", None) == "sku"
    identifier = _text(thing, "object_id", 256)
    if identifier is None:
        raise InvalidRecord("no object_id in event_attributes.object", expected="the product's id")
    if is_sku:
        return _text(thing, "product_id", 256), identifier
    return identifier, _text(thing, "sku", 256)


def _position(place: dict[str, Any]) -> int | None:
    ordinal = place.pop("ordinal", None)
    if ordinal is None:
        return None
    if isinstance(ordinal, bool) or not isinstance(ordinal, int) or ordinal < 1:
        raise InvalidRecord(f"position.ordinal {ordinal!r:.60}", expected="1 for the first result")
    return ordinal - 1


def _object(data: dict[str, Any], name: str) -> dict[str, Any]:
    """A nested object, taken out of `data`; empty when it is not there."""
    value = data.pop(name, None)
    if value is not None and not isinstance(value, Mapping):
        raise InvalidRecord(f"{name} {value!r:.60}", expected="an object")
    return dict(value or {})


def _text(data: dict[str, Any], name: str, most: int) -> str | None:
    """A text or whole number, taken out of `data`; None when it is not there or empty."""
    value = data.pop(name, None)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and (not isinstance(value, str) or len(value) > most):
        raise InvalidRecord(
            f"{name} {value!r:.60}", expected=f"a text of at most {most} characters"
        )
    return value or None


def _milliseconds(value: object) -> int:
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return (
                (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
            ) // _MILLISECOND
        if isinstance(value, int) and not isinstance(value, bool) and _EPOCH + value * _MILLISECOND:
            return value
    except (ValueError, OverflowError):
        pass
    raise InvalidRecord(
        f"timestamp {value!r:.60}",
        expected='ISO 8601 with a time zone, as in "2026-01-31T12:00:00Z"',
    )


def _iso_8601(milliseconds: int) -> str:
    try:
        moment = _EPOCH + milliseconds * _MILLISECOND
    except OverflowError:
        raise InvalidRecord(f"timestamp_ms {milliseconds}", expected="a year up to 9999") from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _flat(prefix: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str | float | bool]]:
    """Texts, numbers and flags by dotted name, as OpenSearch addresses them; a list as JSON."""
    for name, value in data.items():
        match value:
            case None:
                continue
            case Mapping():
                yield from _flat(f"{prefix}{name}.", value)
            case bool():
                yield f"{prefix}{name}", value
            case int() | float() if math.isfinite(value):
                yield f"{prefix}{name}", float(value)
            case str() | list():
                text = value if isinstance(value, str) else orjson.dumps(value).decode()
                if len(text) > LONGEST_TEXT:
                    raise InvalidRecord(
                        f"{prefix}{name} of {len(text):,} characters",
                        expected=f"≤ {LONGEST_TEXT:,}",
                    )
                yield f"{prefix}{name}", text
            case _:
                raise InvalidRecord(f"{prefix}{name} {value!r:.60}", expected="a JSON value")
