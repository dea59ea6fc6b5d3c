"""Does a text hold what tells who somebody is, and how does it read without?

A kind is taken for personal where its form and its checksum leave little doubt: shops are full of
long numbers. A barcode is no telephone number, a model number no card's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from shopkeeper.stages.guard.checksums import (
    is_barcode,
    is_card,
    is_iban,
    is_national_id,
    length_of_iban,
)
from shopkeeper.text import normalise

Span: TypeAlias = tuple[int, int]

_EMAIL = re.compile(r"[^\s@<>,;:|\"()\[\]]{1,64}@[^\s@<>,;:|\"()\[\]]{1,250}\.[^\W\d_]{2,}")
_GAP = r"[ .\-]?"
_PHONE = re.compile(
    rf"""(?<![A-Za-z0-9.])(?:
      (?:\+|00)[1-9](?:[ .\-/()]*\d){{7,14}}              # international
    | \(?0\d{{1,4}}\)?/?(?:{_GAP}\d){{5,9}}                 # national, with its trunk 0
    | (?:1{_GAP})?\(?[2-9]\d{{2}}\)?[ .\-][2-9]\d{{2}}[ .\-]?\d{{4}}  # North America, grouped
    | [2-9]\d{{2}}[2-9]\d{{6}}                              # North America, ten digits
    | 1[3-9]\d(?:{_GAP}\d{{4}}){{2}}                        # China, mobile
    )(?![A-Za-z0-9])""",
    re.VERBOSE,
)
_GROUPS = re.compile(r"(?<![A-Za-z0-9])\d{2,19}(?:[ \-]\d{2,19})*(?![A-Za-z0-9])")
_MOST_GROUPS = 5
"""In which a card's number is written: four, or one more for the last three of nineteen digits."""
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}")
_ID = re.compile(
    r"""(?<![A-Za-z0-9])(?:
      [1-9]\d{16}[\dXx]                                      # China
    | [A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]     # Italy
    | [12][ ]?\d{2}[ ]?\d{2}[ ]?\d{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{2}  # France
    | (?:\d|[XYZxyz])\d{7}-?[A-Za-z]                         # Spain
    | \d{3}\.\d{3}\.\d{3}-\d{2}                              # Brazil
    )(?![A-Za-z0-9])""",
    re.VERBOSE,
)
_WORDS = r"(?:[^\W\d_][\w.'\-]*,?[ ])"
_STREET = r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|terrace|square)"
_STATE = (
    "(?:a[klrz]|c[aot]|d[ce]|fl|ga|hi|i[adln]|k[sy]|la|m[adeinost]|n[cdehjmvy]|o[hkr]|pa|ri|s[cd]"
    "|t[nx]|ut|v[at]|w[aivy])"
)
_ADDRESS = re.compile(
    rf"""(?<![\w.])(?:
      \d{{1,5}}[a-z]?[ ]{_WORDS}{{1,4}}?{_STREET}\.?,?[ ]{_WORDS}{{1,5}}?
        (?:{_STATE},?[ ]\d{{5}}(?:-\d{{4}})?              # United States, with state and ZIP
        | [a-z]{{1,2}}\d[a-z\d]?[ ]\d[a-z]{{2}})           # United Kingdom, with postcode
    | [^\W\d_]+(?:straße|strasse|str\.|weg|platz|allee|gasse)[ ]\d{{1,4}}[ ]?[a-z]?,?[ ]
        \d{{5}}[ ][^\W\d_]+                                 # Germany, with postcode and town
    )(?!\w)""",
    re.VERBOSE | re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text with what is personal in it replaced by its kind: "[email] red tent".

    A text without any comes back as it is; another one normalised. Idempotent.
    """
    redacted, kinds = _redacted(text)
    return redacted if kinds else text


def is_personal(text: str) -> bool:
    """Whether the text holds what tells who somebody is, or did before it was redacted."""
    return bool(personal_kinds(text)) or _REDACTED.search(text) is not None


def personal_kinds(text: str) -> frozenset[str]:
    """What of a person stands in the text: email, iban, card, id, address, phone."""
    return frozenset(_redacted(text)[1])


def _redacted(text: str) -> tuple[str, set[str]]:
    """Kind by kind, the surest first: what is a card's number is no telephone's any more."""
    text, kinds = normalise(text), set()
    for kind, finder in _KINDS.items():
        for start, end in reversed(list(finder(text))):
            text = f"{text[:start]}[{kind}]{text[end:]}"
            kinds.add(kind)
    return text, kinds


def _by(pattern: re.Pattern[str], is_meant: Callable[[str], bool] = bool) -> _Finder:
    def find(text: str) -> Iterator[Span]:
        return (match.span() for match in pattern.finditer(text) if is_meant(match[0]))

    return find


def _cards(text: str) -> Iterator[Span]:
    """Groups of digits side by side that are a card's number together."""
    for run in _GROUPS.finditer(text):
        groups = [match.span() for match in re.finditer(r"\d+", run[0])]
        end_of_last = 0
        for first, (start, _) in enumerate(groups):
            if start < end_of_last:
                continue
            for _, end in groups[first : first + _MOST_GROUPS]:
                if is_card(run[0][start:end]):
                    yield run.start() + start, run.start() + end
                    end_of_last = end
                    break


def _ibans(text: str) -> Iterator[Span]:
    """As many letters and digits as the country's numbers have, with single blanks between."""
    for head in _IBAN.finditer(text):
        length = length_of_iban(head[0])
        number = re.compile(rf"[A-Za-z0-9](?: ?[A-Za-z0-9]){{{length - 1}}}(?![A-Za-z0-9])")
        match = number.match(text, head.start()) if length else None
        if match and is_iban(match[0]):
            yield match.span()


def _is_phone(text: str) -> bool:
    """Not a barcode, a date or a model number: nine digits in groups, ten in one run."""
    digits = sum(c.isdigit() for c in text)
    return digits >= (10 if text.isdigit() else 9) and not is_barcode(text)


_Finder: TypeAlias = Callable[[str], Iterator[Span]]
_KINDS: Final[dict[str, _Finder]] = {
    "email": _by(_EMAIL),
    "iban": _ibans,
    "card": _cards,
    "id": _by(_ID, is_national_id),
    "address": _by(_ADDRESS),
    "phone": _by(_PHONE, _is_phone),
}
_REDACTED = re.compile(rf"\[(?:{'|'.join(_KINDS)})\]")
