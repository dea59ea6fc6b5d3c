"""The project's documents, read as their readers do: blocks, tables, headings, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "shopkeeper"

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")


class Block(NamedTuple):
    """A fenced block, with the heading that it stands under."""

    page: str
    heading: str
    language: str
    text: str


def pages() -> list[Path]:
    """Every Markdown page of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.md")])


def read(relative: str) -> str:
    return (ROOT / relative).read_text("utf-8")


def blocks(language: str) -> Iterator[Block]:
    """The blocks of one language on every page, in order."""
    for path in pages():
        text = path.read_text("utf-8")
        for found in _FENCED.finditer(text):
            if found[1] == language:
                above = headings(text[: found.start()])
                heading = above[-1] if above else ""
                yield Block(str(path.relative_to(ROOT)), heading, language, found[2])


def prose(text: str) -> str:
    """The page without its fenced blocks."""
    return _FENCED.sub("", text)


def headings(text: str) -> list[str]:
    return [found[2] for found in _HEADING.finditer(prose(text))]


def anchors(text: str) -> set[str]:
    """The names under which a page's headings can be linked to."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings(text))
    return {heading.replace(" ", "-") for heading in kept}


def links(text: str) -> list[str]:
    return _LINK.findall(prose(text))


def table(text: str, *columns: str) -> list[tuple[str, ...]]:
    """The rows of the one table that begins with these columns."""
    lines = iter(text.splitlines())
    wanted = list(columns)
    found = [line for line in lines if _cells(line)[: len(wanted)] == wanted]
    assert len(found) == 1, f"{len(found)} tables with the columns {wanted}"
    rows = text.split(found[0], 1)[1].splitlines()[2:]
    result = []
    for line in rows:
        if not line.startswith("|"):
            break
        result.append(tuple(_cells(line)))
    assert result, f"no rows under {wanted}"
    return result


def codes(cell: str) -> list[str]:
    """What stands between backticks."""
    return [code.replace("\\|", "|") for code in re.findall(r"`([^`]+)`", cell)]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
