"""How much of what? Numbers with units, fractions, and sizes such as 2x4, however spelt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

_TABLE = """
length   mm    1        mm millimeter millimetre 毫米
length   cm    10       cm centimeter centimetre 厘米 公分
length   m     1000     m meter metre mtr 米 公尺
length   km    1e6      km kilometer kilometre 公里 千米
length   in    25.4     in inch inches ins " 英寸 英吋 寸 吋
length   ft    304.8    ft foot feet ' 英尺
length   yd    914.4    yd yds yard
mass     mg    0.001    mg milligram 毫克
mass     g     1        g gr gm gram gramme 克
mass     kg    1000     kg kgs kilo kilogram 公斤 千克
mass     斤    500      斤
mass     oz    28.349523125 oz ounce 盎司
mass     lb    453.59237    lb lbs pound 磅
volume   ml    1        ml milliliter millilitre cc 毫升
volume   cl    10       cl centiliter centilitre
volume   l     1000     l lt ltr liter litre 升 公升
volume   floz  29.5735295625  fl_oz fluid_ounce
volume   pt    473.176473     pt pint
volume   qt    946.352946     qt qts quart
volume   gal   3785.411784    gal gals gallon 加仑
volume   cuft  28316.846592   cu_ft cubic_foot cubic_feet
area     sqft  1        sq_ft sqft square_foot square_feet
area     m2    10.763910417   m2 sqm sq_m square_meter square_metre 平方米 平米
storage  mb    0.0009765625   mb megabyte
storage  gb    1        gb gigabyte
storage  tb    1024     tb terabyte
voltage  mv    0.001    mv millivolt
voltage  v     1        v volt 伏 伏特
voltage  kv    1000     kv kilovolt
current  ma    0.001    ma milliamp
current  a     1        a amp ampere 安培
charge   mah   1        mah 毫安 毫安时
charge   ah    1000     ah amp_hour 安时
power    mw    0.001    milliwatt
power    w     1        w watt 瓦 瓦特
power    kw    1000     kw kilowatt 千瓦
power    hp    745.69987 hp horsepower 匹
heat     btu   1        btu btus
energy   wh    1        wh watt_hour
energy   kwh   1000     kwh kilowatt_hour
frequency hz   1        hz hertz 赫兹
frequency khz  1000     khz kilohertz
frequency mhz  1e6      mhz megahertz
frequency ghz  1e9      ghz gigahertz
pixels   mp    1        mp megapixel
light    lm    1        lm lumen 流明
pressure psi   1        psi
pressure bar   14.503773773 bar
sound    db    1        db decibel 分贝
rotation rpm   1        rpm
angle    deg   1        deg degree °
gauge    ga    1        ga gauge
count    pack  1        pack pk ct count pack_of 个装 只装 支装 片装 袋装 瓶装 盒装 条装 双装 装
count    piece 1        piece pc pcs pce 件 件套 片 支
people   person 1       person people 人
shoe     码    1        码
"""
"""dimension, canonical unit, its size in the dimension's base unit, spellings (_: any gap)."""

_UNITS: dict[str, tuple[str, float]] = {}
_SPELLINGS: dict[str, str] = {}
for _row in _TABLE.split("\n")[1:-1]:
    _dimension, _unit, _factor, *_names = _row.split()
    _UNITS[_unit] = (_dimension, float(_factor))
    for _name in _names:
        _SPELLINGS[_name.replace("_", "")] = _unit
        if _name.isascii() and _name.replace("_", "").isalpha() and len(_name) > 3:
            _SPELLINGS[_name.replace("_", "") + "s"] = _unit

_SINGLE_LETTER_APART = frozenset("a")
"""Units that must touch their number: "2 a" is no current."""


def _spelling_pattern() -> str:
    names = {name for row in _TABLE.split("\n")[1:-1] for name in row.split()[3:]}
    latin, other = [], []
    for name in sorted(names, key=lambda n: (-len(n), n)):
        if name.replace("_", "")[0].isascii() and name.replace("_", "").isalnum():
            plural = "s?" if len(name) > 3 else ""
            latin.append(name.replace("_", r"[\s.-]{0,2}") + plural)
        else:
            other.append(re.escape(name))
    # "3 in 1" and "2 in the box" hold no inches; "升级" is an upgrade, "克拉" a carat
    bounded = rf"(?!in[\s-]+(?:\d|one\b|the\b|a\b))(?:{'|'.join(latin)})(?:(?![a-z0-9])|(?=x\d))\.?"
    return rf"(?:{bounded}|(?:{'|'.join(other)})(?![a-wyz]|x(?!\d)|级|拉))"


