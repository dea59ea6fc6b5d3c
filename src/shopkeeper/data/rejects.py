"""Which rows did not make it, and why? Nothing is lost silently."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

LONGEST_VALUE = 200
"""Characters of a rejected value that are written down."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that became no part of a product. One JSON line each in the rejects file."""

    row: int
    """The line on which it starts; in a JSON list its place, from 1."""
    id: str
    """Of the product, "" when the row does not say."""
    field: str
    """In the words of `Product.from_dict`, or the feed's own column; "" for the row as such."""
    value: str
    """What stood there, cut to `LONGEST_VALUE` characters."""
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", self.value[:LONGEST_VALUE])


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """What became of the rows. Once a feed is read: `rows` = `rows_kept` + `rows_rejected`."""

    rows: int = 0
    rows_kept: int = 0
    """Rows that are part of a product."""
    rows_rejected: int = 0
    """Also those of a product that a later row of the feed replaced."""
    products: int = 0
    """Different ones."""
    repairs: Mapping[str, int] = field(default_factory=dict)
    """How often each kind was needed; the kinds are explained in `clean.REPAIRS`."""
    rejected_for: Mapping[str, int] = field(default_factory=dict)
    """Rejects by their field, the commonest first; "form" where none is to blame."""


class Remarks(Protocol):
    """Who hears what was repaired and what is no product."""

    def note(self, kind: str) -> None: ...

    def reject(self, reject: Reject) -> None: ...


class Tally:
    """Counts rows, and writes rejects to a file as they come (none when `path` is None)."""

    def __init__(self, path: Path | None) -> None:
        self.rows = self.rows_kept = self.rows_rejected = self.products = 0
        self.repairs: Counter[str] = Counter()
        self._rejected_for: Counter[str] = Counter()
        self.first_reject: Reject | None = None
        self._file = path.open("w", encoding="utf-8") if path else None

    def close(self) -> None:
        if self._file:
            self._file.close()

    def read(self, rows: int, repairs: Mapping[str, int]) -> None:
        """So many rows came, and needed these repairs."""
        self.rows += rows
        self.repairs.update(repairs)

    def reject(self, reject: Reject) -> None:
        self.rows_rejected += 1
        self._rejected_for[reject.field or "form"] += 1
        self.first_reject = self.first_reject or reject
        if self._file:
            print(json.dumps(asdict(reject), ensure_ascii=False), file=self._file, flush=True)

    def keep(self, rows: int) -> None:
        """A product was made of so many rows."""
        self.products += 1
        self.rows_kept += rows

    def replace(self, product_id: str, rows: Iterable[int], by: int) -> None:
        """The product made of `rows` gave way to the one that starts on row `by`."""
        self.products -= 1
        for row in rows:
            self.rows_kept -= 1
            reason = f"the id stands again on row {by}, which replaced this one"
            self.reject(Reject(row, product_id, "id", product_id, reason))

    def counts(self) -> FeedCounts:
        return FeedCounts(
            self.rows,
            self.rows_kept,
            self.rows_rejected,
            self.products,
            dict(self.repairs),
            dict(self._rejected_for.most_common()),
        )
