"""The same amount, however it is written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.text import Quantity, Size, convert, measures, normalise


def terms(text: str) -> list[str]:
    return [measure.term for measure in measures(normalise(text))]


@pytest.mark.parametrize(
    ("term", "spellings"),
    [
        ("10mm", ["10 mm", "10mm", "10-mm", "10 millimeters", "10MM", "10 毫米", "10㎜"]),
        ("0.5in", ["1/2 in.", '1/2"', "½ inch", "0.5 inches", ".5in", "1/2-in"]),
        ("1.5in", ['1-1/2"', "1 1/2 in.", "1½ in", "1.5 inch"]),
        ("6ft", ["6'", "6 ft.", "6 feet", "6-foot", "6英尺"]),
        ("1.5l", ["1.5 litre", "1.5L", "1,5 l", "1.5升", "1.50 liters"]),
        ("16gb", ["16gb", "16 GB", "16 gigabytes"]),
        ("12v", ["12v", "12 Volt", "12-volt", "12伏"]),
        ("12pack", ["12 pack", "12-pk", "12 ct.", "12只装"]),
        ("1000sqft", ["1,000 sq. ft.", "1000 sqft", "1000 square feet"]),
        ("27in", ["27寸", "27英寸", "27吋", '27"']),
        ("3kg", ["3 kg", "3公斤", "3 kilos"]),
        ("2x4", ["2x4", "2 x 4", "2×4", "2 in. x 4 in.", "2 by 4", '2"x4"']),
    ],
)
def test_every_spelling_gives_one_term(term: str, spellings: list[str]) -> None:
    assert {spelling: terms(spelling) for spelling in spellings} == {s: [term] for s in spellings}


@pytest.mark.parametrize(
    "text",
    [
        "3 in 1 tool",
        "2-in-1",
        "the 90's",
        "24/7 alarm",
        "12/25/2024",
        "rtx4090",
        "M8x30",
        "1升级",
        "3克拉",
        "2 a day",
    ],
)
def test_what_only_looks_like_a_measure_is_none(text: str) -> None:
    assert terms(text) == []


def test_offsets_point_at_the_spelling() -> None:
    text = "容量500毫升, 10mmx20mm pipe, 1/2 in. elbow"
    assert [text[m.start : m.end] for m in measures(text)] == ["500毫升", "10mmx20mm", "1/2 in."]


def test_a_side_without_unit_has_the_next_ones_unless_it_counts() -> None:
    (rug,) = measures("60 x 80 cm")
    (bottles,) = measures("6 x 500 ml")
    assert isinstance(rug, Size)
    assert isinstance(bottles, Size)
    assert [side.term for side in rug.sides] == ["60cm", "80cm"]
    assert [side.term for side in bottles.sides] == ["6", "500ml"]


def test_equivalents_are_the_tidy_ones() -> None:
    (half_litre,) = measures("500 ml")
    (inch,) = measures("1 in.")
    assert isinstance(half_litre, Quantity)
    assert isinstance(inch, Quantity)
    assert set(half_litre.equivalents()) == {"50cl", "0.5l"}
    assert set(inch.equivalents()) == {"25.4mm", "2.54cm"}  # 1/12 ft would be 0.08333…
    assert half_litre.canonical == 500  # ml


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (1, "in", "mm", 25.4),
        (3, "ft", "yd", 1.0),
        (2, "lb", "oz", 32.0),
        (1, "gal", "qt", 4.0),
        (1, "tb", "gb", 1024.0),
        (5, "斤", "kg", 2.5),
    ],
)
def test_conversion(value: float, unit: str, to: str, expected: float) -> None:
    assert math.isclose(convert(value, unit, to), expected)
    assert math.isclose(convert(expected, to, unit), value)


def test_lengths_are_no_weights() -> None:
    with pytest.raises(ValueError, match="measures length"):
        convert(1, "mm", "kg")


@given(
    st.decimals(min_value="0.01", max_value="9999", places=2),
    st.sampled_from(["mm", "cm", "in", "ft", "ml", "gb", "v", "w", "kg"]),
    st.sampled_from(["", " ", "-"]),
)
def test_any_number_with_any_gap_is_read_back(number: object, unit: str, gap: str) -> None:
    (found,) = measures(f"a {number}{gap}{unit} thing")
    assert isinstance(found, Quantity)
    assert (found.value, found.unit) == (float(str(number)), unit)
