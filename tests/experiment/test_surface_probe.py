"""What the surface of a pair says, and what a probe makes of it."""

from __future__ import annotations

import math

import pytest

from shopkeeper.data import JudgedSet
from shopkeeper.experiment.probe import probe
from shopkeeper.experiment.surface import FEATURES, SurfaceReader
from shopkeeper.records import Judgement, Product

TENT = {
    "id": "t1",
    "title": "Acme Red Tent 3 Rooms",
    "brand": "Acme",
    "category": "Outdoor > Tents",
    "description": "Waterproof tent.",
    "price": "50.00",
}
STOVE = {"id": "s1", "title": "Gas Stove", "category": "Outdoor > Stoves"}


@pytest.fixture(scope="module")
def reader() -> SurfaceReader:
    return SurfaceReader(map(Product.from_dict, (TENT, STOVE)))


def features(reader: SurfaceReader, text: str, id_: str) -> dict[str, float]:
    return dict(zip(FEATURES, reader.read(text, id_), strict=True))


def test_a_pair_by_hand(reader: SurfaceReader) -> None:
    found = features(reader, "red waterproof tents under 20", "t1")
    # words: red, waterproof, tent, under, 20; listing: acme red tent 3 room waterproof
    assert found["query words"] == 5
    assert found["title words"] == 5
    assert found["query words in title"] == pytest.approx(2 / 5)
    assert found["query words in category"] == pytest.approx(1 / 5)
    assert found["query words in description"] == pytest.approx(2 / 5)
    assert found["query words anywhere"] == pytest.approx(3 / 5)
    assert found["query words nowhere"] == 2
    # each known word is in one of two texts: ln 3; an unknown one counts as if in one: ln 3
    assert found["idf in title"] == pytest.approx(2 / 5)
    assert found["rarest word nowhere"] == pytest.approx(math.log(3))
    assert found["title words in query"] == pytest.approx(2 / 5)
    assert found["category words in query"] == 1.0
    assert found["first match in title"] == pytest.approx(1 / 5)
    assert (found["first query word in title"], found["last query word in title"]) == (1.0, 0.0)
    assert found["brand words in query"] == 0.0
    assert (found["numbers in query"], found["numbers in listing"]) == (1, 0.0)
    assert found["log price"] == pytest.approx(math.log(50))
    assert found["log number of query over price"] == pytest.approx(math.log(20 / 50))


def test_what_is_not_there_is_unknown_or_none(reader: SurfaceReader) -> None:
    found = features(reader, "acme tent", "s1")
    assert math.isnan(found["log price"])
    assert math.isnan(found["log number of query over price"])
    assert found["query words anywhere"] == 0.0
    assert found["first match in title"] == 1.0
    empty = features(reader, "!", "s1")
    assert empty["query words"] == 0
    assert features(reader, "acme tent", "t1")["brand words in query"] == 1.0


def test_characters_overlap_where_words_do_not(reader: SurfaceReader) -> None:
    right, wrong = (features(reader, text, "s1") for text in ("stove", "stoove"))
    assert right["characters in title"] == 1.0  # " st", "sto", "tov", "ove", "ve "
    # " st", "sto", "too", "oov", "ove", "ve ": four of six
    assert wrong["characters in title"] == pytest.approx(4 / 6)
    assert wrong["query words in title"] == 0.0


def world(name: str, kinds: list[str], grade) -> tuple[JudgedSet, list[Product]]:
    """Every query against every product, graded by a function of the two texts."""
    titles = {f"{kind}-{at}": f"{kind} number {at} mark" for kind in kinds for at in range(3)}
    queries = {f"{kind}/{at}": f"{kind} {at}" for kind in kinds for at in range(7)}
    judged = JudgedSet(
        name=name,
        queries=queries,
        judgements=tuple(
            Judgement(q, id_, grade(text, title))
            for q, text in queries.items()
            for id_, title in titles.items()
        ),
        lowest_grade=1,
        relevant_from=3,
        headline="ndcg@10",
    )
    products = [Product.from_dict({"id": id_, "title": title}) for id_, title in titles.items()]
    return judged, products


KINDS = [f"kind{letter}" for letter in "abcdefghijklm"]


def test_a_probe_learns_what_lies_on_the_surface_and_nothing_else() -> None:
    """Grades that overlap decides are told; those that a secret decides are not."""

    def by_overlap(text: str, title: str) -> int:
        there = sum(word in title.split() for word in text.split())
        return (1, 3, 4)[there]

    def by_secret(text: str, title: str) -> int:
        return 1 + sum(map(ord, text + title)) % 4

    plain, products = world("plain", KINDS, by_overlap)
    secret, _ = world("secret", KINDS, by_secret)
    reader = SurfaceReader(products)
    (told,) = probe(plain, [], reader)
    (hidden,) = probe(secret, [], reader)
    assert told.f1["boosted"][0] == told.f1["boosted"][3] == pytest.approx(1.0)
    assert told.macro_f1["boosted"].mean == pytest.approx(0.75)  # no pair has grade 2
    assert hidden.macro_f1["boosted"].mean < 0.4
    assert told.macro_f1["majority"].mean < told.macro_f1["logistic"].mean
    for one in (told, hidden):
        assert one.pairs == one.queries * len(products)
        assert 30 < one.queries < 61  # about half of the 91
        for interval in one.macro_f1.values():
            assert interval.low <= interval.mean <= interval.high


def test_what_was_trained_on_is_not_reported() -> None:
    judged, products = world("plain", KINDS, lambda text, title: 1 + (text[:5] == title[:5]))
    own, again = probe(judged, [judged], SurfaceReader(products))
    assert "other half" in own.dataset
    assert own.queries == again.queries < len(judged.queries)
    assert own.macro_f1 == again.macro_f1
