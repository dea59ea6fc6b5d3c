"""Texts are found as a list would find them, in memory and mapped from disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.index.texts import Texts

TEXTS = st.lists(st.text("aaé𝄞\x7f", max_size=4), max_size=13)
"""Few letters, so that texts repeat, begin each other, and sort by bytes of one to four."""


@given(TEXTS, st.text("aé𝄞b", max_size=4))
def test_a_text_is_found_where_a_list_has_it(texts: list[str], another: str) -> None:
    packed = Texts.of(texts)
    with tempfile.TemporaryDirectory() as folder:
        packed.save(Path(folder), "t")
        for some in (packed, Texts.load(Path(folder), "t")):
            for wanted in (*texts, another, "\ud800"):
                places = [place for place, text in enumerate(texts) if text == wanted]
                assert some.find_all(wanted).tolist() == places
                assert some.find(wanted) == (places[0] if places else None)


@given(TEXTS, st.text("aé𝄞", max_size=2))
def test_what_begins_alike_lies_together(texts: list[str], prefix: str) -> None:
    ordered = sorted(texts, key=str.encode)
    first, last = Texts.of(ordered, is_sorted=True).starting(prefix)
    assert ordered[first:last] == [text for text in ordered if text.startswith(prefix)]
    assert all(text.encode() < prefix.encode() for text in ordered[:first])
