"""What would shoppers ask for, of all that a feed says about its products? And in which words?

Feeds of real shops have hundreds of attributes, most of them for logistics and data sheets. Those
that shoppers ask for, as assumed here,

- are known of many products of the category and tell them apart, by values that recur;
- can be said: texts of a few words, flags, and numbers whose unit the feed tells or the titles do;
- are named by merchants: their values stand in titles or descriptions. Where no attribute of the
  category is named, all are taken;
- do not repeat another, or the brand.

Each is worth coverage × entropy × share of products that name it; the best `MOST` of a category
are asked for, in this order.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shopkeeper.knowledge import Value
from shopkeeper.records import Product
from shopkeeper.world.asking import PREFERENCES
from shopkeeper.world.engine import words_in
from shopkeeper.world.feed_values import Column, Kind, bare_name, read_columns
from shopkeeper.world.words import Askable

MOST = 12
"""Attributes of a category that are asked for."""
VALUES = 63
"""Values of an attribute in a category; one more stands for all others."""
OTHERS = "another value"
"""What is told, but too rarely to be asked for."""
FEW = 2
"""Products with a value that is asked for."""
COVERAGE = 0.1
"""Share of the category's products that an attribute is known of, at least."""
RECUR = 0.5
"""Share of these whose value others have as well, at least: the rest are ids and part numbers."""
SAME = 0.97
"""Share of the category's products with one value, at most: more tell nothing apart."""
LONGEST, MOST_WORDS = 40, 4
"""Characters and words of a value that is said."""
NAMED = 0.02
"""Share of products that name their value, at least."""
MEASURED = 0.5
"""The same of a number whose unit only the titles tell."""
REPEATS = 0.5
"""Share of products on which two attributes agree, at most."""
_BITS = 4.0
"""Entropy beyond which more values do not make an attribute worth more."""
_NUMBER = re.compile(r"(?<![\d.,])(\d+(?:\.\d+)?)[\s-]?([a-zµ]+\b|[\"°%])")
_RANGE = re.compile(r"[\d\s.,+–-]+")
"""Numbers from a data sheet, "20 - 20000"; "1920 x 1080" and "16:9" are said."""
_PREFERENCES = PREFERENCES | {"color"}


@dataclass(frozen=True, slots=True)
class Asked:
    """An attribute of a category that shoppers ask for."""

    askable: Askable
    values: tuple[Value, ...] | None
    """As in `stocking.Schema`."""
    told: Mapping[int, tuple[Value, ...]]
    """By place among the category's products."""


class _Texts(NamedTuple):
    """What merchants write of one product."""

    words: str
    """Of title and description, each between spaces."""
    numbers: frozenset[tuple[str, str]]
    """Each with the unit behind it."""


class _Ranked(NamedTuple):
    worth: float
    column: Column
    named: float
    counts: Counter[Value]


def find_asked(
    products: Sequence[Product],
    kinds: Mapping[str, tuple[Kind, str]],
    category: Sequence[str],
    locale: str,
) -> list[Asked]:
    """What shoppers ask for among the products of one category, most first.

    Args:
        kinds: of all attributes, as `find_kinds` gives them for the whole feed: whoever asks for
            several categories at once means the same in each.
        category: its words; a value with one of them is not said beside the category's name.
        locale: of the words.
    """
    texts = [_texts(product) for product in products]
    columns = read_columns(products, kinds)
    ranked = [found for column in columns if (found := _rank(column, texts))]
    if any(one.named >= NAMED for one in ranked):
        ranked = [one for one in ranked if one.named >= NAMED]
    ranked.sort(key=lambda one: (-one.worth, one.column.name))
    taken = [_said({at: (p.brand,) for at, p in enumerate(products) if p.brand})]
    asked = list[Asked]()
    for one in ranked:
        said = _said(one.column.told)
        if any(_repeats(said, before) for before in taken):
            continue
        wish = _ask(one, category, locale)
        if wish is not None:
            taken.append(said)
            asked.append(wish)
    return asked[:MOST]


def _texts(product: Product) -> _Texts:
    text = " ".join((*product.title.values(), *product.description.values())).lower()
    numbers = frozenset((f"{float(n):g}", unit) for n, unit in _NUMBER.findall(text))
    return _Texts(f" {' '.join(words_in(text))} ", numbers)


