"""The ledger against a plain dict, at a size at which a scan per group would take minutes."""

from __future__ import annotations

from contextlib import closing

from shopkeeper.data.layout import Row
from shopkeeper.data.ledger import Ledger


def test_groups_as_a_dict_would_hold_them() -> None:
    rows = [Row(number, {"id": str(number)}) for number in range(1, 40_000)]
    expected: dict[str, list[Row]] = {}
    with closing(Ledger()) as ledger:
        for row in rows:
            key = f"group {row.number * 7_919 % 9_973}"
            ledger.hold(key, row)
            expected.setdefault(key, []).append(row)
        assert len(expected) == 9_973
        assert list(ledger.groups()) == list(expected.values())


def test_products_are_entered_while_groups_are_read() -> None:
    with closing(Ledger()) as ledger:
        for number in (1, 2, 3, 4):
            ledger.hold("ab"[number % 2], Row(number, {}))
        before = [ledger.enter("same", [row.number for row in rows]) for rows in ledger.groups()]
        assert before == [[], [1, 3]]
        assert ledger.enter("same", [9]) == [2, 4]
        assert ledger.enter("other", []) == []
