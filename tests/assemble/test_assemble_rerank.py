"""A real shop scores what another engine found, as it scores its own pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assemble.shops import ask, eventually, new_shop, product, rows
from contracts.real_stages import tiny_home
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import Query
from shopkeeper.records.rerank import OwnProduct, RerankRequest, RerankResponse

ASKED = "green boot"


def rerank(shop: Shop, *documents, text: str = ASKED, **more) -> RerankResponse:
    return shop.rerank(RerankRequest(Query(text), documents, **more))


def parts(response: RerankResponse) -> dict[int, dict[str, float]]:
    return {
        result.index: {part.name: part.value for part in result.parts}
        for result in response.results
    }


def assert_scored_as_on_the_page(shop: Shop, legs: set[str]) -> None:
    """The slow twin: the whole of retrieval, through its index and its columns."""
    page = [hit for hit in ask(shop, ASKED).hits if legs <= {part.name for part in hit.parts}]
    assert len(page) > 10
    response = rerank(shop, *(OwnProduct(hit.product.id) for hit in page))
    assert response.degraded == ()
    given_whole = rerank(shop, *(hit.product for hit in page))
    for index, found in parts(response).items():
        shown = {part.name: part.value for part in page[index].parts}
        for leg in legs:
            assert found[leg] == pytest.approx(shown[leg], rel=1e-6)
        assert parts(given_whole)[index] == found


def test_by_words(tmp_path: Path) -> None:
    root = new_shop(tmp_path / "shop", rows(60))
    with Shop(root) as shop:
        shop.catalogue.put(product(61, id="late"))  # of the delta, not of the base
        assert_scored_as_on_the_page(shop, {"lexical"})
        response = rerank(shop, "blue lamp", "green boot for hikers", OwnProduct("p1"), "boot")
        # Green in the attributes too, then the words, then one of them, then none.
        assert [result.index for result in response.results] == [2, 1, 3, 0]
        assert response.results[-1].score == 0
        assert ("rerank.dense", "off") in [(r.stage, r.state) for r in response.stages]
        assert response.generation == ask(shop).generation
        # Words that no product of the shop has are measured by the query itself.
        [strange, half, other] = sorted(
            rerank(shop, "zither", "zither case", "tent", text="zither").results,
            key=lambda result: result.index,
        )
        assert 0.5 == strange.score > half.score > other.score == 0.0


def test_with_meaning(tmp_path: Path) -> None:
    tiny = tiny_home()
    shutil.copytree(tiny / "encoders", tmp_path / "shop" / "encoders")
    root = new_shop(tmp_path / "shop", rows(40), encoder=str(tiny / "checkpoint"))
    with Shop(root) as shop:
        eventually(lambda: "dense" in shop.status().artefacts and not shop.status().jobs)
        assert_scored_as_on_the_page(shop, {"lexical", "dense"})
        response = rerank(shop, "a green boot", OwnProduct("p1"), text="boots for hikers")
        assert all(set(found) == {"lexical", "dense"} for found in parts(response).values())
        assert all(0 <= result.score <= 1 for result in response.results)
