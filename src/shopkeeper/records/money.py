"""What does it cost?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from shopkeeper.records.errors import InvalidRecord

# ISO 4217 currencies whose minor unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY", "￥": "CNY", "₹": "INR", "₩": "KRW"}
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩"}
_MARK = rf"[A-Za-z]{{3}}|[{''.join(_SYMBOLS)}]"
_WRITTEN = re.compile(rf"(?P<before>{_MARK})?\s*(?P<amount>-?\d[\d.,\s'’]*?)\s*(?P<after>{_MARK})?")
_CODE = re.compile("[A-Z]{3}")
_LARGEST_MINOR = 10**15


def minor_digits(currency: str) -> int:
    """How many decimal digits the currency's minor unit has (ISO 4217): 2 unless listed."""
    return _DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact, non-negative amount: `minor` units (cents, yen, fils) of an ISO 4217 `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not (isinstance(self.currency, str) and _CODE.fullmatch(self.currency)):
            raise InvalidRecord(
                f"currency {self.currency!r}", expected="three capital letters, as in USD"
            )
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise InvalidRecord(f"amount {self.minor!r}", expected="a whole number of minor units")
        if not 0 <= self.minor <= _LARGEST_MINOR:
            raise InvalidRecord(f"price {self.minor} {self.currency}", expected="0 … 10¹⁵ units")

    @classmethod
    def from_major(cls, amount: str | int | float | Decimal, currency: str) -> Money:
        """`from_major("19.99", "USD")` is 1,999 cents. More digits than the currency has: error."""
        try:
            minor = Decimal(str(amount)).scaleb(minor_digits(currency))
        except InvalidOperation:
            raise InvalidRecord(f"price {amount!r}", expected="a decimal number") from None
        if not minor.is_finite() or minor != minor.to_integral_value():
            raise InvalidRecord(
                f"price {amount!r}", expected=f"at most {minor_digits(currency)} decimals"
            )
        return cls(int(minor), currency)

    @classmethod
    def parse(cls, text: str, default_currency: str) -> Money:
        """Read "19.99", "19,99 EUR", "$1,299.00", "USD 12": the forms that feeds use.

        A last comma or point followed by one or two digits (three, where the currency has three)
        is the decimal mark; every other one groups thousands.
        """
        written = _WRITTEN.fullmatch(text.strip())
        if written is None:
            raise InvalidRecord(f"price {text!r:.60}", expected='a price such as "19.99 USD"')
        mark = written["before"] or written["after"] or default_currency
        currency = _SYMBOLS.get(mark, mark.upper())
        digits = re.sub(r"[\s'’]", "", written["amount"])
        places = max(minor_digits(currency), 2)
        point = re.search(rf"[.,](\d{{1,{places}}})$", digits)
        whole, fraction = (digits[: point.start()], point[1]) if point else (digits, "")
        amount = re.sub(r"[.,]", "", whole) + (f".{fraction}" if fraction else "")
        return cls.from_major(amount, currency)

    @property
    def major(self) -> Decimal:
        """The amount in the currency's main unit: 1,999 cents are 19.99."""
        return Decimal(self.minor).scaleb(-minor_digits(self.currency))

    def __str__(self) -> str:
        amount = f"{self.major:,.{minor_digits(self.currency)}f}"
        sign = _SIGNS.get(self.currency)
        return f"{sign}{amount}" if sign else f"{amount} {self.currency}"
