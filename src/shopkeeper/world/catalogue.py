"""How does a real catalogue become a marketplace? Any feed with structured attributes will do.

The feed is all that is known: what it tells is taken for the truth, gaps and slips included. What
no feed tells, how good a product is, how well its picture is made, and how it sells where the feed
does not say, is drawn from the seed and the product's id. Nobody asks about needs or in nicknames,
since a feed explains none, and nothing is held out: its words all stand in its texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from shopkeeper.knowledge import KnowledgeGraph, Value, falls
from shopkeeper.records import InvalidRequest, Product
from shopkeeper.world.attributes import Asked, find_asked
from shopkeeper.world.chance import bell, stream
from shopkeeper.world.config import WorldConfig
from shopkeeper.world.engine import join_postings
from shopkeeper.world.feed_graph import Path, feed_graph, names_of, nouns_of
from shopkeeper.world.feed_values import find_kinds
from shopkeeper.world.kinds import kinds_in_titles
from shopkeeper.world.market import Market, Stocked, stock
from shopkeeper.world.stocking import Placed, Schema, join_chunks
from shopkeeper.world.vocabulary import CHINESE, ENGLISH
from shopkeeper.world.words import Words, words_of

MOST = 32_000
"""Categories; and brands, products of rarer ones count as of none."""
SLOWEST = 0.01
"""Sales of a product that the feed says nobody has bought: it may still be wanted."""
_HIDDEN = 7
"""The stream of chance."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A feed's products with a category, ready for the shelves."""

    seed: int
    products: Sequence[Product]
    """Each with its category, which is its title's where the feed has none."""
    shelved: Sequence[Placed]
    """The same for the shelves, with the hidden truth."""
    asked: Mapping[str, Sequence[Asked]]
    """By category, what shoppers ask for."""
    graph: KnowledgeGraph
    locale: str
    """In which shoppers ask: English, or Chinese where titles are Chinese only."""
    left_out: int
    """Products of the feed without category."""
    is_named_by_titles: bool
    """The feed names no category at all; titles do."""

    @property
    def size(self) -> int:
        return len(self.products)

    @property
    def words(self) -> Words:
        askable = {name: [one.askable for one in asked] for name, asked in self.asked.items()}
        return words_of(self.graph, askable)

    def schema(self) -> Schema:
        return {
            name: {one.askable.attribute: one.values for one in asked}
            for name, asked in self.asked.items()
        }

    def placed(self, index: int) -> tuple[Placed, Product]:
        """Product `index` for the shelves, and as the shop is told of it."""
        return self.shelved[index], self.products[index]

    def fit(self, config: WorldConfig) -> WorldConfig:
        """The dials, with those at 0 that this catalogue has nothing for."""
        brands = {placed.brand for placed in self.shelved} - {""}
        has_prices = any(product.price is not None for product in self.products)
        dials = config.queries
        queries = replace(
            dials,
            branded=dials.branded if brands else 0.0,
            priced=dials.priced if has_prices else 0.0,
            alternative=dials.alternative if has_prices and len(brands) > 1 else 0.0,
            question=0.0,
            knowledge=0.0,
            chinese=float(self.locale == CHINESE),
            mixed=0.0,
        )
        return replace(config, queries=queries)


def market_of_catalogue(
    products: Iterable[Product], config: WorldConfig, *, seed: int = 0
) -> Market:
    """The marketplace of a feed. Raises InvalidRequest as `read_catalogue` does."""
    return open_catalogue(read_catalogue(products, seed=seed), config)


def open_catalogue(
    catalogue: Catalogue, config: WorldConfig, parts: Iterable[Stocked] | None = None
) -> Market:
    """The marketplace of a catalogue.

    Args:
        parts: its products, stocked in order, where that was done elsewhere; None: done here.
    """
    schema = catalogue.schema()
    if parts is None:
        parts = [stock(map(catalogue.placed, range(catalogue.size)), schema)]
    parts = list(parts)
    shelves = join_chunks([part.chunk for part in parts], schema)
    return Market(
        seed=catalogue.seed,
        config=catalogue.fit(config),
        shelves=shelves,
        engine=join_postings((part.postings for part in parts), shelves.popularity),
        graph=catalogue.graph,
        words=catalogue.words,
    )