_NUMBER = (
    r"(?P<mixed>\d{1,4})[\s-](?P<over>\d{1,2})/(?P<under>\d{1,2})(?![\d/])"
    r"|(?P<part>\d{1,2})/(?P<whole>\d{1,2})(?![\d/])"
    r"|(?P<plain>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)"
)
_START = r"(?:(?<![A-Za-z0-9_.,/])|(?<=[a-z0-9.'\"]x))"
_ITEM = re.compile(
    rf"{_START}(?:{_NUMBER})(?:(?P<gap>\s?-?\s?)(?P<unit>{_spelling_pattern()}))?", re.IGNORECASE
)
_GAPS = re.compile(r"[\s._-]")
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_BY = re.compile(r"\s*(?:x|by|\*)\s*", re.IGNORECASE)
_DENOMINATORS = frozenset((2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit at text[start:end]; `unit` "" and `dimension` "number" without one."""

    value: float
    """In `unit`."""
    unit: str
    dimension: str
    start: int
    end: int

    @property
    def term(self) -> str:
        """What is indexed: "10mm", "0.5in"; the same for every spelling of the quantity."""
        return number_term(self.value) + self.unit

    @property
    def canonical(self) -> float:
        """The value in the dimension's base unit (mm, g, ml, gb, …)."""
        return self.value * _UNITS[self.unit][1] if self.unit else self.value

    def equivalents(self) -> tuple[str, ...]:
        """Terms of the same amount in sibling units, where it is tidy: 500 ml is "0.5l"."""
        if not self.unit:
            return ()
        terms = []
        for unit, (dimension, factor) in _UNITS.items():
            value = self.canonical / factor
            tidy = abs(value - round(value, 2)) < 1e-9 * value and 0.1 <= value <= 1e4
            if dimension == self.dimension and unit != self.unit and tidy:
                terms.append(number_term(value) + unit)
        return tuple(terms)


@dataclass(frozen=True, slots=True)
class Size:
    """Several lengths or counts multiplied, as in "2x4" or "8 ft. x 10 ft."."""

    sides: tuple[Quantity, ...]

    @property
    def start(self) -> int:
        return self.sides[0].start

    @property
    def end(self) -> int:
        return self.sides[-1].end

    @property
    def term(self) -> str:
        """The numbers alone, "8x10", so that "8x10 rug" meets "8 ft. x 10 ft. rug"."""
        return "x".join(number_term(side.value) for side in self.sides)


Measure: TypeAlias = Quantity | Size


def number_term(value: float) -> str:
    """A number as it is indexed: up to four decimals, none that say nothing ("1.50" is "1.5")."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def convert(value: float, unit: str, to: str) -> float:
    """The value in another canonical unit of the same dimension.

    Raises:
        KeyError: no such unit.
        ValueError: the units measure different things.
    """
    (dimension, factor), (other, other_factor) = _UNITS[unit], _UNITS[to]
    if dimension != other:
        raise ValueError(f"{unit} measures {dimension}, {to} {other}")
    return value * factor / other_factor


def measures(text: str) -> list[Measure]:
    """The quantities, fractions and sizes of a normalised text, in reading order.

    A plain number without unit is no measure. In "60 x 80 cm" both sides are centimetres.
    """
    found: list[Measure] = []
    for run in _runs(text, list(_items(text))):
        if len(run) > 1:
            found.append(Size(_share_unit(run)))
        elif run[0].unit or "/" in text[run[0].start : run[0].end]:
            found.append(run[0])
    return found


def _items(text: str) -> Iterator[Quantity]:
    for match in _ITEM.finditer(text):
        value = _value(match)
        if value is None:
            continue
        spelling, gap = match["unit"], match["gap"]
        start, end = match.span()
        unit = ""
        if spelling:
            name = _GAPS.sub("", spelling.casefold())
            unit = _SPELLINGS[name]
            if gap and name in _SINGLE_LETTER_APART:
                unit = ""
        if not unit and spelling:
            end = match.start("gap")
        yield Quantity(value, unit, _UNITS[unit][0] if unit else "number", start, end)


def _value(match: re.Match[str]) -> float | None:
    """None for what only looks like a fraction: a date, 24/7."""
    if match["plain"]:
        plain = match["plain"]
        return float(plain.replace(",", "" if _THOUSANDS.fullmatch(plain) else "."))
    whole = int(match["mixed"] or 0)
    over, under = int(match["over"] or match["part"]), int(match["under"] or match["whole"])
    return whole + over / under if under in _DENOMINATORS and over < under else None


def _runs(text: str, items: list[Quantity]) -> Iterator[list[Quantity]]:
    """Consecutive items that are multiplied belong together."""
    number = 0
    numbered = []
    for before, item in zip([None, *items], items, strict=False):
        if before is None or not _BY.fullmatch(text, before.end, item.start):
            number += 1
        numbered.append((number, item))
    for _, run in groupby(numbered, key=lambda pair: pair[0]):
        yield [item for _, item in run]


def _share_unit(run: list[Quantity]) -> tuple[Quantity, ...]:
    """A side without unit has the next side's, if that is a length ("6 x 500 ml" is six)."""
    sides: list[Quantity] = []
    unit, dimension = "", "number"
    for side in reversed(run):
        if side.unit:
            unit, dimension = side.unit, side.dimension
            sides.insert(0, side)
        else:
            known = unit if dimension == "length" else ""
            kind = dimension if known else "number"
            sides.insert(0, Quantity(side.value, known, kind, side.start, side.end))
    return tuple(sides)
