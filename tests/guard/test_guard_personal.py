"""What tells who somebody is, and what only looks like it."""

from __future__ import annotations

import string
import time
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shopkeeper.stages.guard import is_personal, personal_kinds, redact
from shopkeeper.stages.guard.checksums import is_barcode, is_luhn
from shopkeeper.text import normalise


@pytest.mark.parametrize(
    "text",
    [
        "a@b.com",
        "mail john.doe+x@shop.example.co.uk now",
        "ＪＯＨＮ＠ｅｘａｍｐｌｅ.com",
        "张三@例子.公司",
    ],
)
def test_email(text: str) -> None:
    assert personal_kinds(text) == {"email"}


@pytest.mark.parametrize(
    "text",
    [
        "+1 555 123 4567",
        "(415) 555-2671",
        "415-555-2671 tent",
        "call 4155552671",
        "0049 170 1234567",
        "020 7946 0958",
        "13800138000",
        "138 0013 8000",
        "电话13800138000",
        "010-12345678",
        "030/123456789",
        "02 123 45 67",
        "１３８００１３８０００",
    ],
)
def test_phone_number(text: str) -> None:
    assert "phone" in personal_kinds(text)


# Numbers that the networks, registries and states publish as examples.
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("4111 1111 1111 1111", "card"),
        ("4111-1111-1111-1111", "card"),
        ("378282246310005", "card"),
        ("visa 5555555555554444 tent", "card"),
        ("2 of 4111 1111 1111 1111 25", "card"),
        ("6200 0000 0000 0005", "card"),
        ("DE89 3704 0044 0532 0130 00 tent", "iban"),
        ("gb82west12345698765432", "iban"),
        ("NL91 ABNA 0417 1643 00", "iban"),
        ("11010519491231002X", "id"),
        ("RSSMRA85T10A562S", "id"),
        ("2 55 08 14 168 025 38", "id"),
        ("12345678Z", "id"),
        ("X1234567L", "id"),
        ("529.982.247-25", "id"),
        ("deliver to 742 Evergreen Terrace, Springfield, OR 97403", "address"),
        ("10 downing street london sw1a 2aa", "address"),
        ("Hauptstraße 12a, 10115 Berlin", "address"),
    ],
)
def test_numbers_and_addresses(text: str, kind: str) -> None:
    assert personal_kinds(text) == {kind}
    assert f"[{kind}]" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "red tent",
        "帐篷 3000毫米",
        "",
        "50 % off 2 for 1",
        "iphone 15 pro 256",
        "iphone 15 128gb",
        "2x4 lumber",
        "wh-1000xm5",
        "size 10 20 30",
        "1080p 60hz",
        "lego 75192",
        "275/70 r18",
        "2024 2025 calendar",
        "100 200 300 400",
        "0.5 mm pencil",
        "12345",
        "tent @ home",
        "@acme",
        "2 @ 5.99",
        "a@b",
        "w@w.1",
        "4006381333931",  # EAN-13
        "5901234123457",
        "012345678905",  # UPC-A, which begins as a telephone number does
        "0012345678905",
        "10012345678902",  # GTIN-14
        "978-3-16-148410-0",
        "356938035643809",  # an IMEI, which passes Luhn's check
        "4111111111111112",  # a card's with another check digit
        "DE88370400440532013000",
        "110105194912310021",
        "11010519491331002X",  # the thirteenth month
        "RSSMRA85T10A562T",
        "12345678A",
        "529.982.247-24",
        "111.111.111-11",
        "255081416802539",
        "rtx 4090 24gb 750w 1000w",
        "B08N5WRWNW",
        "42nd street sign",
        "12 piece drive socket set 12345",
        "26 inch road bike",
        "platz 3, 4 personen zelt",
        "dewalt dcd771c2 20v max 1/2 in",
        "ge 4 13 15 22 28",
        "01.02.2010",
        "hinge 01234567",
    ],
)
def test_goods_are_not_personal(text: str) -> None:
    assert personal_kinds(text) == frozenset()
    assert not is_personal(text)
    assert redact(text) is text


# Luhn by hand for 79927398713, from the right, every second doubled (digits of the double added):
# 3 + 2 + 7 + 7 + 9 + 6 + 7 + 4 + 9 + 9 + 7 = 70, a multiple of 10.
def test_luhn_by_hand() -> None:
    assert is_luhn("79927398713")
    assert not is_luhn("79927398714")


