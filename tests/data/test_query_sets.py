"""Query sets in miniature and by hand, in the shape of the real files."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from shopkeeper.data.query_sets import (
    QUERY_SETS,
    CorrectedQuery,
    load_brands,
    load_corrections,
    load_queries,
    read_queries,
)
from shopkeeper.records import InvalidRecord, InvalidRequest, NotFound

FILES = {
    "homedepot-relevance/judgements.csv.gz": "id,product_uid,product_title,search_term,relevance\n"
    "2,100,A,angle bracket,2.5\n3,101,B,angle bracket,1\n5,102,C,2x4 lumber,3\n",
    "wands-queries/query.csv": "query_id,query,query_class\n0,salon chair,Chairs\n"
    '4,"sofa, grey",\n9, salon chair ,Sofas\n',
    "taobao-queries/queries.tsv.gz": "1\t帐篷\n2\tled灯 12v\n7\t帐篷\n",
    "homedepot-query-corrections/corrections.csv.gz": "query,corrected_query\n"
    "gas mowe,gas mower\n6 teir shelf,6 tier shelf\n",
    "homedepot-query-corrections/brand_statistics.csv.gz": ",cnt_attribute,cnt_query,name,nwords\n"
    "0,12,3,acme,1\n1,7,0,blue otter,2\n",
}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        write(tmp_path / name, text)
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def test_each_set_gives_its_distinct_texts_in_the_order_of_the_file(data_dir) -> None:
    read = {name: load_queries(name, data_dir) for name in ("homedepot", "wands", "taobao")}
    assert {name: found.texts for name, found in read.items()} == {
        "homedepot": ("angle bracket", "2x4 lumber"),
        "wands": ("salon chair", "sofa, grey"),
        "taobao": ("帐篷", "led灯 12v"),
    }
    assert [found.locale for found in read.values()] == ["en", "en", "zh"]


def test_corrections_and_brands(data_dir) -> None:
    assert load_corrections(data_dir) == (
        CorrectedQuery("gas mowe", "gas mower"),
        CorrectedQuery("6 teir shelf", "6 tier shelf"),
    )
    assert load_brands(data_dir) == ("acme", "blue otter")


def test_any_table_will_do(tmp_path) -> None:
    table = write(tmp_path / "log.tsv", "when\tasked\n1\ttent\n2\tTent\n3\ttent\n")
    assert read_queries(table, "asked") == ("tent", "Tent")


def test_what_is_missing_is_named(tmp_path) -> None:
    with pytest.raises(InvalidRequest, match="'bing'; expected homedepot or"):
        load_queries("bing", tmp_path)
    for name in QUERY_SETS:
        with pytest.raises(NotFound, match=name):
            load_queries(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("queries.csv", "id,text\n1,tent\n", r"csv:1: no column query; expected query"),
        ("queries.csv", "id,query\n1,tent\n2,\n", r"csv:3: no query"),
        ("queries.csv", "id,query\n1,tent\n2\n", r"csv:3: cells: 1, columns in the header: 2"),
        ("queries.csv", "id,query\n", "no row; expected query"),
        ("queries.csv", "", "empty"),
    ],
)
def test_a_broken_row_is_an_error_with_its_place(tmp_path, name, text, message) -> None:
    with pytest.raises(InvalidRecord, match=message):
        read_queries(write(tmp_path / name, text), "query")


def test_bytes_that_would_need_a_repair_are_an_error(tmp_path) -> None:
    path = tmp_path / "queries.csv"
    path.write_bytes("query\ncrème brûlée\n".encode("latin-1"))
    with pytest.raises(InvalidRecord, match="needs a repair: encoding"):
        read_queries(path, "query")
    path.write_bytes(gzip.compress(b"query\n" + b"tent\n" * 1_000)[:-9])
    with pytest.raises(InvalidRecord, match="breaks off"):
        read_queries(path, "query")


def test_a_numbered_line_without_its_query_is_an_error(data_dir) -> None:
    write(data_dir / "taobao-queries/queries.tsv.gz", "1\t帐篷\n2 椅子\n")
    with pytest.raises(InvalidRecord, match=r"gz:2: '2 椅子'; expected a number, a tab"):
        load_queries("taobao", data_dir)
