"""Who implements each port? Every entry runs the port's whole suite.

A room that implements a port adds a line here: a name, and a function that builds the implementer
(over `small_shop.GOODS`, where it needs products).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest

from contracts import real_stages, two_machines
from contracts.small_shop import DictCatalogue, DictProducts, OverlapRetrieve, TitleSuggest
from shopkeeper.online import nothing
from shopkeeper.records import ports
from shopkeeper.work import LocalEngine

Port = TypeVar("Port")


@dataclass(frozen=True)
class Implementer(Generic[Port]):
    name: str
    build: Callable[..., Port]
    needs: tuple[str, ...] = ()
    """Fixtures that it is built with: a database of the tests' own."""
    marks: tuple[pytest.MarkDecorator, ...] = ()


UNDERSTAND: list[Implementer[ports.Understand]] = [
    Implementer("plain", nothing.PlainUnderstand),
    Implementer("catalogue", real_stages.understanding),
]
REWRITE: list[Implementer[ports.RewriteQuery]] = [
    Implementer("none", nothing.NoRewrite),
]
SUGGEST: list[Implementer[ports.Suggest]] = [
    Implementer("none", nothing.NoSuggest),
    Implementer("titles", TitleSuggest),
    Implementer("catalogue", real_stages.suggester),
]
RETRIEVE: list[Implementer[ports.Retrieve]] = [
    Implementer("none", nothing.NoRetrieve),
    Implementer("overlap", OverlapRetrieve),
    Implementer("hybrid", real_stages.retriever),
    Implementer("hybrid with vectors", real_stages.retriever_with_vectors),
]
MERCHANDISE: list[Implementer[ports.Merchandise]] = [
    Implementer("none", nothing.NoMerchandise),
    Implementer("rules", real_stages.merchandiser),
]
GUARD: list[Implementer[ports.Guard]] = [
    Implementer("allow all", nothing.AllowAll),
    Implementer("static", real_stages.guard),
]
RERANK: list[Implementer[ports.Rerank]] = [
    Implementer("none", nothing.NoRerank),
    Implementer("by words", real_stages.reranker),
    Implementer("by words and meaning", real_stages.reranker_with_vectors),
]
GENERATE: list[Implementer[ports.Generate]] = [
    Implementer("none", nothing.NoGenerate),
]
ENCODE: list[Implementer[ports.Encode]] = [
    Implementer("one place", nothing.OnePlaceEncode),
    Implementer("onnx", lambda: real_stages.tiny_encoder().products),
    Implementer("onnx queries", lambda: real_stages.tiny_encoder().queries),
    Implementer("onnx documents", lambda: real_stages.tiny_encoder().documents),
]
RELEVANCE: list[Implementer[ports.Relevance]] = [
    Implementer("even", nothing.EvenRelevance),
]
RANK: list[Implementer[ports.Rank]] = [
    Implementer("zero", nothing.ZeroRank),
]
JUDGE: list[Implementer[ports.Judge]] = [
    Implementer("zero", nothing.ZeroJudge),
]
CATALOGUE: list[Implementer[ports.Catalogue]] = [
    Implementer("none", nothing.NoCatalogue),
    Implementer("dictionary", DictCatalogue),
    Implementer("live", real_stages.catalogue),
    Implementer("live on postgres", real_stages.catalogue_on, ("postgres", "shop_id")),
]
READ_PRODUCTS: list[Implementer[ports.ReadProducts]] = [
    Implementer("none", nothing.NoProducts),
    Implementer("dictionary", DictProducts),
    Implementer("store", real_stages.products),
    Implementer("postgres", real_stages.products_on, ("postgres", "shop_id")),
]
ENGINE: list[Implementer[ports.Engine]] = [
    Implementer("this process", LocalEngine),
    Implementer("two processes", lambda: LocalEngine(2)),
    Implementer("cluster", two_machines.engine, marks=(pytest.mark.slow,)),
]


def each(implementers: list[Implementer[Port]]) -> pytest.MarkDecorator:
    """Run the test once per implementer, built afresh, as its argument `port`."""
    return pytest.mark.parametrize(
        "port",
        [pytest.param(one, id=one.name, marks=one.marks) for one in implementers],
        indirect=True,
    )
