"""What are the words of a text, in the form in which query and product meet?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version as version_of
from typing import NamedTuple, TypeVar

from shopkeeper.text.chunks import read_chunk
from shopkeeper.text.han import HAN, segment, simplify
from shopkeeper.text.normalise import normalise
from shopkeeper.text.piece import Piece
from shopkeeper.text.stem import StemmerName, stemmer
from shopkeeper.text.units import Measure, Size, measures, number_term

T = TypeVar("T")

_RULES = 1
"""Counts up whenever the same text would give other terms than before."""

_KANA = "\u3040-\u30ff\u31f0-\u31ff"
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
_LETTER = rf"[^\W_{HAN}{_KANA}{_HANGUL}]"
_ATOM = rf"{_LETTER}+(?:(?<=\d)[.,]\d+)*(?:(?<=\d){_LETTER}+)*"
_LATIN = rf"{_ATOM}(?:['&-]{_ATOM})*"
_CHUNK = re.compile(f"(?P<han>[{HAN}]+)|(?P<syllables>[{_KANA}]+|[{_HANGUL}]+)|(?P<latin>{_LATIN})")
_DIGIT = re.compile(r"\d")
_JOINING = frozenset("tvuexyl")
"""Letters that shops write apart from, or joined to, the word after them: T shirt, V neck."""

_LONGEST_REMEMBERED = 120
"""Characters. Values repeat by the thousand, and several readers want the same title."""


class Token(NamedTuple):
    """A term of a text: where it stands, and for how many positions.

    `surface` is the text at [start, end) of the *normalised* text. Tokens of length 1 cover the
    text in order of `position`; longer ones stand for several of them (wh1000xm5 for wh, 1000, xm,
    5), those of length 0 lie inside of one ("10" inside of "10mm") and only find it.

    A named tuple, since a catalogue makes millions of them.
    """

    surface: str
    term: str
    start: int
    end: int
    position: int
    length: int = 1


def _remembering(
    read: Callable[[Analyser, str], Sequence[T]],
) -> Callable[[Analyser, str], Sequence[T]]:
    """The same, but short texts are read once as long as they come again soon."""
    remembered = lru_cache(maxsize=1 << 14)(read)

    def reading(by: Analyser, text: str) -> Sequence[T]:
        return (remembered if len(text) <= _LONGEST_REMEMBERED else read)(by, text)

    return reading


@dataclass(frozen=True, slots=True)
class Analyser:
    """From text to terms, the same for queries and products of a locale. Made by `analyser`."""

    locale: str
    """BCP 47. Scripts are told from the text itself; the locale only chose the stemmer."""
    stemmer: StemmerName

    @property
    def version(self) -> str:
        """Changes with everything that can change a term; kept in index manifests."""
        return f"{_RULES}:{self.locale}:{self.stemmer}:{_libraries(self.stemmer)}"

    def tokens(self, text: str) -> list[Token]:
        """The tokens by position, the longer ones first where several begin."""
        return list(self._tokens(normalise(text)))

    def terms(self, text: str) -> list[str]:
        """The terms to index: those that cover the text, in order, then all the others."""
        cover, others = self.split(text)
        return cover + others

    def split(self, text: str) -> tuple[list[str], list[str]]:
        """The terms that cover the text, in order; and the others, which overlap with them."""
        cover: list[str] = []
        others: list[str] = []
        for piece in self._pieces(normalise(text)):
            (cover if piece.length == 1 else others).append(piece.term)
        return cover, others

    @_remembering
    def _tokens(self, text: str) -> Sequence[Token]:
        found = [
            Token(text[p.start : p.end], p.term, p.start, p.end, p.tile, p.length)
            for p in self._pieces(text)
        ]
        return sorted(found, key=lambda token: (token.position, -token.length, token.start))

    @_remembering
    def _pieces(self, text: str) -> Sequence[Piece]:
        text = simplify(text)
        found: list[Piece] = []
        tile = at = 0
        for measure in measures(text) if _DIGIT.search(text) else ():
            for piece in self._words(text, at, measure.start, tile):
                found.append(piece)
                tile += piece.length == 1
            found += _measured(measure, tile)
            tile += len(measure.sides) if isinstance(measure, Size) else 1
            at = measure.end
        return [*found, *self._words(text, at, len(text), tile)]

    def _words(self, text: str, start: int, end: int, tile: int) -> Iterator[Piece]:
        letter: re.Match[str] | None = None
        for chunk in _CHUNK.finditer(text, start, end):
            word, at = chunk[0], chunk.start()
            if chunk["latin"]:
                pieces = read_chunk(word, self.stemmer)
                if letter and letter.end() + 1 == at and len(pieces) == 1 and word.isalpha():
                    joined = stemmer(self.stemmer)(letter[0].casefold() + word.casefold())
                    yield Piece(joined, letter.start(), chunk.end(), tile - 1, 2)
                letter = chunk if len(word) == 1 and word.casefold() in _JOINING else None
            else:
                pieces, letter = segment(word) if chunk["han"] else _bigrams(word), None
            width = 0
            for term, begin, finish, own_tile, length in pieces:
                yield Piece(term, at + begin, at + finish, tile + own_tile, length)
                width += length == 1
            tile += width


@cache
def analyser(locale: str = "en", stemmer: StemmerName | None = None) -> Analyser:
    """The analyser of a locale.

    Args:
        stemmer: None takes "plural" for English and for Chinese, Japanese and Korean (whose shops'
            Latin words are English ones), and "none" elsewhere.
    """
    english = locale.split("-", maxsplit=1)[0].casefold() in ("en", "zh", "ja", "ko")
    return Analyser(locale, stemmer or ("plural" if english else "none"))


@cache
def _libraries(stemmer: StemmerName) -> str:
    names = ["rjieba", "opencc", *(["snowballstemmer"] if stemmer == "english" else [])]
    return ",".join(f"{name}-{version_of(name)}" for name in names)


def _bigrams(run: str) -> tuple[Piece, ...]:
    """Kana and hangul by twos, and the run as a whole: no dictionary tells their words apart."""
    if len(run) <= 2:
        return (Piece(run, 0, len(run), 0),)
    twos = [Piece(run[i : i + 2], i, i + 2, i) for i in range(len(run) - 1)]
    return (*twos, Piece(run, 0, len(run), 0, len(twos)))


def _measured(measure: Measure, tile: int) -> Iterator[Piece]:
    sides = measure.sides if isinstance(measure, Size) else (measure,)
    for offset, side in enumerate(sides):
        yield Piece(side.term, side.start, side.end, tile + offset)
        if side.unit:
            yield Piece(number_term(side.value), side.start, side.end, tile + offset, 0)
    if isinstance(measure, Size):
        yield Piece(measure.term, measure.start, measure.end, tile, len(sides))