def _rank(column: Column, texts: Sequence[_Texts]) -> _Ranked | None:
    """None for a column that tells nothing apart, or cannot be said."""
    told, size = column.told, len(texts)
    counts = Counter(value for values in told.values() for value in values)
    recurs = sum(any(counts[v] >= FEW for v in values) for values in told.values())
    if len(told) < max(FEW, COVERAGE * size) or recurs < RECUR * len(told):
        return None
    if max(counts.values()) > SAME * size or set(counts) == {False}:
        return None
    if column.kind == "number":
        column, named = _measured(column, texts)
        if not column.unit:
            return None
    else:
        named = _named(column, texts)
    worth = len(told) / size * min(_entropy(counts, size), _BITS) * (NAMED + named)
    return _Ranked(worth, column, named, counts)


def _measured(column: Column, texts: Sequence[_Texts]) -> tuple[Column, float]:
    """The column with its unit, or that of the titles, and the share of products that name it."""
    behind = Counter(
        unit
        for place, values in column.told.items()
        for number, unit in texts[place].numbers
        if number == f"{values[0]:g}"
    )
    if column.unit:
        return column, min(1.0, max(behind.values(), default=0) / len(column.told))
    unit, count = max(behind.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    share = count / len(column.told)
    return column._replace(unit=unit if share >= MEASURED else ""), share


def _named(column: Column, texts: Sequence[_Texts]) -> float:
    """Share of products whose texts name their value: of a flag that they have, its name."""
    name = bare_name(column.name)
    spoken = {
        value: f" {' '.join(words_in(name if value is True else str(value)))} "
        for values in column.told.values()
        for value in values
        if value is not False
    }
    places = [place for place, values in column.told.items() if values != (False,)]
    named = sum(any(spoken[v] in texts[at].words for v in column.told[at]) for at in places)
    return named / max(len(places), 1)


def _entropy(counts: Counter[Value], size: int) -> float:
    """In bits; products without value count as having one of their own."""
    shares = [count / size for count in counts.values()]
    shares.append(max(0.0, 1 - sum(shares)))
    return -sum(share * math.log2(share) for share in shares if share > 0)


def _ask(one: _Ranked, category: Sequence[str], locale: str) -> Asked | None:
    """None when there is no value that could be said."""
    column, name = one.column, bare_name(one.column.name)
    values: tuple[Value, ...] | None
    spoken: tuple[Value, ...] | None
    if column.kind == "number":
        gap = " " if column.unit.isalpha() else ""
        values, spoken, say, told = None, None, f"{{}}{gap}{column.unit}", column.told
    elif column.kind == "flag":
        values, spoken, say, told = (False, True), (True,), name, column.told
    else:
        ordered = sorted(one.counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
        common = tuple(value for value, count in ordered if count >= FEW)[:VALUES]
        spoken = tuple(value for value in common if _is_said(str(value), category))
        say = "size {}" if name.endswith("size") else "{}"
        values, told = (*common, OTHERS), _with_others(column.told, frozenset(common))
        if not spoken:
            return None
    askable = Askable(
        attribute=column.name,
        is_core=name.rpartition(" ")[2] not in _PREFERENCES,
        is_behind=column.kind == "number",
        say={locale: say},
        values=spoken,
    )
    return Asked(askable, values, told)


def _with_others(
    told: Mapping[int, tuple[Value, ...]], common: frozenset[Value]
) -> dict[int, tuple[Value, ...]]:
    return {
        place: tuple(dict.fromkeys(value if value in common else OTHERS for value in values))
        for place, values in told.items()
    }


def _is_said(value: str, category: Iterable[str]) -> bool:
    words = words_in(value)
    is_long = len(value) > LONGEST or len(value.split()) > MOST_WORDS
    is_range = len(words) > 1 and _RANGE.fullmatch(value) is not None
    return bool(words) and not (is_long or is_range or set(words).intersection(category))


def _said(told: Mapping[int, tuple[Value, ...]]) -> dict[int, frozenset[str]]:
    """The words of each product's values; flags repeat nothing."""
    return {
        place: frozenset(words)
        for place, values in told.items()
        if not isinstance(values[0], bool) and (words := words_in(" ".join(map(_written, values))))
    }


def _written(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _repeats(one: Mapping[int, frozenset[str]], other: Mapping[int, frozenset[str]]) -> bool:
    """Whether two attributes mostly say the same where both say something, in short or in full."""
    both = one.keys() & other.keys()
    same = sum(one[at] <= other[at] or other[at] <= one[at] for at in both)
    return same > REPEATS * len(both)
