"""What is a product?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from shopkeeper.records.errors import InvalidRecord
from shopkeeper.records.money import Money

LocalisedText: TypeAlias = Mapping[str, str]
"""Text by BCP 47 locale, as in ``{"en": "Tent", "zh-Hans": "帐篷"}``."""

AttributeValue: TypeAlias = str | float | bool | tuple[str, ...]
"""A text, several texts, a number or a flag. The attribute's name carries its unit."""

RESERVED_FIELDS = frozenset(
    (
        "id",
        "sku",
        "title",
        "brand",
        "category",
        "price",
        "stock",
        "in_stock",
        "popularity",
        "rating",
    )
)
"""Names that filters, facets and sort use for what every product has; no attribute may take one."""

LARGEST_TEXT = 100_000
"""Characters. A longer text is a broken feed, not a description."""

CATEGORY_SEPARATOR = " > "


def localise(texts: LocalisedText, locale: str) -> str:
    """The text for `locale`: exact tag, then its language, then any; "" when there is none."""
    if locale in texts:
        return texts[locale]
    language = locale.split("-", maxsplit=1)[0]
    related = (tag for tag in sorted(texts) if tag.split("-")[0] == language)
    return texts[next(related, next(iter(texts), ""))] if texts else ""


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that can be put into a cart: a size, a colour, a pack of a product."""

    sku: str
    options: Mapping[str, str] = field(default_factory=dict)
    price: Money | None = None
    stock: int | None = None
    """Units on hand; None is unknown and counts as in stock, 0 is sold out."""
    image: str | None = None

    def __post_init__(self) -> None:
        _identifier("sku", self.sku)
        _names("options", self.options)
        if self.stock is not None and not 0 <= self.stock < 2**31:
            raise InvalidRecord(
                f"stock {self.stock}", where=f"sku {self.sku}", expected="0 … 2³¹−1"
            )

    @property
    def in_stock(self) -> bool:
        return self.stock != 0


@dataclass(frozen=True, slots=True)
class Product:
    """One result of a search, with one or more variants.

    Shopify handles, Merchant `item_group_id`s and WooCommerce parents each become one product.
    """

    id: str
    title: LocalisedText
    variants: tuple[Variant, ...]
    description: LocalisedText = field(default_factory=dict)
    brand: str | None = None
    category: tuple[str, ...] = ()
    """Path from the department down: ``("Outdoor", "Tents")``."""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    image: str | None = None
    url: str | None = None
    popularity: float | None = None
    """How much it is wanted, ≥ 0, in any unit that the shop uses throughout."""
    rating: float | None = None
    """Mean of the shoppers' stars, 0 … 5."""

    def __post_init__(self) -> None:
        where = f"product {self.id}"
        _identifier("id", self.id)
        if not any(text.strip() for text in self.title.values()):
            raise InvalidRecord("no title", where=where, expected="a title in at least one locale")
        for name, texts in (("title", self.title), ("description", self.description)):
            for locale, text in texts.items():
                if len(text) > LARGEST_TEXT:
                    raise InvalidRecord(
                        f"{name} of {len(text):,} characters ({locale})",
                        where=where,
                        expected=f"at most {LARGEST_TEXT:,}",
                    )
        if not self.variants:
            raise InvalidRecord("no variant", where=where, expected="at least one")
        skus = [variant.sku for variant in self.variants]
        if len(set(skus)) != len(skus):
            raise InvalidRecord("a sku stands twice", where=where, expected="each sku once")
        if len({v.price.currency for v in self.variants if v.price}) > 1:
            raise InvalidRecord("several currencies", where=where, expected="one for the product")
        _names("attributes", self.attributes)
        for name, value in self.attributes.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise InvalidRecord(
                    f"attribute {name!r} is {value}", where=where, expected="finite"
                )
        if any(not level.strip() or CATEGORY_SEPARATOR in level for level in self.category):
            raise InvalidRecord(f"category {self.category!r}", where=where, expected="named levels")
        for name, number, high in (
            ("popularity", self.popularity, math.inf),
            ("rating", self.rating, 5.0),
        ):
            if number is not None and not (math.isfinite(number) and 0 <= number <= high):
                raise InvalidRecord(f"{name} {number!r}", where=where, expected=f"0 … {high:g}")

    @property
    def price(self) -> Money | None:
        """The lowest price among the variants; None when no variant has one."""
        prices = [variant.price for variant in self.variants if variant.price]
        return min(prices, key=lambda money: money.minor, default=None)

    def variant(self, sku: str | None) -> Variant:
        """The variant with this sku, or the first one."""
        return next((v for v in self.variants if v.sku == sku), self.variants[0])

    def to_dict(self) -> dict[str, Any]:
        """The canonical JSON form: of the store, of JSON-lines feeds, of the HTTP API."""
        optional = {
            "description": dict(self.description),
            "brand": self.brand,
            "category": list(self.category),
            "attributes": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in self.attributes.items()
            },
            "image": self.image,
            "url": self.url,
            "popularity": self.popularity,
            "rating": self.rating,
        }
        return {
            "id": self.id,
            "title": dict(self.title),
            **{name: value for name, value in optional.items() if value not in (None, {}, [])},
            "variants": [_variant_to_dict(variant) for variant in self.variants],
        }

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], *, locale: str = "en", currency: str = "USD"
    ) -> Product:
        """Read the canonical form, or its short form for hand-written feeds.

        Short form: a plain string as title or description (taken as `locale`), and `price`
        ("19.99", 19.99 or {"minor", "currency"}), `stock`, `sku` on the product itself when it has
        a single variant. An unknown key is an error, so that a misspelt one is not lost.
        """
        unknown = set(data) - _PRODUCT_KEYS
        if unknown:
            raise InvalidRecord(
                f"unknown key {sorted(unknown)[0]!r}",
                where=f"product {data.get('id', '?')}",
                expected=f"one of {', '.join(sorted(_PRODUCT_KEYS))}",
                hint="put it under attributes if shoppers should find it",
            )
        product_id = _text(data, "id")
        given = data.get("variants")
        if given is None:
            own = {key: data[key] for key in ("sku", "price", "stock") if key in data}
            given = [{"sku": product_id, **own}]
        elif any(key in data for key in ("sku", "price", "stock")):
            raise InvalidRecord(
                "sku, price or stock beside variants",
                where=f"product {product_id}",
                expected="them in each variant",
            )
        elif not isinstance(given, list) or not all(isinstance(v, Mapping) for v in given):
            raise InvalidRecord("variants", where=f"product {product_id}", expected="a list")
        return cls(
            id=product_id,
            title=_localised(data, "title", locale),
            description=_localised(data, "description", locale),
            brand=_optional_text(data, "brand"),
            category=_path(data.get("category")),
            attributes=_attributes(data.get("attributes")),
            variants=tuple(_variant_from_dict(variant, currency) for variant in given),
            image=_optional_text(data, "image"),
            url=_optional_text(data, "url"),
            popularity=_optional_number(data, "popularity"),
            rating=_optional_number(data, "rating"),
        )


