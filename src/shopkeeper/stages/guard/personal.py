"""Does a text hold what tells who somebody is?

Made to find too much rather than too little: a text that is taken for personal is merely not
suggested to others.
"""

from __future__ import annotations

import re

from shopkeeper.text import normalise

_EMAIL = re.compile(r"[^\s@<>,;:\"()]{1,64}@[^\s@<>,;:\"()]{1,250}\.[^\W\d_]{2,}")
_GAP = r"[ .\-/]?"
_PHONE = re.compile(
    rf"""(?<![A-Za-z0-9.])(?:
      (?:\+|00)[1-9](?:[ .\-/()]*\d){{7,14}}              # international
    | \(?0\d{{1,4}}\)?(?:{_GAP}\d){{6,9}}                   # national, with its trunk 0
    | (?:1{_GAP})?\(?[2-9]\d{{2}}\)?[ .\-][2-9]\d{{2}}[ .\-]?\d{{4}}  # North America, grouped
    | [2-9]\d{{2}}[2-9]\d{{6}}                              # North America, ten digits
    | 1[3-9]\d(?:{_GAP}\d{{4}}){{2}}                        # China, mobile
    )(?![A-Za-z0-9])""",
    re.VERBOSE,
)
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def has_email(text: str) -> bool:
    """Whether an e-mail address stands in the text."""
    return _EMAIL.search(normalise(text)) is not None


def has_phone_number(text: str) -> bool:
    """Whether a telephone number stands in the text: international, national or Chinese mobile."""
    return _PHONE.search(normalise(text)) is not None


def has_card_number(text: str) -> bool:
    """Whether a payment card's number stands in the text: 13 … 19 digits that pass Luhn's check."""
    return any(_is_luhn(match[0]) for match in _CARD.finditer(normalise(text)))


def is_personal(text: str) -> bool:
    """Whether the text holds an e-mail address, a telephone number or a card's number."""
    return has_email(text) or has_phone_number(text) or has_card_number(text)


def _is_luhn(digits: str) -> bool:
    """Luhn's checksum (ISO/IEC 7812-1 annex B): from the right, every second digit doubled."""
    values = [int(c) for c in reversed(digits) if c.isdigit()]
    doubled = (sum(divmod(2 * value, 10)) for value in values[1::2])
    return (sum(values[::2]) + sum(doubled)) % 10 == 0
