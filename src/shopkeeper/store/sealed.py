"""How does a small file show that a bit of it has changed, and survive a power cut?"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import orjson

from shopkeeper.records import CorruptArtefact, InvalidRecord, NotFound, Refused

JSON: TypeAlias = "Mapping[str, JSON] | list[JSON] | tuple[JSON, ...] | str | int | float | None"
"""What a JSON file can hold; tuples come back as lists."""

_LAYOUT = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def seal(path: Path, content: Mapping[str, JSON]) -> None:
    """Write a JSON file with its own checksum inside, durably; readers see the old one or the new.

    Its date is later than the old one's, however quickly they follow each other, so that who polls
    the date misses nothing. Two writers at once would share the temporary file: hold a lock.
    """
    try:
        plain = json.loads(json.dumps(content, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidRecord(f"no JSON: {error}", where=str(path)) from None
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(_sealed(plain))
    if path.exists() and temporary.stat().st_mtime_ns <= (date := path.stat().st_mtime_ns):
        os.utime(temporary, ns=(date + 1, date + 1))
    sync(temporary)
    os.replace(temporary, path)
    sync(path.parent)


def unseal(path: Path, newest_format: int, mend: str = "build it again") -> dict[str, JSON]:
    """The content of a sealed file; its "format" is at most `newest_format`.

    `mend` is what to do about a damaged one of which there is no copy.

    Raises:
        NotFound: there is no such file.
        CorruptArtefact: any bit differs from what `seal` wrote.
        Refused: a newer Shopkeeper wrote it.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise NotFound("no such file", where=str(path)) from None
    try:
        content = orjson.loads(raw)
        # Written again it is the same to the bit, or something, be it a blank, has changed.
        is_whole = isinstance(content, dict) and _sealed(content) == raw
    except orjson.JSONDecodeError:
        is_whole = False
    if not is_whole:
        raise CorruptArtefact(
            "the file differs from what was written",
            where=str(path),
            hint=f"restore it from a copy, or {mend}",
        )
    if content["format"] > newest_format:
        raise Refused(
            f"format {content['format']} of a newer Shopkeeper",
            where=str(path),
            expected=f"at most {newest_format}",
            hint="update Shopkeeper, then open it again",
        )
    del content["sha256"]
    return dict(content)


def sync(path: Path) -> None:
    """Return when the file's bytes, or the folder's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sealed(content: Mapping[str, JSON]) -> bytes:
    body = {name: value for name, value in content.items() if name != "sha256"}
    digest = hashlib.sha256(orjson.dumps(body, option=_LAYOUT)).hexdigest()
    return orjson.dumps({**body, "sha256": digest}, option=_LAYOUT)