_PRODUCT_KEYS = frozenset(
    (*Product.__dataclass_fields__, "price", "stock", "sku"),
)


def _variant_to_dict(variant: Variant) -> dict[str, Any]:
    price = variant.price
    optional = {
        "options": dict(variant.options),
        "price": {"minor": price.minor, "currency": price.currency} if price else None,
        "stock": variant.stock,
        "image": variant.image,
    }
    return {"sku": variant.sku, **{k: v for k, v in optional.items() if v not in (None, {})}}


def _variant_from_dict(data: Mapping[str, Any], currency: str) -> Variant:
    unknown = set(data) - set(Variant.__dataclass_fields__)
    if unknown:
        raise InvalidRecord(f"unknown key {sorted(unknown)[0]!r} in a variant")
    stock = data.get("stock")
    if stock is not None and (isinstance(stock, bool) or not isinstance(stock, int)):
        raise InvalidRecord(f"stock {stock!r}", expected="a whole number")
    options = data.get("options") or {}
    if not isinstance(options, Mapping):
        raise InvalidRecord(f"options {options!r}", expected="an object of names and values")
    return Variant(
        sku=_text(data, "sku"),
        options={str(name): str(value) for name, value in options.items()},
        price=money_from_json(data.get("price"), currency),
        stock=stock,
        image=_optional_text(data, "image"),
    )


def money_from_json(value: Any, currency: str) -> Money | None:
    """Read "19.99", 19.99 or {"minor": 1999, "currency": "USD"}; None stays None."""
    if value is None or isinstance(value, Money):
        return value
    if isinstance(value, Mapping):
        if set(value) != {"minor", "currency"}:
            raise InvalidRecord(f"price {dict(value)!r}", expected='{"minor": …, "currency": …}')
        return Money(value["minor"], value["currency"])
    if isinstance(value, str):
        return Money.parse(value, currency)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Money.from_major(value, currency)
    raise InvalidRecord(f"price {value!r}", expected='"19.99", 19.99 or {"minor", "currency"}')


def _identifier(name: str, value: str) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > 512 or "\x00" in value:
        raise InvalidRecord(f"{name} {value!r:.60}", expected="1 … 512 characters")


def _names(name: str, mapping: Mapping[str, object]) -> None:
    for key in mapping:
        if not key.strip() or key in RESERVED_FIELDS or any(c in key for c in ":|\x00"):
            raise InvalidRecord(
                f"name {key!r:.60} in {name}",
                expected=f"a name without : and |, other than {', '.join(sorted(RESERVED_FIELDS))}",
            )


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # ids arrive as JSON numbers from many exporters
    if not isinstance(value, str):
        raise InvalidRecord(f"{key} {value!r:.60}", expected="a text")
    return value


def _optional_text(data: Mapping[str, Any], key: str) -> str | None:
    return _text(data, key) if data.get(key) not in (None, "") else None


def _optional_number(data: Mapping[str, Any], key: str) -> float | None:
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidRecord(f"{key} {value!r:.60}", expected="a number")
    return float(value)


def _localised(data: Mapping[str, Any], key: str, locale: str) -> dict[str, str]:
    value = data.get(key) or {}
    if isinstance(value, str):
        return {locale: value}
    if isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values()):
        return dict(value)
    raise InvalidRecord(f"{key} {value!r:.60}", expected="a text, or texts by locale")


def _path(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        value = value.split(CATEGORY_SEPARATOR.strip())
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
        raise InvalidRecord(f"category {value!r:.60}", expected='"A > B" or ["A", "B"]')
    return tuple(level.strip() for level in value if level.strip())


def _attributes(value: Any) -> dict[str, AttributeValue]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidRecord(f"attributes {value!r:.60}", expected="an object of names and values")
    return {str(name): _attribute(str(name), item) for name, item in value.items()}


def _attribute(name: str, value: Any) -> AttributeValue:
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)) and math.isfinite(value):
        return float(value)
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise InvalidRecord(
        f"attribute {name!r} is {value!r:.60}", expected="a text, texts, a finite number, a flag"
    )
