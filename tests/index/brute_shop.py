"""A shop that is searched the slow, obvious way: the twin that the index must agree with."""

from __future__ import annotations

import math
import random

from shopkeeper.index.postings import FIELDS, K1, B
from shopkeeper.index.words import WordWeights
from shopkeeper.records import (
    Alternative,
    AnyOf,
    Clause,
    Concept,
    Money,
    NoneOf,
    Product,
    Range,
    Variant,
    parse_clause,
)

WORDS = ("tent", "rain", "boot", "lamp", "red", "oak", "steel", "mini", "pro", "max", "kit")
BRANDS = ("Acme", "Zed", "Orla")
PATHS = (("Out", "Tents"), ("Out", "Boots"), ("Home",), ("Home", "Lamps", "Desk"))


def parse(*texts: str) -> tuple[Clause, ...]:
    return tuple(parse_clause(text) for text in texts)


def analyse(text: str, locale: str) -> list[str]:
    return text.lower().split()


def random_product(rng: random.Random, product_id: str) -> Product:
    def some(chance: float) -> bool:
        return rng.random() < chance

    variants = tuple(
        Variant(
            sku=f"{product_id}-{number}",
            options={
                name: rng.choice(values)
                for name, values in (("colour", ("red", "blue", "green")), ("size", ("S", "M")))
                if some(0.7)
            },
            price=Money(rng.choice((999, 1999, 2500, 10000)), "USD") if some(0.9) else None,
            stock=rng.choice((None, 0, 3)),
        )
        for number in range(rng.choice((1, 1, 2, 3)))
    )
    attributes: dict[str, object] = {}
    if some(0.6):
        attributes["colour"] = rng.choice(("red", "black"))
    if some(0.5):
        attributes["length (mm)"] = float(rng.randrange(1, 8))
    if some(0.4):
        attributes["waterproof"] = some(0.5)
    if some(0.4):
        attributes["tags"] = tuple(rng.choices(("new", "sale", "eco"), k=2))
    return Product(
        id=product_id,
        # The last word makes each text, and so each vector, its own: no ties among the nearest.
        title={"en": " ".join((*rng.choices(WORDS, k=rng.randrange(1, 7)), f"x{rng.random()}"))},
        description={"en": " ".join(rng.choices(WORDS, k=12))} if some(0.5) else {},
        brand=rng.choice(BRANDS) if some(0.8) else None,
        category=rng.choice(PATHS) if some(0.9) else (),
        attributes=attributes,  # type: ignore[arg-type]
        variants=variants,
        popularity=float(rng.randrange(100)) if some(0.7) else None,
        rating=rng.randrange(11) / 2 if some(0.5) else None,
    )


def random_clauses(rng: random.Random) -> tuple[Clause, ...]:
    makers = (
        lambda: AnyOf("brand", tuple(rng.sample(BRANDS, rng.choice((1, 2))))),
        lambda: NoneOf("brand", (rng.choice(BRANDS),)),
        lambda: AnyOf("category", (" > ".join(rng.choice(PATHS)[:1]),)),
        lambda: AnyOf("colour", (rng.choice(("red", "blue", "black")),)),
        lambda: AnyOf("size", ("M",)),
        lambda: NoneOf("colour", ("red",)),
        lambda: Range("price", *rng.choice(((10, 20), (None, 19.99), (19.99, None)))),
        lambda: Range("length (mm)", *rng.choice(((2, 4), (3, None)))),
        lambda: AnyOf("length (mm)", ("3", "5")),
        lambda: AnyOf("waterproof", (rng.choice(("true", "false")),)),
        lambda: AnyOf("in_stock", (rng.choice(("true", "false")),)),
        lambda: Range("rating", 3, None),
        lambda: AnyOf("tags", ("eco", "sale")),
        lambda: Range("stock", 1, None),
        lambda: Range("popularity", None, 50),
        lambda: AnyOf("price", (rng.choice(("19.99", "25.0")), "9.99")),
        lambda: NoneOf("price", ("19.99",)),
        lambda: AnyOf("stock", (rng.choice(("0", "3")),)),
        lambda: NoneOf("in_stock", (rng.choice(("false", "yes")),)),
    )
    return tuple(maker() for maker in rng.sample(makers, rng.choice((0, 0, 1, 2, 3))))


