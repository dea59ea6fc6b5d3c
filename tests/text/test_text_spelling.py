"""Which word was meant?"""

import random
import statistics
import time
from string import ascii_lowercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from shopkeeper.records import InvalidRequest
from shopkeeper.text import Speller, SpellingConfig
from shopkeeper.text.spelling import sound

COUNTS = {
    "jacket": 900,
    "jackets": 200,
    "racket": 80,
    "faucet": 700,
    "outdoor": 1500,
    "tier": 120,
    "tear": 4,
    "vacuum": 300,
    "vaccum": 1,
    "shelving": 200,
    "conditioner": 300,
    "air": 900,
    "car": 400,
    "pet": 300,
    "carpet": 500,
    "rigid": 90,
    "ridgid": 250,
    "m8x30": 50,
}
SPELLER = Speller.build(COUNTS, {("air", "conditioner"): 60, ("car", "pet"): 5})


@pytest.mark.parametrize(
    ("typed", "meant", "distance"),
    [
        ("jakett", "jacket", 2),
        ("jaket", "jacket", 1),
        ("acket", "jacket", 1),
        ("ajcket", "jacket", 1),
        ("fauect", "faucet", 1),
        ("ourdoor", "outdoor", 1),
        ("teir", "tier", 1),
        ("vaccum", "vacuum", 1),
        ("shelveing", "shelving", 1),
        ("airconditioner", "air conditioner", 1),
        ("airconditoner", "air conditioner", 2),
    ],
)
def test_the_likeliest_word_comes_first(typed: str, meant: str, distance: int) -> None:
    best = SPELLER.suggest(typed)[0]
    assert (best.word, best.distance) == (meant, distance)
    assert best.confidence > 0.5


@pytest.mark.parametrize(
    "word", ["jacket", "ridgid", "carpet", "m8x31", "10mm", "rug", "小米手机", ""]
)
def test_what_is_known_short_or_a_code_is_not_doubted(word: str) -> None:
    assert SPELLER.suggest(word) == []


def test_a_wrong_first_letter_is_less_sure() -> None:
    inner, first = SPELLER.suggest("jacjet")[0], SPELLER.suggest("hacket")[0]
    assert inner.word == "jacket"
    assert inner.confidence > first.confidence


def test_the_typed_word_keeps_its_share_of_belief() -> None:
    unseen = Speller.build({"vacuum": 300}).suggest("vaccum")[0]
    seen = Speller.build({"vacuum": 300, "vaccum": 12}).suggest("vaccum")[0]
    assert unseen.confidence > seen.confidence > 0


def test_split_says_what_is_written_apart() -> None:
    assert SPELLER.split("airconditioner") == "air conditioner"
    assert SPELLER.split("carpet") == "car pet"
    assert SPELLER.split("jacket") is None


@given(st.from_regex("[a-z]{4,9}", fullmatch=True), st.data())
@settings(max_examples=60)
def test_one_edit_after_the_first_letter_finds_what_a_full_scan_finds(
    word: str, data: st.DataObject
) -> None:
    vocabulary = data.draw(
        st.lists(st.from_regex(f"{word[0]}[a-z]{{3,9}}", fullmatch=True), min_size=1, max_size=30)
    )
    near = {w for w in vocabulary if w != word and OSA.distance(w, word) == 1}
    counts = {w: 5 for w in vocabulary if w != word} or {"zzzz": 5}
    found = {item.word for item in Speller.build(counts).suggest(word) if item.distance == 1}
    assert found == set(sorted(near)[:12]) or len(near) > 12


@given(st.from_regex("[a-z]{1,14}", fullmatch=True))
def test_confidences_are_a_share_of_one(word: str) -> None:
    found = SPELLER.suggest(word)
    assert sum(item.confidence for item in found) < 1
    assert [i.confidence for i in found] == sorted((i.confidence for i in found), reverse=True)


def test_sounds() -> None:
    assert sound("jakett") == sound("jacket")
    assert sound("ceiling") == sound("celing")
    assert sound("kichen") == sound("kitchen")
    assert sound("jacket") != sound("basket")


def test_a_config_is_checked() -> None:
    with pytest.raises(InvalidRequest, match="known_count"):
        SpellingConfig(known_count=0)


@pytest.mark.slow
def test_a_suggestion_takes_under_two_milliseconds_at_fifty_thousand_words() -> None:
    rng = random.Random(7)
    words = {"".join(rng.choices(ascii_lowercase, k=rng.randint(4, 11))): 3 for _ in range(55_000)}
    assert len(words) > 50_000
    speller = Speller.build(words)
    times = []
    for word in list(words)[:400]:
        typed = word[:2] + word[3] + word[2] + word[4:]
        start = time.thread_time()
        speller.suggest(typed)
        times.append(time.thread_time() - start)
    assert statistics.median(times) < 0.002
