"""The shop's own implementers over the eleven products, each with what it needs on a real disk."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import numpy as np
import pytest

from contracts.small_shop import GOODS
from servers.postgres import Postgres
from shopkeeper.assemble.analysis import analyse
from shopkeeper.assemble.catalogue import LiveCatalogue
from shopkeeper.index.dense import DenseConfig, DenseIndex
from shopkeeper.index.documents import encoder_text
from shopkeeper.index.fusion import WeightedSum
from shopkeeper.index.generation import build_segment, open_segment
from shopkeeper.index.live import DenseOf, LiveIndex
from shopkeeper.index.retrieval import RetrievalConfig
from shopkeeper.index.snapshot import Segment
from shopkeeper.records import Product, parse_clause
from shopkeeper.records.ports import Encode
from shopkeeper.stages.guard import GuardRules, HideRule, StaticGuard, default_rules, is_personal
from shopkeeper.stages.merchandise import Filter, Merchandiser, Pin, Redirect, Rule, Weigh, When
from shopkeeper.stages.retrieve import (
    EncoderConfig,
    HybridReranker,
    HybridRetriever,
    open_encoder,
)
from shopkeeper.stages.retrieve.encoder import Encoder
from shopkeeper.stages.suggest import CatalogueSuggester, SuggestionIndex
from shopkeeper.stages.understand import CatalogueUnderstanding, Lexicon, starter_synonyms
from shopkeeper.store import Change
from shopkeeper.store.postgres import PostgresProducts
from shopkeeper.store.sqlite import SqliteProducts
from shopkeeper.text import analyser

EN = analyser("en")
_HOME = TemporaryDirectory(prefix="contracts-")


def _folder() -> Path:
    return Path(mkdtemp(dir=_HOME.name))


def no_vectors(segment: Segment) -> None:
    """Words alone."""


def live_index(goods: tuple[Product, ...], dense_of: DenseOf = no_vectors) -> LiveIndex:
    folder = _folder()
    build_segment(folder, goods, analyse, "en")
    return LiveIndex(
        open_segment(folder),
        "g1",
        len(goods),
        analyse=analyse,
        locale="en",
        currency="USD",
        dense_of=dense_of,
    )


def understanding() -> CatalogueUnderstanding:
    return CatalogueUnderstanding(Lexicon.build(GOODS, EN), EN, starter_synonyms(EN))


def retriever(encode: Encode | None = None, dense_of: DenseOf = no_vectors) -> HybridRetriever:
    """Over a live index, some products of which were written after its base was built."""
    index = live_index(GOODS[:7], dense_of)
    index.apply([Change(n, good.id, good) for n, good in enumerate(GOODS[7:], start=8)])
    return HybridRetriever(lambda: index.snapshot, analyse, encode, RetrievalConfig())


def retriever_with_vectors() -> HybridRetriever:
    encoder = tiny_encoder()

    def dense_of(segment: Segment) -> DenseIndex:
        texts = [by_id[product_id].title["en"] for product_id in segment.columns.ids]
        vectors = encoder.products.encode(texts)
        return DenseIndex.build(vectors, np.arange(len(vectors)), DenseConfig())

    by_id = {good.id: good for good in GOODS}
    return retriever(encoder.queries, dense_of)


def reranker(encoder: Encoder | None = None, dense_of: DenseOf = no_vectors) -> HybridReranker:
    """Over a live index, some products of which were written after its base was built."""
    index = live_index(GOODS[:7], dense_of)
    index.apply([Change(n, good.id, good) for n, good in enumerate(GOODS[7:], start=8)])
    config = RetrievalConfig()
    return HybridReranker(
        lambda: index.snapshot, analyse, encoder, "en", config.match, WeightedSum()
    )


def reranker_with_vectors() -> HybridReranker:
    encoder = tiny_encoder()

    def dense_of(segment: Segment) -> DenseIndex:
        texts = [encoder_text(by_id[product_id], "en") for product_id in segment.columns.ids]
        vectors = encoder.products.encode(texts)
        return DenseIndex.build(vectors, np.arange(len(vectors)), DenseConfig())

    by_id = {good.id: good for good in GOODS}
    return reranker(encoder, dense_of)


def guard() -> StaticGuard:
    hidden = HideRule("no knives", products=frozenset(("p1",)), brands=frozenset(("Zed",)))
    return StaticGuard(GuardRules(default_rules().deny, (hidden,)), EN)


def merchandiser() -> Merchandiser:
    tents = When(("tent",))
    return Merchandiser(
        [
            Rule("top", Pin(("p2", "p1")), tents),
            Rule("up", Weigh(parse_clause("brand:Acme"), 0.5), tents),
            Rule("only", Filter(parse_clause("brand:Acme")), When(("mug",))),
            Rule("away", Redirect("/tents"), When(("帐篷",), "is")),
        ],
        EN,
    )


def suggester() -> CatalogueSuggester:
    index = SuggestionIndex.build(GOODS, EN, is_personal=is_personal)
    return CatalogueSuggester(index, EN, is_personal)


def catalogue() -> LiveCatalogue:
    index = live_index(())
    return LiveCatalogue(SqliteProducts(_folder() / "products.db"), lambda: index, "USD")


def catalogue_on(postgres: Postgres, shop_id: str) -> LiveCatalogue:
    index = live_index(())
    return LiveCatalogue(PostgresProducts(postgres.address, shop_id), lambda: index, "USD")


def products() -> SqliteProducts:
    store = SqliteProducts(_folder() / "products.db")
    store.ingest(GOODS, "replace")
    return store


def products_on(postgres: Postgres, shop_id: str) -> PostgresProducts:
    store = PostgresProducts(postgres.address, shop_id)
    store.ingest(GOODS, "replace")
    return store


@cache
def tiny_home() -> Path:
    """A BERT of one layer as `checkpoint`, and its exported graph in `encoders`.

    Skips where the libraries that make one are not installed.
    """
    pytest.importorskip("onnxruntime", reason="the encoder extra is not installed")
    test_encoder = pytest.importorskip("retrieve.test_encoder")
    from shopkeeper.stages.retrieve.checkpoint import read_checkpoint
    from shopkeeper.stages.retrieve.export import export_graph

    home = _folder()
    test_encoder.make_checkpoint(home / "checkpoint", {"pooling_mode": "mean"}, {})
    export_graph(read_checkpoint(home / "checkpoint"), home / "encoders")
    return home


@cache
def tiny_encoder() -> Encoder:
    home = tiny_home()
    return open_encoder(str(home / "checkpoint"), home / "encoders", EncoderConfig())
