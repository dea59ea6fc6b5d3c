"""How do a hundred thousand lines become writes? In parts, as they come, each accounted for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TypeAlias

from fastapi import Request

from shopkeeper.records import ShopkeeperError
from shopkeeper.records.ports import Write
from shopkeeper.serve.answers import BulkAnswer, ErrorDetail, RefusedLine
from shopkeeper.serve.changes import write_from_line
from shopkeeper.serve.problems import Problem, detail
from shopkeeper.serve.reply import media_type
from shopkeeper.serve.service import Service

BULK_TYPES = ("application/x-ndjson", "application/jsonl", "application/octet-stream")
PART_LINES = 500
"""Lines that are written together: one transaction, acknowledged as one."""
LARGEST_LINE = 1 << 20
"""Bytes of one line, so that a body without line ends is not held whole."""
MOST_LINES = 200_000
"""Lines of one body; bounds the list of what was refused."""

Line: TypeAlias = tuple[int, bytes]
"""Number from 1, and text."""


def require_lines(request: Request) -> None:
    """Refuse a body that is not declared as JSON lines, as a form of another site would be."""
    if media_type(request) not in BULK_TYPES:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a body of type {media_type(request) or '(none)'!r:.80}",
            where="Content-Type",
            expected=" or ".join(BULK_TYPES),
        )


@dataclass(slots=True)
class Bulk:
    """One bulk on its way in; it holds one place in the writes' pool from start to end."""

    service: Service
    seq: int | None = None
    accepted: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    async def write(self, chunks: AsyncIterator[bytes]) -> BulkAnswer:
        """Write every line that can be written.

        Raises:
            Overloaded: the pool is full; nothing is written.
            Problem: a line or the body is too long; the parts before it are written.
        """
        part: list[Line] = []
        with self.service.writes.place():
            async for line in _lines(chunks):
                part.append(line)
                if len(part) == PART_LINES:
                    await self._send(part)
                    part = []
            if part:
                await self._send(part)
        return BulkAnswer(self.seq, self.accepted, tuple(self.refused))

    async def _send(self, part: Sequence[Line]) -> None:
        await self.service.writes.work(partial(self._write_part, part))

    def _write_part(self, part: Sequence[Line]) -> None:
        shop = self.service.shop
        numbers: list[int] = []
        writes: list[Write] = []
        refused: list[RefusedLine] = []
        for number, text in part:
            try:
                writes.append(write_from_line(text, shop.locale, shop.currency))
                numbers.append(number)
            except ShopkeeperError as error:
                refused.append(RefusedLine(number, detail(error)))
        if writes:
            written = shop.catalogue.bulk(writes)
            self.seq = written.seq
            self.accepted += written.accepted
            refused += [
                RefusedLine(numbers[index], ErrorDetail("refused", reason))
                for index, reason in written.refused
            ]
        self.refused += sorted(refused, key=lambda line: line.line)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[Line]:
    """The lines that are not empty, by number, whatever chunks they come in."""
    number, rest = 0, b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for text in whole:
            number += 1
            _check(number, text)
            if text.strip():
                yield number, text
        if rest:
            _check(number + 1, rest)
    if rest.strip():
        yield number + 1, rest


def _check(number: int, text: bytes) -> None:
    if len(text) > LARGEST_LINE or number > MOST_LINES:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "a line is too long" if number <= MOST_LINES else "too many lines",
            where=f"line {number}",
            expected=f"{LARGEST_LINE:,} bytes a line, {MOST_LINES:,} lines",
            hint="the lines before it are written up to the last full part of "
            f"{PART_LINES}; send the rest again, writing a line twice does no harm",
        )
