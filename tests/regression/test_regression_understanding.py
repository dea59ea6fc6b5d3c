"""The regression queries, as far as words alone decide: concepts against the products' terms."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.records import (
    CATEGORY_SEPARATOR,
    AnyOf,
    Clause,
    Concept,
    Deadline,
    Product,
    Query,
    Range,
    Understanding,
)
from shopkeeper.stages.understand import CatalogueUnderstanding, Lexicon, starter_synonyms
from shopkeeper.text import analyser

HERE = Path(__file__).parent
EN = analyser("en")


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


CASES = rows("queries.jsonl")
PRODUCTS = {row["id"]: Product.from_dict(row) for row in rows("catalogue.jsonl")}


def index_terms(product: Product) -> set[str]:
    texts = [*product.title.values(), *product.category, product.brand or ""]
    texts += (value for value in product.attributes.values() if isinstance(value, str))
    return {term for text in texts for term in EN.terms(text)}


TERMS = {id: index_terms(product) for id, product in PRODUCTS.items()}
FREQUENCY = Counter(term for terms in TERMS.values() for term in terms)
STAGE = CatalogueUnderstanding(Lexicon.build(PRODUCTS.values(), EN), EN, starter_synonyms(EN))


def worth(concept: Concept, terms: set[str]) -> float:
    """Of the best alternative whose terms are all there: weight · Σ ln(1 + N/n); 0 without one."""
    return max(
        (
            way.weight * sum(math.log1p(len(TERMS) / FREQUENCY[term]) for term in way.terms)
            for way in concept.alternatives
            if terms.issuperset(way.terms)
        ),
        default=0.0,
    )


def satisfies(product: Product, clause: Clause) -> bool:
    if isinstance(clause, Range):
        assert clause.field == "price"
        amount = float(product.price.major) if product.price else math.nan
        return (clause.low or 0) <= amount <= (clause.high or math.inf)
    assert isinstance(clause, AnyOf)
    values: Mapping[str, object] = {"brand": product.brand, **product.attributes}
    if clause.field != "category":
        return values.get(clause.field) in clause.values
    path = CATEGORY_SEPARATOR.join(product.category) + CATEGORY_SEPARATOR
    return path.startswith(clause.values[0] + CATEGORY_SEPARATOR)


def score(understanding: Understanding, id: str) -> float:
    said = sum(worth(concept, TERMS[id]) for concept in understanding.concepts)
    wished = sum(
        c.confidence * satisfies(PRODUCTS[id], c.clause) for c in understanding.constraints
    )
    return said + wished


def test_the_file_is_large_varied_and_speaks_of_real_products() -> None:
    assert len(CASES) >= 200
    assert len({(case["query"], case["locale"]) for case in CASES}) == len(CASES)
    kinds = Counter(case["kind"] for case in CASES)
    assert min(kinds[kind] for kind in ("unit", "typo", "simplified", "traditional", "mixed")) >= 15
    named = {id for case in CASES for id in (*case["must"], *case.get("must_not_lead", ()))}
    assert named <= PRODUCTS.keys()
    assert all(case["must"] for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}: {case['query']}")
def test_every_concept_meets_every_product_that_must_be_found(case: dict[str, Any]) -> None:
    understanding = STAGE.understand(Query(case["query"], case["locale"]), Deadline.after(5000))
    missed = [
        (id, concept.surface)
        for id in case["must"]
        for concept in understanding.concepts
        if not worth(concept, TERMS[id])
    ]
    assert understanding.concepts
    assert not missed, case.get("note")
    best = max(score(understanding, id) for id in case["must"])
    leading = [id for id in case.get("must_not_lead", ()) if score(understanding, id) >= best]
    assert not leading, case.get("note")