def read_catalogue(products: Iterable[Product], *, seed: int = 0) -> Catalogue:
    """Find out what a feed's products are and what they can be asked for.

    Where no product has a category path, titles tell the kinds; where some have, those without are
    left out. Of products with the same id the last one counts.

    Raises InvalidRequest when no product has a category, or no category an attribute that could be
    asked for.
    """
    if seed < 0:
        raise InvalidRequest(f"seed {seed}", expected="0 or more")
    given = list({product.id: product for product in products}.values())
    is_named_by_titles = not any(product.category for product in given)
    kept = _by_titles(given) if is_named_by_titles else [p for p in given if p.category]
    names = names_of(product.category for product in kept)
    if not 0 < len(names) <= MOST:
        raise InvalidRequest(
            f"{len(names):,} categories in {len(given):,} products",
            expected=f"category paths in the feed, or kinds of things in titles; at most {MOST:,}",
        )
    locale = _locale(kept)
    asked, told = _find_all_asked(kept, locale)
    if not any(asked.values()):
        raise _nothing_structured(kept, len(names))
    brands = [b for b, _ in Counter(p.brand for p in kept if p.brand).most_common(MOST)]
    return Catalogue(
        seed=seed,
        products=kept,
        shelved=_shelve(kept, told, names, frozenset(brands), seed),
        asked={names[path]: asked[path] for path in asked},
        graph=feed_graph(names, asked, brands, locale),
        locale=locale,
        left_out=len(given) - len(kept),
        is_named_by_titles=is_named_by_titles,
    )


def _by_titles(products: Sequence[Product]) -> list[Product]:
    """Those whose titles name a kind, with it."""
    paths = kinds_in_titles(products)
    return [replace(p, category=path) for p, path in zip(products, paths, strict=True) if path]


def _find_all_asked(
    products: Sequence[Product], locale: str
) -> tuple[dict[Path, list[Asked]], list[dict[str, tuple[Value, ...]]]]:
    """By category, what is asked for; of each product, what is told about that."""
    places: dict[Path, list[int]] = {path: [] for path in sorted({p.category for p in products})}
    for place, product in enumerate(products):
        places[product.category].append(place)
    kinds = find_kinds(products)
    told: list[dict[str, tuple[Value, ...]]] = [{} for _ in products]
    asked: dict[Path, list[Asked]] = {}
    for path, here in places.items():
        goods = [products[place] for place in here]
        asked[path] = find_asked(goods, kinds, nouns_of(path), locale)
        for one in asked[path]:
            for at, values in one.told.items():
                told[here[at]][one.askable.attribute] = values
    return asked, told


def _nothing_structured(products: Sequence[Product], categories: int) -> InvalidRequest:
    names = {name for product in products for name in product.attributes}
    names |= {name for p in products for variant in p.variants for name in variant.options}
    return InvalidRequest(
        f"nothing to ask for in {len(products):,} products of {categories:,} categories "
        f"with {len(names):,} attributes",
        expected="an attribute whose values recur and differ within a category, and can be said: "
        "short texts, flags, or numbers with a unit",
        hint="give products structured attributes, such as colour, size or length (cm)",
    )


def _locale(products: Sequence[Product]) -> str:
    chinese = sum(all(tag.startswith("zh") for tag in product.title) for product in products)
    return CHINESE if 2 * chinese > len(products) else ENGLISH


def _shelve(
    products: Sequence[Product],
    told: Sequence[Mapping[str, tuple[Value, ...]]],
    names: Mapping[Path, str],
    brands: frozenset[str],
    seed: int,
) -> list[Placed]:
    prices: dict[Path, list[float]] = {}
    for product in products:
        if product.price is not None:
            prices.setdefault(product.category, []).append(float(product.price.major))
    usual = {path: median(known) for path, known in prices.items()}
    otherwise = median(usual.values()) if usual else 1.0
    known = [p.popularity for p in products if p.popularity is not None]
    typical = median(known) if known else 1.0
    return [
        _place(
            product,
            facts,
            category=names[product.category],
            brand=product.brand if product.brand in brands else "",
            usual_price=usual.get(product.category, otherwise),
            typical_sales=max(typical, SLOWEST),
            seed=seed,
        )
        for product, facts in zip(products, told, strict=True)
    ]


def _place(
    product: Product,
    told: Mapping[str, tuple[Value, ...]],
    *,
    category: str,
    brand: str,
    usual_price: float,
    typical_sales: float,
    seed: int,
) -> Placed:
    """With the hidden truth, distributed as in a generated world; a rating follows quality."""
    rng = stream(seed, _HIDDEN, int(falls("product", product.id) * 2**48))
    mean, spread = (0.5, 0.18) if product.rating is None else ((product.rating - 3) / 2, 0.12)
    quality = min(1.0, max(0.0, mean + spread * bell(rng)))
    sales = typical_sales * (0.4 + quality) * (1 - rng.random()) ** (-1 / 1.1)
    return Placed(
        id=product.id,
        sku=product.variants[0].sku,
        category=category,
        brand=brand,
        told=told,
        true=told,
        is_in_stock=any(variant.in_stock for variant in product.variants),
        price=usual_price if product.price is None else float(product.price.major),
        quality=quality,
        popularity=sales if product.popularity is None else max(product.popularity, SLOWEST),
        appeal=rng.random(),
    )