@given(st.text(string.digits, min_size=11, max_size=13))
def test_one_of_ten_check_digits_makes_a_barcode(body: str) -> None:
    assert sum(is_barcode(body + check) for check in string.digits) == 1


# --- texts around what was made up --------------------------------------------------------------

WORDS = st.lists(
    st.sampled_from(["red", "tent", "iphone 15", "64gb", "帐篷", "für", "2x", "№", "size 10,"]),
    max_size=3,
).map(" ".join)
LETTERS = st.text(string.ascii_letters, min_size=1, max_size=8)


def luhn_digit(body: str) -> str:
    return next(check for check in string.digits if is_luhn(body + check))


def spaced(number: str, every: int, separator: str) -> str:
    return separator.join(number[at : at + every] for at in range(0, len(number), every))


EMAILS = st.builds("{}.{}@{}.{}".format, LETTERS, LETTERS, LETTERS, st.sampled_from(["com", "de"]))
PREFIXES = st.sampled_from(["4", "51", "55", "2221", "62", "6011"])
CARDS = st.builds(
    lambda prefix, rest, every, separator: spaced(
        (body := (prefix + rest)[:15]) + luhn_digit(body), every, separator
    ),
    PREFIXES,
    st.text(string.digits, min_size=15, max_size=15),
    st.sampled_from([4, 16]),
    st.sampled_from([" ", "-"]),
)


def iban(body: str) -> str:
    """Check digits that leave 1: 98 less what the number with 00 leaves modulo 97."""
    check = 98 - int("".join(str(int(c, 36)) for c in f"{body}DE00")) % 97
    return f"DE{check:02d}{body}"


IBANS = st.builds(
    lambda body, every: spaced(iban(body), every, " "),
    st.text(string.digits, min_size=18, max_size=18),
    st.sampled_from([4, 22]),
)
PHONES = st.builds(
    "+{}{}".format,
    st.sampled_from(["1 415 ", "49 170 ", "86 138", "44(0)20 "]),
    st.integers(2_000_000, 9_999_999),
)


def chinese(region: int, day: date, serial: int) -> str:
    body = f"{region}{day:%Y%m%d}{serial:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(w * int(c) for w, c in zip(weights, body, strict=True))
    return body + "10X98765432"[total % 11]


IDS = st.builds(
    chinese,
    st.integers(110_000, 659_999),
    st.dates(date(1920, 1, 1), date(2020, 1, 1)),
    st.integers(0, 999),
)


@given(WORDS, st.one_of(EMAILS, CARDS, IBANS, PHONES, IDS), WORDS)
def test_what_is_personal_goes_and_the_words_around_it_stay(
    before: str, personal: str, after: str
) -> None:
    text = f"{before} {personal} {after}"
    redacted = redact(text)
    assert personal not in redacted
    digits = [run for run in personal.replace("-", " ").split() if len(run) > 3]
    assert not any(run in redacted for run in digits)
    for word in (before, after):
        assert normalise(word) in redacted
    assert redact(redacted) == redacted
    assert is_personal(text)
    assert is_personal(redacted), "a redacted query is nothing to suggest either"
    assert not personal_kinds(redacted)


@given(st.text(max_size=60))
def test_any_text_is_redacted_once(text: str) -> None:
    redacted = redact(text)
    assert redact(redacted) == redacted
    assert not personal_kinds(redacted)
    assert (redacted == text) or personal_kinds(text)


@pytest.mark.parametrize("pattern", ["12 ", "4111 ", "1", "a@b.", "DE89 ", "+1 ( ", "1 st "])
def test_a_long_text_takes_no_longer_than_its_length(pattern: str) -> None:
    """Eight times the text takes eight times as long, and not sixty-four times."""

    def seconds(length: int) -> float:
        text, took = (pattern * length)[:length], []
        for _ in range(5):
            started = time.thread_time()
            redact(text)
            took.append(time.thread_time() - started)
        return min(took)

    assert seconds(8 * 512) < 24 * seconds(512) + 1e-3


@given(st.text(string.digits, min_size=11, max_size=13), WORDS)
def test_no_barcode_is_redacted(body: str, words: str) -> None:
    code = next(body + check for check in string.digits if is_barcode(body + check))
    assume(not words.endswith(("№", "2x")))
    assert redact(f"{words} {code}") == f"{words} {code}"
