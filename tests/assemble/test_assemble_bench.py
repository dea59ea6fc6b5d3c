"""The bench asks the search that is served: its hybrid arm is the retriever's own order."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from contracts.real_stages import tiny_encoder
from shopkeeper.assemble.analysis import analyse
from shopkeeper.assemble.encoding import known_vectors
from shopkeeper.assemble.relevance_bench import JudgedShop, shipped
from shopkeeper.experiment import fused_arm, pool
from shopkeeper.index.generation import build_segment, open_segment
from shopkeeper.index.live import LiveIndex
from shopkeeper.index.retrieval import RetrievalConfig
from shopkeeper.records import Deadline, Product, Query, RetrieveRequest
from shopkeeper.stages.retrieve import HybridRetriever
from shopkeeper.stages.understand import CatalogueUnderstanding, Lexicon, starter_synonyms
from shopkeeper.store import Vectors
from shopkeeper.text import analyser

CATALOGUE = Path(__file__).parent.parent / "regression" / "catalogue.jsonl"
QUERIES = ("tent", "waterproof jacket", "500 ml bottle", "phone case under 20", "羽绒服", "jakett")


@pytest.fixture(scope="module")
def products() -> list[Product]:
    return [Product.from_dict(orjson.loads(line)) for line in CATALOGUE.open("rb")]


@pytest.mark.parametrize("with_meaning", [False, True])
def test_the_hybrid_arm_is_the_served_order(
    products: list[Product], tmp_path: Path, with_meaning: bool
) -> None:
    encoder = tiny_encoder() if with_meaning else None
    vectors = Vectors(tmp_path / "v", encoder.fingerprint, encoder.dimension) if encoder else None
    bench = JudgedShop(products, tmp_path / "bench", lambda done, total: None)
    if encoder and vectors:
        bench.encode(encoder, vectors)

    build_segment(tmp_path, products, analyse, "en")
    index = LiveIndex(
        open_segment(tmp_path),
        "g1",
        0,
        analyse=analyse,
        locale="en",
        currency="USD",
        dense_of=lambda segment: known_vectors(segment, vectors) if vectors else None,
    )
    words = analyser("en")
    understanding = CatalogueUnderstanding(
        Lexicon.build(products, words), words, starter_synonyms(words)
    )
    encode = encoder.queries if encoder else None
    retriever = HybridRetriever(lambda: index.snapshot, analyse, encode, RetrievalConfig())

    found = 0
    for text in QUERIES:
        pools = {
            text: pool(
                bench.ids, bench.legs(text, [shipped().words])[shipped().words], (), positions={}
            )
        }
        arm = fused_arm(pools, shipped().fuse)(text, ())
        reading = understanding.understand(Query(text), Deadline.after(60_000))
        served = retriever.retrieve(RetrieveRequest(reading), Deadline.after(60_000))
        assert list(arm.ranking) == [candidate.product_id for candidate in served.head]
        found += len(served.head)
    assert found > 20
