"""Which characters are in the file? Bytes, gzip or not, in whatever encoding, become text."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias, cast

from shopkeeper.data.rejects import Reject
from shopkeeper.records import InvalidRecord, NotFound

LARGEST_ROW = 16 * 2**20
"""Characters. A longer row is not read; real ones stay below a thousandth of it."""

Note: TypeAlias = Callable[[str], None]
"""Told the kind of each repair, a key of `clean.REPAIRS`."""

_PIECE = 1 << 16
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


class Line(NamedTuple):
    """A line without its end, and its place in the file from 1."""

    number: int
    text: str


def feed_file(path: Path) -> Path:
    """The file meant by `path`: itself, or the only ``products.*`` of a folder."""
    if path.is_dir():
        inside = sorted(file for file in path.glob("products.*") if file.is_file())
        if len(inside) != 1:
            raise InvalidRecord(
                f"a folder with {len(inside)} files named products.*",
                where=str(path),
                expected="a file, or a folder with one such file",
            )
        return inside[0]
    if not path.exists():
        raise NotFound("no such file", where=str(path), hint="check the path")
    return path


def read_head(path: Path) -> str:
    """The first 64 KiB of text, for a look at the format. Refuses empty and binary files."""
    with _open_bytes(path) as file:
        piece = _read(file, path)
    if not piece.strip():
        raise InvalidRecord("the feed is empty", where=str(path), expected="at least one product")
    if b"\x00" in piece and not piece.startswith(_UTF_16):
        raise InvalidRecord(
            "the file is binary", where=str(path), expected="text, plain or gzip", hint="unpack it"
        )
    return next(read_text(path, lambda _: None))


def read_text(path: Path, note: Note) -> Iterator[str]:
    """The file's text in pieces.

    UTF-16 is known by its byte-order mark, another encoding by an XML declaration; the rest is
    UTF-8, in which each byte that cannot be is read as Windows-1252 (repair ``encoding``). Text
    that was already broken before it was written is not guessed at. A file that breaks off or
    that does not hold to its own encoding is an error: a short feed would empty a shop.
    """
    with _open_bytes(path) as file:
        piece = _read(file, path)
        decode = _decoder(piece, note)
        while piece:
            ahead = _read(file, path)
            try:
                text = decode(piece, not ahead)
            except UnicodeDecodeError as error:
                raise InvalidRecord(
                    f"bytes that are not {error.encoding}",
                    where=str(path),
                    expected="the encoding that the file declares",
                    hint="save it as UTF-8",
                ) from None
            yield text
            piece = ahead


def read_lines(path: Path, note: Note) -> Iterator[Line | Reject]:
    """The file's lines; one over `LARGEST_ROW` is rejected, and its text is never held whole."""
    number, rest, dropped = 1, "", ""
    for piece in read_text(path, note):
        *whole, rest = (rest + piece).split("\n")
        for text in whole:
            yield _line(number, text, dropped)
            number, dropped = number + 1, ""
        if len(rest) > LARGEST_ROW:
            dropped, rest = dropped or rest[:200], ""
    if rest or dropped:
        yield _line(number, rest, dropped)


def _line(number: int, text: str, dropped: str) -> Line | Reject:
    if dropped or len(text) > LARGEST_ROW:
        reason = f"a line of more than {LARGEST_ROW:,} characters"
        return Reject(number, "", "", dropped or text[:200], reason)
    return Line(number, text.removesuffix("\r"))


def _open_bytes(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path, "rb")) if is_gzip else path.open("rb")


def _read(file: BinaryIO, path: Path) -> bytes:
    try:
        return file.read(_PIECE)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidRecord(
            f"the gzip file breaks off or is damaged ({error})",
            where=str(path),
            hint="copy it again; nothing after this point was read",
        ) from None


def _decoder(head: bytes, note: Note) -> Callable[[bytes, bool], str]:
    if head.startswith(_UTF_16):
        return codecs.getincrementaldecoder("utf-16")().decode
    if declared := _DECLARED.match(head):
        try:
            name = codecs.lookup(declared[1].decode()).name
        except LookupError:
            name = "utf-8"
        if name not in ("utf-8", "ascii") and not name.startswith("utf-16"):
            return codecs.getincrementaldecoder(name)().decode
    return _Utf8(note).decode


class _Utf8:
    """UTF-8, piece by piece, with Windows-1252 for the bytes that cannot be UTF-8."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._rest = b""
        self._is_start = True

    def decode(self, piece: bytes, is_last: bool) -> str:
        data = memoryview(self._rest + piece)
        if self._is_start and bytes(data[:3]) == codecs.BOM_UTF8:
            data = data[3:]
        self._is_start = False
        texts: list[str] = []
        while data:
            try:
                text, used = codecs.utf_8_decode(data, "strict", is_last)
            except UnicodeDecodeError as error:
                good, bad = data[: error.start], bytes(data[error.start : error.end])
                texts += (str(good, "utf-8"), _windows_1252(bad))
                data = data[error.end :]
                self._note("encoding")
            else:
                texts.append(text)
                self._rest = bytes(data[used:])
                return "".join(texts)
        self._rest = b""
        return "".join(texts)


def _windows_1252(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:  # five bytes of it mean nothing
        return data.decode("latin-1")
