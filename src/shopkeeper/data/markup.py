"""What would a shopper read? HTML and control characters become plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from shopkeeper.data.source import Note

_MARKUP = re.compile(r"<[A-Za-z/!?][^<>]*>|<!--|&(?:#\d+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]"
)
# Whatever the two functions below could change; most texts have none of it.
_SUSPECT = re.compile(r"[<&\x00-\x1f\x7f-\xa0\xad\u1680\u2000-\u206f\u3000\ufeff]|  |^ | $")
_BLOCKS = frozenset(
    (
        *("article", "blockquote", "br", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "section", "table", "td", "th", "tr", "ul"),
    )
)
_UNSEEN = frozenset(("script", "style"))
_PASSES = 3
"""Exporters often escape mark-up twice, seldom more."""


def line(text: str, note: Note) -> str:
    """`text` on one line: a title, a name, a value."""
    return " ".join(_visible(text, note).split()) if _SUSPECT.search(text) else text


def paragraphs(text: str, note: Note) -> str:
    """`text` on several lines, none of them empty: a description."""
    if not _SUSPECT.search(text):
        return text
    lines = (" ".join(part.split()) for part in _visible(text, note).split("\n"))
    return "\n".join(part for part in lines if part)


def _visible(text: str, note: Note) -> str:
    """Text without mark-up (repair ``html``) and invisible characters (repair ``control``)."""
    read = text
    for _ in range(_PASSES):
        if _MARKUP.search(read):
            read = _html_to_text(read)
    if read != text:
        note("html")
    seen = _INVISIBLE.sub("", read)
    if seen != read:
        note("control")
    return seen


def _html_to_text(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.texts)


class _Reader(HTMLParser):
    """Gathers what a browser would show, each block on lines of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._unseen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen = tag
        elif tag in _BLOCKS:
            self.texts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = ""
        elif tag in _BLOCKS:
            self.texts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.texts.append(data)

    def unknown_decl(self, data: str) -> None:
        """``<![if …]>`` and the like say nothing to a shopper."""
