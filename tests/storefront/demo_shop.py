"""The assembled shop over simulated goods, with what no stage says yet added to its answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from shopkeeper.assemble.settings import ShopSettings, save_settings
from shopkeeper.assemble.shop import Shop
from shopkeeper.records import (
    CATEGORY_SEPARATOR,
    AnyOf,
    Deadline,
    Event,
    Forgotten,
    Part,
    Product,
    SearchRequest,
    SearchResponse,
    StageReport,
    Suggestion,
    SuggestRequest,
    SuggestResponse,
    localise,
)
from shopkeeper.records.ports import Catalogue, Put
from shopkeeper.serve import ShopStatus
from shopkeeper.serve.admission import Overloaded
from shopkeeper.store import ShopFolder
from shopkeeper.store.sqlite import SqliteProducts
from shopkeeper.world import World

HOSTILE_TITLE = "<script>window.broken = 1</script><img src=x onerror='window.broken = 2'> lamp"
JACKET = {
    "id": "fell/jacket 1",
    "title": "Fell rain jacket",
    "brand": "Acme & Sons",
    "category": "Outdoor clothing > Jackets",
    "description": "Keeps the rain out.\n\nPacks into its own pocket.",
    "attributes": {"waterproof": True, "hood": "Fixed", "hydrostatic head (mm)": 10_000},
    "rating": 4.5,
    "variants": [
        {"sku": "fj-red-s", "options": {"colour": "Red", "size": "S"}, "price": "99.00"},
        {
            "sku": "fj-red-m",
            "options": {"colour": "Red", "size": "M"},
            "price": "99.00",
            "stock": 2,
        },
        {"sku": "fj-blue-s", "options": {"colour": "Navy", "size": "S"}, "price": "89.00"},
        {
            "sku": "fj-blue-m",
            "options": {"colour": "Navy", "size": "M"},
            "price": "89.00",
            "stock": 0,
        },
        {"sku": "fj-blue-l", "options": {"colour": "Navy", "size": "L"}, "price": "95.00"},
    ],
}
HOSTILE = {
    "id": '"><script>',
    "title": HOSTILE_TITLE,
    "brand": "<b>Bold</b>",
    "category": "<i>Odd</i> > Things",
    "description": "<script>window.broken = 3</script>",
    "url": "javascript:window.broken=4",
    "image": "javascript:window.broken=5",
    "attributes": {"<u>name</u>": "<img src=x onerror='window.broken = 6'>"},
    "price": "9.00",
}


SETTINGS = ShopSettings("demo", "Hearth & Trail", encoder="none")
PATIENCE_MS = 20_000.0
"""A busy machine must find what an idle one finds: every stage's share grows with this."""


def write_shop(root: Path, size: int) -> None:
    """A folder with `size` simulated goods, whose pictures this server draws, and two others."""
    save_settings(root, SETTINGS)
    goods = [_without_pictures(product) for product in World(size=size).products()]
    goods += [Product.from_dict(each) for each in (JACKET, HOSTILE)]
    with SqliteProducts(ShopFolder(root).products) as products:
        products.write([Put(product) for product in goods])


def _without_pictures(product: Product) -> Product:
    variants = tuple(replace(variant, image=None) for variant in product.variants)
    return replace(product, image=None, variants=variants)


class DemoShop:
    """Implements `serve.front.Shop`: the real shop's answers, and some states on command.

    "returns" is redirected, "forbidden" is blocked, "fell" is raised and buried by rules.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._goods = [shop.catalogue.get(each.id) for each in shop.products.all()]
        self.shop_id, self.name = shop.shop_id, shop.name
        self.locale, self.market, self.currency = shop.locale, shop.market, shop.currency
        self.timeout_ms = PATIENCE_MS
        self.pictures: Path | None = shop.pictures
        self.catalogue: Catalogue = shop.catalogue
        self.events: list[Event] = []
        self.busy_answers = 0
        """How many further searches are refused."""

    def search(self, request: SearchRequest, deadline: Deadline | None = None) -> SearchResponse:
        if self.busy_answers:
            self.busy_answers -= 1
            raise Overloaded("full")
        response = self._shop.search(replace(request, timeout_ms=PATIENCE_MS), deadline)
        match request.query.text.strip():
            case "returns":
                return replace(response, redirect="/?q=tent", hits=(), total=0)
            case "forbidden":
                return replace(response, blocked_by="deny:forbidden", hits=(), total=0)
            case "fell":
                return _with_rules(response)
        return response

    def suggest(self, request: SuggestRequest, deadline: Deadline | None = None) -> SuggestResponse:
        start = request.query.text.strip().lower()
        lines = [line for line in self._lines() if line.text.lower().startswith(start)]
        kinds = [[line for line in lines if line.kind == kind][:most] for kind, most in _MOST]
        shown = tuple(line for kind in kinds for line in kind)[: request.size]
        return SuggestResponse(request, shown, (StageReport("suggest", "ok"),))

    def record(self, events: Sequence[Event]) -> int:
        self.events.extend(events)
        return len(events)

    def forget(self, shopper_id: str) -> Forgotten:
        return self._shop.forget(shopper_id)

    def status(self) -> ShopStatus:
        return self._shop.status()

    def _lines(self) -> list[Suggestion]:
        goods = [product for product in self._goods if product]
        brands = Counter(p.brand for p in goods if p.brand)
        leaves = Counter(p.category for p in goods if p.category)
        return [
            *(Suggestion(path[-1].lower(), "query", hits) for path, hits in leaves.most_common()),
            *(
                Suggestion(
                    path[-1],
                    "category",
                    hits,
                    clause=AnyOf("category", (CATEGORY_SEPARATOR.join(path),)),
                )
                for path, hits in leaves.most_common()
            ),
            *(
                Suggestion(brand, "brand", hits, clause=AnyOf("brand", (brand,)))
                for brand, hits in brands.most_common()
            ),
            *(Suggestion(localise(p.title, "en"), "product", 1, product_id=p.id) for p in goods),
        ]


_MOST = (("query", 4), ("category", 2), ("brand", 2), ("product", 3))


def _with_rules(response: SearchResponse) -> SearchResponse:
    stages = (*response.stages, StageReport("rank", "degraded", "late: 40 ms", 40.0))
    hits = tuple(
        replace(hit, parts=(*hit.parts, Part("rule:autumn", 0.2), Part("rule:clearance", -0.05)))
        for hit in response.hits
    )
    return replace(response, hits=hits, rules=("autumn", "clearance"), stages=stages)
