"""Filters survive their text; scores are the sums of their parts; deadlines only shrink."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.records import (
    AnyOf,
    Candidate,
    Clause,
    Deadline,
    InvalidRequest,
    NoneOf,
    Part,
    Query,
    Range,
    SearchRequest,
    parse_clause,
    parse_sort,
)

fields = st.text("abc äé(mm)", min_size=1, max_size=8).filter(lambda f: f == f.strip())
words = st.text("abcXYZ -帐|\\", min_size=1, max_size=8).filter(lambda v: v == v.strip())
numbers = st.floats(-1e9, 1e9)
clauses = st.one_of(
    st.builds(AnyOf, fields, st.lists(words, min_size=1, unique=True).map(tuple)),
    st.builds(NoneOf, fields, st.lists(words, min_size=1, unique=True).map(tuple)),
    st.builds(Range, fields, numbers, st.none()),
    st.builds(lambda f, a, b: Range(f, min(a, b), max(a, b)), fields, numbers, numbers),
)


@given(clauses)
def test_a_clause_survives_its_text(clause: Clause) -> None:
    if not isinstance(clause, NoneOf) and clause.field.startswith("-"):
        return
    assert parse_clause(str(clause)) == clause


@pytest.mark.parametrize("text", ["", "brand", "brand:", ":x", "price:20..10", "-:a", "a:|"])
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_clause(text)


def test_a_value_may_have_a_bar_and_a_backslash() -> None:
    assert parse_clause(r"finish:Black\|White|a\\|C:\dir") == AnyOf(
        "finish", ("Black|White", "a\\", r"C:\dir")
    )


def test_sort_keys() -> None:
    assert [str(parse_sort(t)) for t in ("price", "rating:desc")] == ["price:asc", "rating:desc"]
    with pytest.raises(InvalidRequest):
        parse_sort("price:up")


@given(st.lists(st.floats(-1e6, 1e6), max_size=9))
def test_a_score_is_the_sum_of_its_parts_from_left_to_right(given_: list[float]) -> None:
    expected = 0.0
    for value in given_:
        expected += value
    parts = tuple(Part(str(i), value) for i, value in enumerate(given_))
    assert Candidate("p", "s", parts).score == expected


@pytest.mark.parametrize(
    "wrong", [{"offset": -1}, {"size": 201}, {"size": -1}, {"timeout_ms": 0.5}, {"timeout_ms": 1e6}]
)
def test_requests_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest):
        SearchRequest(Query("tent"), "q", **wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest):
        SearchRequest(Query("x" * 513), "q")


def test_a_share_never_outlives_its_deadline() -> None:
    now = [100.0]
    deadline = Deadline.after(50, clock=lambda: now[0])
    assert deadline.remaining_ms == pytest.approx(50)
    assert deadline.share(20).remaining_ms == pytest.approx(20)
    assert deadline.share(80).remaining_ms == pytest.approx(50)
    now[0] += 0.051
    assert deadline.is_over
    assert deadline.share(80).remaining_ms == 0
