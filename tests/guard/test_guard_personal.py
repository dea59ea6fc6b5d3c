"""E-mail addresses, telephone numbers, card numbers; and what only looks like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.stages.guard import has_card_number, has_email, has_phone_number, is_personal


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
    assert has_email(text)


@pytest.mark.parametrize("text", ["tent @ home", "@acme", "2 @ 5.99", "a@b", "w@w.1"])
def test_no_email(text: str) -> None:
    assert not has_email(text)


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
        "１３８００１３８０００",
    ],
)
def test_phone_number(text: str) -> None:
    assert has_phone_number(text)


@pytest.mark.parametrize(
    "text",
    [
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
    ],
)
def test_no_phone_number(text: str) -> None:
    assert not has_phone_number(text)


# Luhn by hand for 79927398713, from the right, every second doubled (digits of the double added):
# 3 + 2 + 7 + 7 + 9 + 6 + 7 + 4 + 9 + 9 + 7 = 70, a multiple of 10. Cards have 13 digits or more.
@pytest.mark.parametrize(
    "text", ["4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005", "0079927398713"]
)
def test_card_number(text: str) -> None:
    assert has_card_number(f"my {text} card")


@pytest.mark.parametrize(
    "text", ["4111 1111 1111 1112", "79927398713", "411111111111111100000000", "4111  1111"]
)
def test_no_card_number(text: str) -> None:
    assert not has_card_number(text)


@given(st.lists(st.integers(0, 9), min_size=12, max_size=18))
def test_exactly_one_check_digit_makes_a_card_number(digits: list[int]) -> None:
    body = "".join(map(str, digits))
    assert sum(has_card_number(f"{body}{check}") for check in range(10)) == 1


@pytest.mark.parametrize("text", ["red tent", "帐篷 3000毫米", "", "50 % off 2 for 1"])
def test_goods_are_not_personal(text: str) -> None:
    assert not is_personal(text)
