"""Is a number what it looks like? Check digits of cards, accounts, people and goods."""

from __future__ import annotations

import re
from datetime import date

_SEPARATORS = re.compile(r"[ .\-]")
_CARDS = re.compile(
    r"4\d{15}(?:\d{3})?"  # Visa
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[68]\d|9\d)\d{11}"  # Diners Club
    r"|(?:6011|64[4-9]\d|65\d{2}|35(?:2[89]|[3-8]\d))\d{12}"  # Discover, JCB
    r"|62\d{14,17}"  # UnionPay
)
_IBANS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 "
    "DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 "
    "IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 MC27 MD24 "
    "ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 "
    "SE24 SI19 SK24 SM27 ST25 SV28 TN24 TR26 UA29 VA22 VG24 XK20"
)
_IBAN_LENGTHS = {code[:2]: int(code[2:]) for code in _IBANS.split()}
"""By ISO 3166, as the registry of ISO 13616 has them."""
_ITALIAN_MONTHS = "ABCDEHLMPRST"
_ITALIAN_ODD = (
    *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18),
    *(20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
)
"""Values of A … Z, and of 0 … 9 as of A … J, in odd places."""


def is_card(text: str) -> bool:
    """A payment card's number: a network's prefix and length, and Luhn's check digit.

    An unbroken 14 digits that are a barcode as well are taken for one.
    """
    digits = _SEPARATORS.sub("", text)
    return bool(_CARDS.fullmatch(digits)) and is_luhn(digits) and not is_barcode(text)


def is_luhn(digits: str) -> bool:
    """Luhn's checksum (ISO/IEC 7812-1 annex B): from the right, every second digit doubled."""
    values = [int(c) for c in reversed(digits)]
    doubled = (sum(divmod(2 * value, 10)) for value in values[1::2])
    return (sum(values[::2]) + sum(doubled)) % 10 == 0


def is_barcode(text: str) -> bool:
    """An unbroken GTIN of 12, 13 or 14 digits (UPC, EAN): from the right, weights 1 and 3."""
    if not re.fullmatch(r"\d{12,14}", text):
        return False
    values = [int(c) for c in reversed(text)]
    return (sum(values[::2]) + 3 * sum(values[1::2])) % 10 == 0


def length_of_iban(head: str) -> int:
    """How many characters an account number has that begins so; 0: no country's does."""
    return _IBAN_LENGTHS.get(head[:2].upper(), 0)


def is_iban(text: str) -> bool:
    """An international bank account number: its country's length, and 1 modulo 97 (ISO 7064)."""
    number = _SEPARATORS.sub("", text).upper()
    if len(number) != length_of_iban(number):
        return False
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1


def is_national_id(text: str) -> bool:
    """A number that a state gives a person, of those whose check digits leave little doubt."""
    number = _SEPARATORS.sub("", text).upper()
    return any(
        is_one(number) for is_one in (_is_chinese, _is_italian, _is_french, _is_spanish, _is_cpf)
    )


def _is_chinese(number: str) -> bool:
    """GB 11643: region, date of birth, serial, and a check character (ISO 7064 MOD 11-2)."""
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return False
    total = sum(int(c) * 2 ** (17 - place) for place, c in enumerate(number[:17]))
    return _is_date(number[6:14]) and "10X98765432"[total % 11] == number[17]


def _is_italian(number: str) -> bool:
    """Codice fiscale: the month is one of twelve letters, the last character checks the rest."""
    if not re.fullmatch(rf"[A-Z]{{6}}\d\d[{_ITALIAN_MONTHS}]\d\d[A-Z]\d{{3}}[A-Z]", number):
        return False
    values = [int(c, 36) - 10 if c.isalpha() else int(c) for c in number[:15]]
    total = sum(_ITALIAN_ODD[value] for value in values[::2]) + sum(values[1::2])
    return total % 26 == ord(number[15]) - ord("A")


def _is_french(number: str) -> bool:
    """NIR: sex, year, month, place, order, and what is missing to 97."""
    if not re.fullmatch(r"[12]\d{2}(?:0[1-9]|1[0-2])\d{10}", number):
        return False
    return 97 - int(number[:13]) % 97 == int(number[13:])


def _is_spanish(number: str) -> bool:
    """DNI or NIE: the remainder by 23 as a letter."""
    if not re.fullmatch(r"[\dXYZ]\d{7}[A-Z]", number):
        return False
    digits = number[:8].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == number[8]


def _is_cpf(number: str) -> bool:
    """CPF of Brazil: two check digits modulo 11."""
    if not re.fullmatch(r"\d{11}", number) or len(set(number)) == 1:
        return False
    for length in (9, 10):
        total = sum(int(c) * (length + 1 - place) for place, c in enumerate(number[:length]))
        if total * 10 % 11 % 10 != int(number[length]):
            return False
    return True


def _is_date(digits: str) -> bool:
    try:
        return 1900 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year < 2100
    except ValueError:
        return False
