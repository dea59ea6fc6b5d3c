"""How much may it cost?"""

import pytest

from shopkeeper.records import Range
from shopkeeper.stages.understand import price_phrases


@pytest.mark.parametrize(
    ("text", "low", "high", "said"),
    [
        ("tent under $50", None, 50, "under $50"),
        ("less than 20 euro cable", None, 20, "less than 20 euro"),
        ("TENT UNDER 1,200 USD", None, 1200, "UNDER 1,200 USD"),
        ("tent under 50", None, 50, "under 50"),
        ("between $20 and $50 tent", 20, 50, "between $20 and $50"),
        ("$20-$50 tent", 20, 50, "$20-$50"),
        ("tent from 20 to 50 dollars", 20, 50, "from 20 to 50 dollars"),
        ("laptop over $500", 500, None, "over $500"),
        ("at least 30 eur", 30, None, "at least 30 eur"),
        ("up to €99.50", None, 99.5, "up to €99.50"),
        ("帐篷50元以下", None, 50, "50元以下"),
        ("100元以内的鼠标", None, 100, "100元以内"),
        ("不超过100元鼠标", None, 100, "不超过100元"),
        ("100到200元鼠标", 100, 200, "100到200元"),
        ("500元以上手机", 500, None, "500元以上"),
    ],
)
def test_a_price_is_read(text: str, low: float | None, high: float | None, said: str) -> None:
    (phrase,) = price_phrases(text)
    assert phrase.clause == Range("price", low, high)
    assert text[phrase.start : phrase.end] == said


@pytest.mark.parametrize(
    "text",
    [
        "under 50 lbs dumbbell",
        "under cabinet light",
        'tv over 50"',
        "iphone 15 pro max 256gb",
        "air max 90",
        "2 to 4 person tent",
        "$50 gift card",
        "from 50 to 20 dollars",
        "1-1/2 in. valve",
        "under 10mm bolt",
    ],
)
def test_what_is_no_price_is_left_alone(text: str) -> None:
    assert price_phrases(text) == []


def test_a_currency_makes_it_surer() -> None:
    assert price_phrases("under $50")[0].confidence > price_phrases("under 50")[0].confidence
