"""The index on disk, and its parts against slow twins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.records import CorruptArtefact, Deadline, NotFound, Product, Query, SuggestRequest
from shopkeeper.stages.guard import is_personal
from shopkeeper.stages.suggest import CatalogueSuggester, SuggestionIndex
from shopkeeper.stages.suggest.lines import Line, Lines, best
from shopkeeper.stages.suggest.vocabulary import Vocabulary
from shopkeeper.text import analyser

EN = analyser("en")
IN_TIME = Deadline.after(86_400_000)
GOODS = [
    Product.from_dict({"id": "p1", "title": "Red tent", "brand": "Acme", "category": "Tents"}),
    Product.from_dict({"id": "p2", "title": "双人帐篷", "category": "Outdoor > Tents"}),
    Product.from_dict({"id": "p3", "title": "Mug", "popularity": 0.1 + 0.2}),
]


def build(log: dict[str, int] | None = None) -> SuggestionIndex:
    return SuggestionIndex.build(GOODS, EN, is_personal=is_personal, query_log=log)


def saved(index: SuggestionIndex, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    index.save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_catalogue_gives_the_same_bytes(tmp_path: Path) -> None:
    log = {"red tent": 20, "mug": 30}
    first = saved(build(log), tmp_path / "a")
    second = saved(build(dict(reversed(log.items()))), tmp_path / "b")
    assert first == second
    assert set(first) == {"suggestions.json", "places.npy", "first.npy", "products.npy"}
    assert saved(SuggestionIndex.load(tmp_path / "a"), tmp_path / "c") == first


def test_what_is_loaded_answers_as_what_was_built(tmp_path: Path) -> None:
    built = build({"red tent": 20})
    saved(built, tmp_path / "a")
    loaded = SuggestionIndex.load(tmp_path / "a")
    for text in ("", "t", "te", "red", "帐", "zp", "tnet", "mug"):
        request = SuggestRequest(Query(text))
        one, other = (
            CatalogueSuggester(index, EN, is_personal).suggest(request, IN_TIME)
            for index in (built, loaded)
        )
        assert one == other
        assert one


def test_an_empty_catalogue_suggests_nothing(tmp_path: Path) -> None:
    saved(SuggestionIndex.build([], EN, is_personal=is_personal), tmp_path / "a")
    empty = CatalogueSuggester(SuggestionIndex.load(tmp_path / "a"), EN, is_personal)
    for text in ("", "t", "tent ", "帐", "tnet"):
        assert list(empty.suggest(SuggestRequest(Query(text)), IN_TIME)) == []


def test_nothing_and_damage_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no suggestions"):
        SuggestionIndex.load(tmp_path)
    folder = tmp_path / "a"
    files = saved(build(), folder)
    for name, content in files.items():
        for damaged in (b"", content[: len(content) // 2]):
            (folder / name).write_bytes(damaged)
            with pytest.raises(CorruptArtefact, match="unreadable"):
                SuggestionIndex.load(folder)
        (folder / name).write_bytes(content)
    (folder / "suggestions.json").write_bytes(
        files["suggestions.json"].replace(b'"format":1', b'"format":9')
    )
    with pytest.raises(CorruptArtefact, match="format 9"):
        SuggestionIndex.load(folder)
    (folder / "suggestions.json").write_bytes(files["suggestions.json"])
    (folder / "first.npy").unlink()
    with pytest.raises(CorruptArtefact, match=r"first\.npy"):
        SuggestionIndex.load(folder)


letters = st.text("abc 帐", min_size=1, max_size=6).filter(lambda text: text.strip())


@given(st.lists(letters, max_size=12), letters)
def test_lines_that_begin_so_are_those_that_a_look_at_each_finds(
    texts: list[str], prefix: str
) -> None:
    texts = [" ".join(text.split()) for text in texts]
    prefix = prefix.strip()
    lines = Lines.build([Line(text, "query", 1 + n) for n, text in enumerate(texts)], EN)
    found = {line.text for line, _ in lines.starting(prefix, 100)}
    for text in texts:
        own = lines.lines[texts.index(text)]
        starts = text.startswith(prefix) or f" {prefix}" in f" {text}"
        if " " not in prefix and "帐" not in text + prefix:
            assert (own.text in found) == starts


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 8))
def test_best_is_the_head_of_a_stable_sort(scores: list[int], most: int) -> None:
    expected = sorted(range(len(scores)), key=lambda at: (-scores[at], at))[:most]
    assert list(best(np.array(scores, np.float64), most)) == expected


PRODUCTS = 7
shops = st.dictionaries(
    st.text("bcdx", min_size=1, max_size=3),
    st.sets(st.integers(0, PRODUCTS - 1), min_size=1),
    min_size=1,
    max_size=8,
)


@given(shops, st.data())
def test_counts_and_masks_are_those_of_sets(shop: dict[str, set[int]], data: st.DataObject) -> None:
    vocabulary = Vocabulary.build(
        {term: {term: 3, term + "s": 2} for term in shop},
        {term: sorted(products) for term, products in shop.items()},
        PRODUCTS,
    )
    typed = data.draw(st.text("bcdx", max_size=2))
    words = vocabulary.starting(typed)
    shown = {vocabulary.words[place].shown for place in words}
    assert shown == {w for t in shop for w in (t, t + "s") if w.startswith(typed)}
    context = data.draw(st.sets(st.sampled_from(sorted(shop)), max_size=2))
    mask = vocabulary.having(context)
    among = set(range(PRODUCTS)).intersection(*(shop[term] for term in context))
    assert (mask is None) == (not context)
    if mask is not None:
        assert set(np.flatnonzero(mask).tolist()) == among
    mostly, counts = vocabulary.counts(words, mask)
    found = {vocabulary.words[p].term: int(n) for p, n in zip(mostly, counts, strict=True)}
    terms = {vocabulary.words[place].term for place in words}
    assert found == {t: len(shop[t] & among) for t in terms if shop[t] & among}
    if len(words):
        any_of = set().union(*(shop[term] for term in terms))
        assert set(np.flatnonzero(vocabulary.having_any(words)).tolist()) == any_of
