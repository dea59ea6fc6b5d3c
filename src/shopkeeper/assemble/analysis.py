"""What do the index, the lexicon and the suggestions take from the products? One pass for all.

The products are cut into parts, which any number of processes analyse; what comes of it does not
depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from os import cpu_count

from shopkeeper.assemble.progress import Progress, no_progress
from shopkeeper.index.generation import SegmentPart, SegmentPartBuilder
from shopkeeper.records import Product
from shopkeeper.records.ports import Engine
from shopkeeper.stages.suggest import SuggestionConfig, SuggestionEvidence
from shopkeeper.stages.understand import LexiconConfig, LexiconEvidence
from shopkeeper.text import analyser
from shopkeeper.work import LocalEngine

_AT_ONCE = 5_000
"""Products of a part."""

_PROCESSES_FROM = 4 * _AT_ONCE
"""Products. Fewer are analysed sooner than processes have started."""


def analyse(text: str, locale: str) -> Sequence[str]:
    """The terms of a text, as index and queries share them."""
    return analyser(locale).terms(text)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was taken from products in a row."""

    segment: list[SegmentPart]
    lexicon: LexiconEvidence = field(
        default_factory=lambda: LexiconEvidence(LexiconConfig().longest_name)
    )
    suggestions: SuggestionEvidence = field(
        default_factory=lambda: SuggestionEvidence(SuggestionConfig().longest_phrase)
    )


def gather(
    products: Iterable[Product], count: int, locale: str, progress: Progress = no_progress
) -> Gathered:
    """Read the products once, on as many of this machine's cores as that is worth.

    Args:
        count: how many they are, or about.
        locale: of texts that name none.
    """
    everything = Gathered([])
    for part in _engine(count).run(_gather_part, _parts(products), locale):
        everything.segment.extend(part.segment)
        everything.lexicon.take(part.lexicon)
        everything.suggestions.take(part.suggestions)
        progress(everything.lexicon.products, count)
    return everything


def _gather_part(locale: str, products: Sequence[Product]) -> Gathered:
    segment, part = SegmentPartBuilder(analyse, locale), Gathered([])
    for product in products:  # one after the other, so that its texts are still remembered
        segment.add(product)
        part.lexicon.add(product, analyser(locale))
        part.suggestions.add(product, analyser(locale))
    part.segment.append(segment.build())
    return part


def _parts(products: Iterable[Product]) -> Iterator[list[Product]]:
    rest = iter(products)
    while part := list(islice(rest, _AT_ONCE)):
        yield part


def _engine(count: int) -> Engine:
    return LocalEngine((cpu_count() or 1) if count >= _PROCESSES_FROM else 1)
