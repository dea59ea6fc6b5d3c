"""Amounts are exact, and what is not a price is refused rather than guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.records import InvalidRecord, Money


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [
        ("19.99", 1999, "USD"),
        ("19,99 EUR", 1999, "EUR"),
        ("$1,299.00", 129900, "USD"),
        ("USD 12", 1200, "USD"),
        ("1 299,00 eur", 129900, "EUR"),
        ("1'299.50", 129950, "USD"),
        ("¥1,234", 123400, "CNY"),
        ("JPY 1200", 1200, "JPY"),
        ("KWD 1.234", 1234, "KWD"),
        ("0", 0, "USD"),
    ],
)
def test_prices_as_feeds_write_them(text: str, minor: int, currency: str) -> None:
    assert Money.parse(text, "USD") == Money(minor, currency)


@pytest.mark.parametrize(
    "text", ["", "EUR", "1e5", "12 each", "12abc34", "-5", "free", "1.2.3,4 €x"]
)
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord):
        Money.parse(text, "USD")


@pytest.mark.parametrize(
    ("minor", "currency"),
    [(1, "usd"), (1, 5), (1, "EURO"), (-1, "USD"), (True, "USD"), (1.5, "USD")],
)
def test_impossible_amounts_are_refused(minor: object, currency: object) -> None:
    with pytest.raises(InvalidRecord):
        Money(minor, currency)  # type: ignore[arg-type]


@given(st.integers(0, 10**12), st.sampled_from(("USD", "EUR", "JPY", "KWD", "CNY")))
def test_an_amount_survives_its_text(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.from_major(money.major, currency) == money
    assert Money.parse(f"{currency} {money.major:f}", "USD") == money


def test_more_decimals_than_the_currency_has() -> None:
    with pytest.raises(InvalidRecord, match="at most 2 decimals"):
        Money.from_major("1.999", "USD")
    with pytest.raises(InvalidRecord, match="at most 0 decimals"):
        Money.from_major("1.5", "JPY")