def random_concepts(rng: random.Random) -> tuple[Concept, ...]:
    def alternative() -> Alternative:
        terms = tuple(rng.sample(WORDS, rng.choice((1, 1, 1, 2))))
        return Alternative(terms, rng.choice((1.0, 0.5)))

    def concept() -> Concept:
        return Concept("?", tuple(alternative() for _ in range(rng.choice((1, 1, 2)))))

    return tuple(concept() for _ in range(rng.choice((1, 1, 2, 3))))


# --- filters ---------------------------------------------------------------------------------


def facts(product: Product, variant: Variant) -> dict[str, list[str | float]]:
    """Every field of one variant, as texts and numbers."""
    result: dict[str, list[str | float]] = {"id": [product.id], "sku": [variant.sku]}
    if product.brand:
        result["brand"] = [product.brand]
    if product.category:
        path = product.category
        result["category"] = [" > ".join(path[: n + 1]) for n in range(len(path))]
    for name, value in {**product.attributes, **variant.options}.items():
        if isinstance(value, bool):
            result[name] = ["true" if value else "false"]
        elif isinstance(value, tuple):
            result[name] = list(value)
        else:
            result[name] = [value]
    if product.rating is not None:
        result["rating"] = [product.rating]
    if variant.price:
        result["price"] = [float(variant.price.major)]
    if variant.stock is not None:
        result["stock"] = [float(variant.stock)]
    if product.popularity is not None:
        result["popularity"] = [product.popularity]
    result["in_stock"] = ["false" if variant.stock == 0 else "true"]
    return result


class Known:
    """A product with the facts of each of its variants, by sku."""

    def __init__(self, product: Product) -> None:
        self.id, self.product = product.id, product
        self.facts = {variant.sku: facts(product, variant) for variant in product.variants}


def passes(fields: dict[str, list[str | float]], clauses: tuple[Clause, ...]) -> bool:
    def same(value: str | float, asked: str) -> bool:
        if isinstance(value, str):
            return value == asked
        return asked.replace(".", "").isdigit() and value == float(asked)

    def satisfies(clause: Clause) -> bool:
        values = fields.get(clause.field, [])
        if isinstance(clause, Range):
            low = -math.inf if clause.low is None else clause.low
            high = math.inf if clause.high is None else clause.high
            return any(not isinstance(v, str) and low <= v <= high for v in values)
        found = any(same(value, asked) for value in values for asked in clause.values)
        return found is isinstance(clause, AnyOf)

    return all(satisfies(clause) for clause in clauses)


# --- words -----------------------------------------------------------------------------------


def matches(
    documents: list[dict[str, list[str]]], concepts: tuple[Concept, ...], weights: WordWeights
) -> list[float]:
    """The scores at the highest demand that enough documents meet."""
    most = len(concepts)
    for needed in range(most, weights.least(most) - 1, -1):
        scores = bm25(documents, concepts, weights, needed)
        if sum(score > 0 for score in scores) >= weights.enough:
            break
    return scores


def bm25(
    documents: list[dict[str, list[str]]],
    concepts: tuple[Concept, ...],
    weights: WordWeights,
    needed: int,
) -> list[float]:
    """One score per document, 0 where it does not match."""
    total = len(documents)
    average = {f: sum(len(d[f]) for d in documents) / total or 1.0 for f in FIELDS}

    def rarity(field: str, word: str) -> float:
        n = holding[field, word]
        return math.log(1 + (total - n + 0.5) / (n + 0.5))

    asked = {word for c in concepts for a in c.alternatives for word in a.terms}
    holding = {(f, w): sum(w in d[f] for d in documents) for f in FIELDS for w in asked}

    def term(document: dict[str, list[str]], word: str) -> float:
        score = 0.0
        for field in FIELDS:
            frequency = document[field].count(word)
            norm = K1 * (1 - B + B * len(document[field]) / average[field])
            loudness = frequency * (K1 + 1) / (frequency + norm)
            score += weights.of(field) * rarity(field, word) * loudness
        return score

    def concept(document: dict[str, list[str]], wanted: Concept) -> float:
        best = 0.0
        worth = sum(rarity("all", word) for word in wanted.alternatives[0].terms)
        for alternative in wanted.alternatives:
            scores = [term(document, word) for word in alternative.terms]
            scale = min(1.0, worth / sum(rarity("all", word) for word in alternative.terms))
            if all(scores):
                best = max(best, alternative.weight * scale * sum(scores))
        return best

    result = []
    for document in documents:
        scores = [concept(document, wanted) for wanted in concepts]
        enough = sum(score > 0 for score in scores) >= needed
        result.append(sum(scores) if enough else 0.0)
    return result
