"""What every implementer of a request port keeps to: (request, deadline) → one result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts import implementers
from contracts.implementers import each
from contracts.small_shop import GOODS
from shopkeeper.online import checks
from shopkeeper.online.nothing import plain_reading
from shopkeeper.records import (
    Deadline,
    Hit,
    Query,
    RetrieveRequest,
    SortKey,
    SuggestRequest,
)
from shopkeeper.records.ports import GuardRequest
from shopkeeper.records.rerank import Reranked

TEXTS = {
    "words": "red tent",
    "empty": "",
    "blank": " \t ",
    "one letter": "t",
    "Chinese": "帐篷",
    "mixed": "帐篷 tent für 4",
    "emoji": "⛺️👨‍👩‍👧",
    "right to left": "خيمة",
    "combining": "Zel\u0301t",
    "marks only": "?!…--",
    "no words": "\x00\u202e\ufffd",
    "longest": "tent " * 102,
}
texts = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
AMPLE_MS = 5_000.0


def in_time() -> Deadline:
    return Deadline.after(AMPLE_MS)


def answer_or_error(call):
    """With no time left a port may raise or answer; it may not do anything else, or take long."""
    late = Deadline.after(0)
    assert late.is_over
    watch = Deadline.after(AMPLE_MS)
    try:
        answer = call(late)
    except Exception:
        answer = None
    assert not watch.is_over
    return answer


# --- understand --------------------------------------------------------------------------------


@each(implementers.UNDERSTAND)
@texts
def test_understand_answers_any_text(port, text):
    query = Query(text, locale="en", market="US")
    reading = port.understand(query, in_time())
    checks.check_understanding(query, reading)
    assert reading == port.understand(query, in_time())


@each(implementers.UNDERSTAND)
def test_understand_without_time(port):
    query = Query("red tent")
    reading = answer_or_error(lambda late: port.understand(query, late))
    if reading is not None:
        checks.check_understanding(query, reading)


@each(implementers.UNDERSTAND)
def test_an_empty_query_has_no_concept(port):
    assert port.understand(Query(""), in_time()).concepts == ()


# --- rewrite -----------------------------------------------------------------------------------


@each(implementers.REWRITE)
@texts
def test_rewrites_are_distinct_and_weighted(port, text):
    rewrites = port.rewrite(plain_reading(Query(text)), in_time())
    checks.check_rewrites(rewrites)
    assert all(0 < rewrite.weight <= 1 for rewrite in rewrites)


@each(implementers.REWRITE)
def test_rewrite_without_time(port):
    rewrites = answer_or_error(lambda late: port.rewrite(plain_reading(Query("tent")), late))
    if rewrites is not None:
        checks.check_rewrites(rewrites)


# --- suggest -----------------------------------------------------------------------------------


@each(implementers.SUGGEST)
@texts
@pytest.mark.parametrize("size", [1, 7])
def test_suggestions_are_few_distinct_and_find_something(port, text, size):
    checks.check_suggestions(size, port.suggest(SuggestRequest(Query(text), size), in_time()))


@each(implementers.SUGGEST)
def test_suggest_without_time(port):
    lines = answer_or_error(lambda late: port.suggest(SuggestRequest(Query("t"), 5), late))
    if lines is not None:
        checks.check_suggestions(5, lines)


# --- retrieve ----------------------------------------------------------------------------------


def wanted(text: str = "", **changes) -> RetrieveRequest:
    return replace(RetrieveRequest(plain_reading(Query(text))), **changes)


@each(implementers.RETRIEVE)
@texts
def test_retrieve_answers_any_text(port, text):
    request = wanted(text)
    checks.check_retrieved(request, port.retrieve(request, in_time()))


@each(implementers.RETRIEVE)
@pytest.mark.parametrize(("window", "size"), [(3, 2), (5, 5), (2, 7), (200, 3)])
def test_pages_are_disjoint_and_make_up_the_set(port, window, size):
    whole = port.retrieve(wanted(), in_time())
    pages = []
    for offset in range(0, whole.total + size, size):
        request = wanted(window=window, offset=offset, size=size)
        found = port.retrieve(request, in_time())
        checks.check_retrieved(request, found)
        assert found.total == whole.total
        pages += [*found.head[offset : offset + size], *found.tail]
    assert [c.product_id for c in pages] == [c.product_id for c in whole.head]


@each(implementers.RETRIEVE)
def test_what_is_pinned_stands_in_the_window(port):
    everything = port.retrieve(wanted(), in_time())
    if not everything.total:
        return
    last = everything.head[-1].product_id
    found = port.retrieve(wanted(window=2, pinned=(last,)), in_time())
    assert last in [candidate.product_id for candidate in found.head]
    assert found.total == everything.total
    missing = port.retrieve(wanted("surely no such word", pinned=(last,)), in_time())
    assert last in [candidate.product_id for candidate in missing.head]


@each(implementers.RETRIEVE)
def test_sorting_changes_the_order_and_not_the_set(port):
    plain = port.retrieve(wanted("tent"), in_time())
    up, down = (
        port.retrieve(wanted("tent", sort=(SortKey("price", descending),)), in_time())
        for descending in (False, True)
    )
    ids = [[candidate.product_id for candidate in found.head] for found in (plain, up, down)]
    assert sorted(ids[0]) == sorted(ids[1])
    assert ids[1] == ids[2][::-1]  # no two tents of the fixture cost the same


@each(implementers.RETRIEVE)
def test_retrieve_without_time(port):
    request = wanted("tent")
    found = answer_or_error(lambda late: port.retrieve(request, late))
    if found is not None:
        checks.check_retrieved(request, found)


# --- merchandise -------------------------------------------------------------------------------


@each(implementers.MERCHANDISE)
@texts
def test_merchandising_is_well_formed(port, text):
    reading = plain_reading(Query(text))
    wishes = port.merchandise(reading, in_time())
    checks.check_merchandising(wishes)
    assert wishes == port.merchandise(reading, in_time())


@each(implementers.MERCHANDISE)
def test_merchandise_without_time(port):
    wishes = answer_or_error(lambda late: port.merchandise(plain_reading(Query("tent")), late))
    if wishes is not None:
        checks.check_merchandising(wishes)


# --- guard -------------------------------------------------------------------------------------

PAGE = tuple(Hit(good, good.variants[0].sku, rank, ()) for rank, good in enumerate(GOODS, 1))


@each(implementers.GUARD)
@texts
@pytest.mark.parametrize("hits", [(), PAGE], ids=["way in", "way out"])
def test_a_verdict_is_about_what_was_asked(port, text, hits):
    verdict = port.guard(GuardRequest(Query(text), hits), in_time())
    checks.check_verdict(hits, verdict)
    assert (verdict.blocked_by is None) == verdict.allowed


@each(implementers.GUARD)
def test_guard_without_time(port):
    verdict = answer_or_error(lambda late: port.guard(GuardRequest(Query("tent")), late))
    if verdict is not None:
        checks.check_verdict((), verdict)


# --- generate ----------------------------------------------------------------------------------


@each(implementers.GENERATE)
@texts
def test_generate_gives_text(port, text):
    assert isinstance(port.generate(text, in_time()), str)


@each(implementers.GENERATE)
def test_generate_without_time(port):
    assert isinstance(answer_or_error(lambda late: port.generate("tent", late)), str | None)


# --- rerank ------------------------------------------------------------------------------------

DOCUMENTS = (*GOODS, "a red tent", "", "帐篷 tent 双人", "?!…--", "rain " * 500)


def reranked(port, text: str, documents) -> Reranked:
    return port.rerank(plain_reading(Query(text)), documents, in_time())


@each(implementers.RERANK)
@texts
def test_rerank_scores_each_document(port, text):
    checks.check_reranked(len(DOCUMENTS), reranked(port, text, DOCUMENTS))


@each(implementers.RERANK)
def test_a_documents_score_does_not_depend_on_its_company(port):
    together = reranked(port, "red tent", DOCUMENTS).parts
    backwards = reranked(port, "red tent", DOCUMENTS[::-1]).parts
    alone = [reranked(port, "red tent", [each]).parts[0] for each in DOCUMENTS]
    assert backwards[::-1] == together == tuple(alone)  # to the last bit


@each(implementers.RERANK)
def test_rerank_of_nothing_is_empty(port):
    checks.check_reranked(0, reranked(port, "tent", ()))


@each(implementers.RERANK)
def test_rerank_without_time_answers_or_raises_at_once(port):
    reading = plain_reading(Query("tent"))
    answer = answer_or_error(lambda deadline: port.rerank(reading, DOCUMENTS, deadline))
    if answer is not None:
        checks.check_reranked(len(DOCUMENTS), answer)
