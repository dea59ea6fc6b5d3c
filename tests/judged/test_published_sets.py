"""ESCI and WANDS in their published layouts, in miniature and by hand; measured to the end."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopkeeper.cli import main
from shopkeeper.cli.terminal import console
from shopkeeper.data import query_id
from shopkeeper.data.esci_judged import EXAMPLES, PRODUCTS, EsciPart, load_esci
from shopkeeper.data.wands_judged import load_wands
from shopkeeper.experiment import measure_arm, ranker_arm, yardstick
from shopkeeper.records import InvalidRecord, InvalidRequest, NotFound

# query, product, locale, label, small, large, split
EXAMPLE_ROWS = [
    ("red tent", "T1", "us", "E", 1, 1, "test"),
    ("red tent", "T2", "us", "S", 1, 1, "test"),
    ("red tent", "P1", "us", "C", 1, 1, "test"),
    ("red tent", "M1", "us", "I", 1, 1, "test"),
    ("mug", "M1", "us", "E", 1, 1, "test"),
    ("mug", "M2", "us", "S", 1, 1, "test"),
    ("tent pegs", "P1", "us", "E", 1, 1, "train"),
    ("tent pegs", "T9", "us", "C", 1, 1, "train"),
    ("easy", "X1", "us", "E", 0, 1, "test"),
    ("taza", "M1", "es", "E", 1, 1, "test"),
    ("taza", "T1", "es", "I", 1, 1, "test"),
]
PRODUCT_ROWS = [
    ("T1", "red tent for two", "us"),
    ("T2", "blue tent", "us"),
    ("T9", "large tent", "us"),
    ("P1", "tent pegs of steel", "us"),
    ("M1", "enamel mug", "us"),
    ("M2", "glass mug", "us"),
    ("X1", "easy chair", "us"),
    ("Z1", "judged nowhere", "us"),
    ("M1", "taza de esmalte", "es"),
    ("T1", "tienda roja", "es"),
]
LABELS = (
    "id\tquery_id\tproduct_id\tlabel\n"
    "0\t7\t1\tExact\n1\t7\t2\tPartial\n2\t7\t3\tIrrelevant\n3\t8\t3\tExact\n4\t8\t1\tIrrelevant\n"
)


@pytest.fixture
def esci(tmp_path: Path) -> Path:
    """The files as a clone of the publishers' repository has them."""
    folder = tmp_path / "esci-data" / "shopping_queries_dataset"
    folder.mkdir(parents=True)
    names = (
        *("query", "product_id", "product_locale", "esci_label"),
        *("small_version", "large_version", "split"),
    )
    examples = [
        {"example_id": at, "query_id": at // 4, **dict(zip(names, row, strict=True))}
        for at, row in enumerate(EXAMPLE_ROWS)
    ]
    pq.write_table(pa.Table.from_pylist(examples), folder / EXAMPLES)
    blank = dict.fromkeys(
        ("product_description", "product_bullet_point", "product_brand", "product_color")
    )
    columns = ("product_id", "product_title", "product_locale")
    products = [{**dict(zip(columns, row, strict=True)), **blank} for row in PRODUCT_ROWS]
    pq.write_table(pa.Table.from_pylist(products), folder / PRODUCTS)
    return folder.parent


@pytest.fixture
def wands(tmp_path: Path) -> Path:
    folder = tmp_path / "WANDS" / "dataset"
    folder.mkdir(parents=True)
    (folder / "query.csv").write_text(
        "query_id\tquery\tquery_class\n7\toak bed\tBeds\n8\tround rug\t\n9\tnot judged\tX\n"
    )
    (folder / "label.csv").write_text(LABELS)
    (folder / "product.csv").write_text(
        "product_id\tproduct_name\tproduct_class\tcategory hierarchy\tproduct_description\t"
        "product_features\trating_count\taverage_rating\treview_count\n"
        "1\toak bed\tBeds\tFurniture / Beds\t\twood:oak\t3.0\t4.5\t2.0\n"
        "2\tpine bed\tBeds\tFurniture / Beds\t\twood:pine\t\t\t\n"
        "3\tround rug\tRugs\tDecor / Rugs\t\t\t\t\t\n"
    )
    return folder.parent


def test_the_official_split_is_kept_apart(esci: Path) -> None:
    judged, products = load_esci(esci, EsciPart())
    assert judged.name == "esci-us-small-test"
    assert list(judged.queries.values()) == ["red tent", "mug"]
    assert judged.grades()[query_id("red tent")] == {"T1": 3, "T2": 2, "P1": 1, "M1": 0}
    # whatever the version judges, in either split: not X1, which only the large one has, nor Z1
    assert [product.id for product in products] == ["T1", "T2", "T9", "P1", "M1", "M2"]
    train, _ = load_esci(esci, EsciPart(split="train"))
    assert list(train.queries.values()) == ["tent pegs"]
    large, products = load_esci(esci, EsciPart(version="large"))
    assert list(large.queries.values()) == ["red tent", "mug", "easy"]
    assert "X1" in {product.id for product in products}


def test_a_locale_has_its_own_texts(esci: Path) -> None:
    judged, products = load_esci(esci, EsciPart(locale="es"))
    assert list(judged.queries.values()) == ["taza"]
    assert {p.id: dict(p.title) for p in products} == {
        "M1": {"es": "taza de esmalte"},
        "T1": {"es": "tienda roja"},
    }
    with pytest.raises(InvalidRecord, match="no judgement of jp-small-test"):
        load_esci(esci, EsciPart(locale="jp"))
    with pytest.raises(InvalidRequest, match="'fr'; expected us or es or jp"):
        EsciPart(locale="fr")  # type: ignore[arg-type]


def test_the_conventions_stand_side_by_side(esci: Path) -> None:
    """The substitute first: the gains of E, S, C are 1, 0.1, 0.01; 1, 0.01, 0.1; 3, 2, 1."""
    yard = yardstick(load_esci(esci, EsciPart())[0])
    order = ["T2", "T1", "P1", "M1"]
    columns = measure_arm(yard, ranker_arm(lambda text: order, order=None))
    tent = {metric: values[0] for metric, values in columns.items()}
    half, third = 1 / math.log2(3), 1 / 2
    paper = (0.1 + half + 0.01 * third) / (1 + 0.1 * half + 0.01 * third)
    script = (0.01 + half + 0.1 * third) / (1 + 0.1 * half + 0.01 * third)
    levels = (2 + 3 * half + third) / (3 + 2 * half + third)
    assert tent["ndcg@10"] == tent["ndcg@10 paper"] == pytest.approx(paper)
    assert tent["ndcg@10 official_script"] == pytest.approx(script)
    assert tent["ndcg@10 levels"] == tent["ndcg_judged levels"] == pytest.approx(levels)
    assert tent["mrr"] == 0.5  # only Exact is relevant


def test_wands(wands: Path) -> None:
    judged, products = load_wands(wands)
    assert list(judged.queries.values()) == ["oak bed", "round rug"]
    assert judged.grades()[query_id("oak bed")] == {"1": 2, "2": 1, "3": 0}
    assert [judged.gain(grade) for grade in (2, 1, 0, 1.5)] == [1.0, 0.5, 0.0, 0.75]
    assert judged.gain(1, "exponential") == 1
    assert [product.title["en"] for product in products] == ["oak bed", "pine bed", "round rug"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS.replace("Partial", "Perhaps"), r"label.csv:3: label 'Perhaps'; expected Exact"),
        (LABELS.replace("\t8\t3", "\t80\t3"), r"label.csv:5: query_id '80'; expected one of query"),
        (LABELS + "5\t8\t1\n", r"label.csv: needs a repair: padded"),
        (LABELS.replace("product_id", "product"), "no column product_id"),
    ],
)
def test_a_broken_label_names_its_place(wands: Path, labels: str, message: str) -> None:
    (wands / "dataset" / "label.csv").write_text(labels)
    with pytest.raises(InvalidRecord, match=message):
        load_wands(wands)


