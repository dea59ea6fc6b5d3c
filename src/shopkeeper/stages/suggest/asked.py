"""How many shoppers asked each query?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from shopkeeper.records import ServeLogRow
from shopkeeper.text import normalise


def shoppers_by_query(rows: Iterable[ServeLogRow]) -> dict[str, int]:
    """Distinct shoppers of each query of the serve log, by its casefolded text.

    Rows without a shopper (who did not consent, or is not known) count for nobody: the log cannot
    tell whether two of them are one. Nor do queries that found nothing.
    """
    shoppers: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        text = normalise(row.query_text).casefold()
        if text and row.shopper_id is not None and row.total > 0:
            shoppers[text].add(row.shopper_id)
    return {text: len(ids) for text, ids in sorted(shoppers.items())}
