"""The three judged sets, in miniature and by hand; the real files are not needed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from shopkeeper.data.judged import JUDGED_NAMES, load_judged, query_id
from shopkeeper.records import InvalidRecord, InvalidRequest, Judgement, NotFound

FILES = {
    "icecat": (
        "icecat-relevance/judgements.csv",
        'query,docid,rating\ntent,11,3\n"tent, small",12,0\ntent,13,1\n',
    ),
    "crowdflower": (
        "crowdflower-relevance/judgements.csv.gz",
        "id,query,product_id,median_relevance,relevance_variance\n"
        "1,tent,ab,4,0\n2,tent,cd,1,0.5\n5,tent,ab,3,0\n",
    ),
    "homedepot": (
        "homedepot-relevance/judgements.csv.gz",
        "id,product_uid,product_title,search_term,relevance\n"
        '2,100,"Angle, 12""",angle bracket,2.67\n3,101,Drill,angle bracket,1.0\n',
    ),
}


def _write(folder: Path, name: str, text: str | None = None) -> Path:
    file, written = FILES[name]
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    content = (text if text is not None else written).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def test_rows_become_judgements_in_the_sets_own_labels(tmp_path) -> None:
    _write(tmp_path, "icecat")
    judged = load_judged("icecat", tmp_path)
    tent, small = query_id("tent"), query_id("tent, small")
    assert judged.queries == {tent: "tent", small: "tent, small"}
    assert judged.judgements == (
        Judgement(tent, "11", 3.0),
        Judgement(small, "12", 0.0),
        Judgement(tent, "13", 1.0),
    )
    assert judged.grades() == {tent: {"11": 3.0, "13": 1.0}, small: {"12": 0.0}}


@pytest.mark.parametrize(
    # gain 2^g − 1: g = rating; median − 1; relevance − 1
    ("name", "gains", "relevant_from"),
    [
        ("icecat", {0: 0, 1: 1, 2: 3, 3: 7}, 2),
        ("crowdflower", {1: 0, 2: 1, 3: 3, 4: 7}, 4),
        ("homedepot", {1.0: 0, 2.0: 1, 2.67: 2**1.67 - 1, 3.0: 3}, 2.67),
    ],
)
def test_conventions_of_each_set(tmp_path, name: str, gains: dict, relevant_from: float) -> None:
    _write(tmp_path, name)
    judged = load_judged(name, tmp_path)
    assert {grade: judged.gain(grade) for grade in gains} == pytest.approx(gains)
    assert judged.relevant_from == relevant_from
    assert judged.name == name


def test_a_relevance_as_written_reaches_its_own_threshold(tmp_path) -> None:
    _write(tmp_path, "homedepot")
    judged = load_judged("homedepot", tmp_path)
    grades = judged.grades()[query_id("angle bracket")]
    assert [grade >= judged.relevant_from for grade in grades.values()] == [True, False]


def test_a_pair_judged_twice_keeps_both_rows_and_has_the_mean_grade(tmp_path) -> None:
    _write(tmp_path, "crowdflower")
    judged = load_judged("crowdflower", tmp_path)
    assert [j.grade for j in judged.judgements if j.product_id == "ab"] == [4.0, 3.0]
    assert judged.grades()[query_id("tent")] == {"ab": 3.5, "cd": 1.0}


def test_query_ids_are_those_of_the_text_alone() -> None:
    # printf %s tent | sha256sum
    assert query_id("tent") == "2a9810cb71316c9a"
    assert query_id("tent") != query_id("Tent")


def test_what_is_missing_is_named(tmp_path) -> None:
    with pytest.raises(InvalidRequest, match="'wands'; expected icecat or crowdflower or homedep"):
        load_judged("wands", tmp_path)
    for name in JUDGED_NAMES:
        with pytest.raises(NotFound, match=f"{name}-relevance/judgements.csv.*--data"):
            load_judged(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("icecat", "query,docid,score\n", r"csv:1: no column rating; expected query, docid"),
        ("icecat", "", r"csv:1: no column query, docid, rating"),
        ("icecat", "query,docid,rating\ntent,1,good\n", r"csv:2: rating 'good'; expected 0 … 3"),
        ("icecat", "query,docid,rating\ntent,1,4\n", r"csv:2: rating '4'; expected 0 … 3"),
        ("icecat", "query,docid,rating\ntent,1,nan\n", r"csv:2: rating 'nan'"),
        ("icecat", "query,docid,rating\ntent\n", r"csv:2: a row without query or product"),
        (
            "homedepot",
            "id,product_uid,product_title,search_term,relevance\n1,2,x,tent,0.5\n",
            r"gz:2: relevance '0.5'; expected 1 … 3",
        ),
    ],
)
def test_a_bad_row_names_its_place(tmp_path, name: str, text: str, message: str) -> None:
    _write(tmp_path, name, text)
    with pytest.raises(InvalidRecord, match=message):
        load_judged(name, tmp_path)


def test_broken_bytes_are_an_error_not_a_shorter_set(tmp_path) -> None:
    path = _write(tmp_path, "crowdflower")
    whole = path.read_bytes()
    for broken in (whole[:-20], b"id,query\n", gzip.compress(b"id,query,\xff\xfe")):
        path.write_bytes(broken)
        with pytest.raises(InvalidRecord, match=r"judgements\.csv\.gz: unreadable"):
            load_judged("crowdflower", tmp_path)
