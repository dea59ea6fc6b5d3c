"""TREC's and BEIR's files, in and out."""

from __future__ import annotations

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.measure import (
    BeirFolder,
    Document,
    read_beir,
    read_qrels,
    read_run,
    write_beir,
    write_qrels,
    write_run,
)
from shopkeeper.records import InvalidRecord, Judgement, NotFound, Ranking

JUDGEMENTS = [Judgement("q1", "p-1", 3), Judgement("q1", "p-2", 0), Judgement("q2", "帐篷", 2)]
RANKINGS = [
    Ranking("q1", ("p-2", "p-1"), (0.1 + 0.2, 1e-17)),
    Ranking("q2", ("帐篷",), (-3.0,)),
]


def test_a_run_by_hand_is_read_by_score_whatever_its_rank_says(tmp_path) -> None:
    path = tmp_path / "run.txt"
    path.write_text("q1 Q0 p-1 1 0.5 us\nq1\tQ0\tp-2\t2\t0.75\tus\n\nq1 Q0 p-3 3 0.5 us\n")
    # by score, the tie by id descending
    assert read_run(path) == [Ranking("q1", ("p-2", "p-3", "p-1"), (0.75, 0.5, 0.5))]


def test_runs_and_qrels_come_back_as_they_went(tmp_path) -> None:
    write_run(tmp_path / "run", RANKINGS)
    write_qrels(tmp_path / "qrels", JUDGEMENTS)
    assert read_run(tmp_path / "run") == RANKINGS
    assert read_qrels(tmp_path / "qrels") == JUDGEMENTS


@given(scores=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=7, unique=True))
def test_scores_keep_all_their_digits(tmp_path_factory, scores) -> None:
    path = tmp_path_factory.mktemp("runs") / "run"
    falling = tuple(sorted(scores, reverse=True))
    ranking = Ranking("q", tuple(f"p{i}" for i in range(len(falling))), falling)
    write_run(path, [ranking])
    assert sorted(read_run(path)[0].scores) == sorted(falling)


def test_ir_measures_reads_what_we_write(tmp_path) -> None:
    write_run(tmp_path / "run", RANKINGS)
    write_qrels(tmp_path / "qrels", JUDGEMENTS)
    run = list(ir_measures.read_trec_run(str(tmp_path / "run")))
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "qrels")))
    assert [(r.query_id, r.doc_id, r.score) for r in run] == [
        (ranking.query_id, product_id, score)
        for ranking in RANKINGS
        for product_id, score in zip(ranking.product_ids, ranking.scores, strict=True)
    ]
    assert [(q.query_id, q.doc_id, q.relevance) for q in qrels] == [
        (j.query_id, j.product_id, j.grade) for j in JUDGEMENTS
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q1 Q0 p-1 1 0.5 us\nq1 Q0 p-1 2 0.4 us\n", r"run:2: p-1 is ranked twice"),
        ("q1 Q0 p-1 1 high us\n", r"run:1: score 'high'; expected a number"),
        ("q1 Q0 p-1 1 0.5\n", r"run:1: 5 columns; expected 6"),
    ],
)
def test_a_bad_run_names_its_row(tmp_path, text: str, message: str) -> None:
    (tmp_path / "run").write_text(text)
    with pytest.raises(InvalidRecord, match=message):
        read_run(tmp_path / "run")


def test_what_a_file_cannot_hold_is_refused(tmp_path) -> None:
    with pytest.raises(InvalidRecord, match=r"grade 2\.33 of p.*whole number"):
        write_qrels(tmp_path / "qrels", [Judgement("q", "p", 2.33)])
    with pytest.raises(InvalidRecord, match="'two words' is no single word"):
        write_run(tmp_path / "run", [Ranking("two words", ("p",), (1.0,))])
    with pytest.raises(NotFound, match="no such file"):
        read_qrels(tmp_path / "nothing")


COLLECTION = BeirFolder(
    documents=(Document("p-1", "Tent", 'two\n"persons"'), Document("p 2", "", "帐篷")),
    queries={"q1": "tent", "q2": "帐篷 2 人"},
    judgements={"test": (Judgement("q1", "p-1", 2), Judgement("q2", "p 2", 1)), "dev": ()},
)


def test_a_beir_folder_comes_back_as_it_went(tmp_path) -> None:
    write_beir(tmp_path / "new" / "folder", COLLECTION)
    assert read_beir(tmp_path / "new" / "folder") == COLLECTION


def test_a_beir_folder_by_hand(tmp_path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text(
        '{"_id": "d1", "title": "Tent", "text": "for two", "metadata": {"url": "…"}}\n'
        '{"_id": "d2", "text": "a stove"}\n'
    )
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "camping", "metadata": {}}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\td1\t1\n")
    read = read_beir(tmp_path)
    assert read.documents == (Document("d1", "Tent", "for two"), Document("d2", "", "a stove"))
    assert read.queries == {"q": "camping"}
    assert read.judgements == {"test": (Judgement("q", "d1", 1.0),)}


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("corpus.jsonl", '{"_id": "p"}\n', r"corpus\.jsonl:1: text is None"),
        ("corpus.jsonl", "{\n", r"corpus\.jsonl:1: no JSON"),
        ("queries.jsonl", '["q"]\n', r"queries\.jsonl:1: .*expected a JSON object"),
        ("qrels/test.tsv", "q\tp\n", r"test\.tsv:1: 2 columns"),
        ("qrels/test.tsv", "q\tp\tgood\n", r"test\.tsv:1: score 'good'"),
    ],
)
def test_a_bad_beir_folder_names_the_place(tmp_path, file: str, text: str, message: str) -> None:
    write_beir(tmp_path, COLLECTION)
    (tmp_path / file).write_text(text)
    with pytest.raises(InvalidRecord, match=message):
        read_beir(tmp_path)


def test_a_missing_beir_file_is_named(tmp_path) -> None:
    with pytest.raises(NotFound, match="qrels"):
        read_beir(tmp_path)
    write_beir(tmp_path, COLLECTION)
    (tmp_path / "queries.jsonl").unlink()
    with pytest.raises(NotFound, match=r"queries\.jsonl"):
        read_beir(tmp_path)