def test_what_is_missing_or_no_parquet_says_what_to_do(esci: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=f"{EXAMPLES}.*--data"):
        load_esci(tmp_path / "nowhere", EsciPart())
    with pytest.raises(NotFound, match=r"query\.csv, label\.csv and product\.csv"):
        load_wands(tmp_path / "nowhere")
    examples = esci / "shopping_queries_dataset" / EXAMPLES
    table = pq.read_table(examples)
    pq.write_table(table.drop_columns("split"), examples)
    with pytest.raises(InvalidRecord, match="no column split"):
        load_esci(esci, EsciPart())
    labels = pa.array(["exact"] * len(table))
    pq.write_table(table.set_column(5, "esci_label", labels), examples)
    with pytest.raises(InvalidRecord, match=r"esci_label 'exact'.*expected E, S, C or I"):
        load_esci(esci, EsciPart())
    examples.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(InvalidRecord, match="git lfs pull"):
        load_esci(esci, EsciPart())


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    words = ["shopkeeper", "bench", "relevance", *map(str, arguments)]
    monkeypatch.setattr(console, "width", 250)
    monkeypatch.setattr(sys, "argv", [*words, "--encoder", "none", "--json"])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize(
    ("name", "dataset", "columns"),
    [
        (
            "esci",
            "esci-us-small-test",
            {"ndcg@10 paper", "ndcg@10 official_script", "ndcg@10 levels", "ndcg_judged paper"},
        ),
        ("wands", "wands", {"ndcg@10 linear", "ndcg@10 exponential", "ndcg_judged linear"}),
    ],
)
def test_the_bench_measures_them(
    name: str,
    dataset: str,
    columns: set[str],
    esci: Path,
    wands: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = {"esci": esci, "wands": wands}[name]
    assert command(monkeypatch, name, "--data", folder) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert (report["dataset"], report["queries"], report["absent_products"]) == (dataset, 2, 0)
    assert columns <= set(report["arms"]["lexical"])
    means = {arm: row["ndcg@10_judged"]["mean"] for arm, row in report["arms"].items()}
    assert means["lexical"] == 1.0 > means["random"], means
    assert all(column in err for column in columns)


def test_nothing_is_chosen_on_the_official_test_part(
    esci: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "esci", "--data", esci, "--crossfit") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "official test part" in err
    assert "--split train" in err
    assert command(monkeypatch, "esci", "--data", esci, "--crossfit", "--split", "train") == 0
    assert json.loads(capsys.readouterr().out)["dataset"] == "esci-us-small-train"
