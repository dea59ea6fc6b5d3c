"""schema.org's products in JSON-LD: what their properties mean.

A ``ProductGroup`` and its variants are one product, whose variants' options are what ``variesBy``
names, else colour, size, material and pattern; so is a product whose offers have skus of their
own. Of several offers the cheapest that can be had counts. ``additionalProperty`` becomes
attributes, ``aggregateRating`` the rating in five stars and, by its count, the popularity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from shopkeeper.data.layout import Canonical, Defaults, Fields, InvalidField
from shopkeeper.records import InvalidRecord, Money

_VARYING = ("color", "size", "material", "pattern")
_ATTRIBUTES = (
    *("model", "mpn", "gtin", "gtin8", "gtin12", "gtin13", "gtin14", "isbn", "keywords"),
    *("weight", "width", "height", "depth", "releaseDate", "itemCondition"),
)
_UNITS = {
    **{"KGM": "kg", "GRM": "g", "LBR": "lb", "ONZ": "oz", "LTR": "l", "MLT": "ml"},
    **{"CMT": "cm", "MMT": "mm", "MTR": "m", "INH": "in", "FOT": "ft"},
}
"""UN/CEFACT codes of units."""
_NOT_TO_BE_HAD = ("outofstock", "soldout", "reserved")
_LATER = {"preorder": "preorder", "presale": "preorder", "backorder": "backorder"}
_FOR_SALE = ("instock", "instoreonly", "onlineonly", "limitedavailability", "madetoorder")
_FORMER = ("listprice", "strikethroughprice", "msrp", "srp", "invoiceprice")
"""Types of price that nobody pays."""
_PLAIN_AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,12})?")


def group(fields: Fields) -> str | None:
    return _id(fields["group"], "productGroupID") if fields["group"] else None


def identity(fields: Fields) -> str:
    """The id of the product that the row is of."""
    return group(fields) or _id(fields["node"], "sku")


def product(rows: Sequence[Fields], defaults: Defaults) -> Canonical:
    node, parent = rows[0]["node"], rows[0]["group"] or {}
    lead = {**node, **{key: value for key, value in parent.items() if value not in (None, "", [])}}
    shared = [key for key in (*_ATTRIBUTES, *_VARYING) if lead.get(key) is not None]
    varying = {name for row in rows for name, _ in _options(row)}
    attributes: Canonical = {}
    for name, value in (pair for key in shared for pair in _measured(_word(key), lead.get(key))):
        if name not in varying:
            attributes[name] = value
    for row in rows:
        for of in (row["group"] or {}, row["node"]):
            for name, value in _properties(of):
                if name not in varying:
                    attributes[name] = _also(attributes.get(name), value)
    later = (_LATER[_availability(offer)] for row in rows for offer in _later_offers(row["node"]))
    rating, count = _rating(lead.get("aggregateRating"))
    return {
        "id": identity(rows[0]),
        "title": _texts(lead.get("name"), defaults.locale),
        "description": _texts(lead.get("description"), defaults.locale),
        "brand": _name(lead.get("brand")) or _name(lead.get("manufacturer")),
        "category": _category(lead.get("category")),
        "attributes": {**attributes, "availability": next(later, None)},
        "image": _address(lead.get("image")),
        "url": _address(lead.get("url")) or _address(_offer(node).get("url")),
        "rating": rating,
        "popularity": count,
    }


def variant(fields: Fields, defaults: Defaults) -> Canonical:
    node = fields["node"]
    offer = _offer(node)
    is_grouped = fields["group"] is not None
    return {
        "sku": _id(node, "sku") or _id(offer, "sku") or group(fields),
        "options": dict(_options(fields)) if is_grouped else None,
        "price": _price(offer, defaults.currency),
        "stock": _stock(offer),
        "image": _address(node.get("image")) if is_grouped else None,
    }


def _id(node: Mapping[str, Any], first: str) -> str:
    names = (first, "sku", "productID", "gtin", "gtin13", "gtin14", "gtin12", "gtin8", "mpn")
    return next((text for name in (*names, "@id", "url") if (text := _name(node.get(name)))), "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _name(value: Any) -> str:
    """The text of a text, a number, or a thing with a name; of several the first."""
    for item in _list(value):
        told = item
        if isinstance(item, Mapping):
            told = next((item[key] for key in ("name", "@value", "value") if item.get(key)), None)
        if isinstance(told, (str, int, float)) and not isinstance(told, bool) and str(told).strip():
            return str(told).strip()
    return ""


def _texts(value: Any, locale: str) -> str | dict[str, str]:
    """A text, or texts by the language that they say they are in."""
    told = [item for item in _list(value) if isinstance(item, Mapping) and "@value" in item]
    texts = {str(item.get("@language") or locale): str(item["@value"]) for item in told}
    return texts or _name(value)


def _address(value: Any) -> str | None:
    for item in _list(value):
        found = item if isinstance(item, str) else None
        if isinstance(item, Mapping):
            found = next((item[k] for k in ("url", "contentUrl", "@id") if item.get(k)), None)
        if isinstance(found, str):
            return found
    return None


def _category(value: Any) -> str:
    """A path; the address of somebody's taxonomy says nothing to a shopper."""
    names = (_name(item) for item in _list(value))
    return next((name for name in names if name and "://" not in name), "")


def _word(key: str) -> str:
    """``releaseDate`` is "release date", and a GTIN is one of whatever length."""
    return re.sub(r"gtin\d+", "gtin", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).lower())


def _measured(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The attribute, under a name with its unit if it has one."""
    if name == "item condition":
        value = _tail(_name(value)).removesuffix("condition")
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        unit = value.get("unitText") or _UNITS.get(str(value.get("unitCode")), "")
        yield f"{name} ({unit})" if unit else name, value.get("value", _name(value))
    elif isinstance(value, list):
        yield name, [text for item in value if (text := _name(item))]
    elif value is not None:
        yield name, value


def _properties(node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for given in _list(node.get("additionalProperty")):
        if isinstance(given, Mapping):
            name = _name(given.get("name")) or _tail(_name(given.get("propertyID")))
            for named, value in _measured(name, {**given, "name": None}):
                plain = isinstance(value, (str, int, float, list))
                yield named, value if plain else _name(value)


def _also(known: Any, value: Any) -> Any:
    """Both, where they differ and are texts; the first, where they are not."""
    if known in (None, "", value):
        return value
    texts = [*_list(known), *(item for item in _list(value) if item not in _list(known))]
    return texts if all(isinstance(text, str) for text in texts) else known


def _options(fields: Fields) -> list[tuple[str, str]]:
    """What tells this variant from the others of its group."""
    node, parent = fields["node"], fields["group"]
    if parent is None:
        return []
    named = [_tail(_name(item)) for item in _list(parent.get("variesBy"))]
    told = {name.lower(): value for name, value in _properties(node)}
    told |= {key.lower(): node[key] for key in node if key in _VARYING or key.lower() in named}
    if node.keys() <= {"sku", "name", "image", "offers"} and node.get("name"):
        return [("variant", _name(node["name"]))]
    found = ((name, _name(told.get(name))) for name in named or _VARYING)
    return [(name, value) for name, value in found if value]


def _tail(text: str) -> str:
    """``https://schema.org/InStock`` is ``instock``."""
    return re.split(r"[/:#]", text)[-1].lower()


def _offers(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Single offers; those within an ``AggregateOffer`` inherit what it says of all."""
    for offer in _list(node.get("offers")):
        if isinstance(offer, Mapping):
            inner = [o for o in _list(offer.get("offers")) if isinstance(o, Mapping)]
            shared = {k: v for k, v in offer.items() if k in ("priceCurrency", "availability")}
            yield from ({**shared, **one} for one in inner)
            if not inner:
                yield offer


def _offer(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The offer that counts; one that says nothing where there is none."""

    def dear(offer: Mapping[str, Any]) -> tuple[bool, float]:
        try:
            amount = float(str(_amount(offer)[0]))
        except ValueError:
            amount = float("inf")
        return _availability(offer) not in ("", *_FOR_SALE), amount

    return min(_offers(node), key=dear, default={})


def _amount(offer: Mapping[str, Any]) -> tuple[Any, str]:
    """(price, currency) as they stand there; "" for what does not."""
    terms = [t for t in _list(offer.get("priceSpecification")) if isinstance(t, Mapping)]
    terms = [t for t in terms if _tail(_name(t.get("priceType"))) not in _FORMER]
    for said in (offer, *terms, {"price": offer.get("lowPrice")}):
        if (price := said.get("price")) not in (None, ""):
            return price, _name(said.get("priceCurrency") or offer.get("priceCurrency"))
    return "", ""


def _price(offer: Mapping[str, Any], default_currency: str) -> Money | None:
    """Its point is decimal, as schema.org asks for; other forms are read as feeds write them."""
    amount, named = _amount(offer)
    text, currency = str(amount).strip(), named.upper() or default_currency
    if not text:
        return None
    try:
        if _PLAIN_AMOUNT.fullmatch(text):
            return Money.from_major(Decimal(text), currency)
        return Money.parse(text, currency)
    except InvalidRecord as error:
        raise InvalidField("price", f"{text} {named}".strip(), error.expected) from None


def _availability(offer: Mapping[str, Any]) -> str:
    return _tail(_name(offer.get("availability"))).replace(" ", "").replace("_", "")


def _later_offers(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    offer = _offer(node)
    if _availability(offer) in _LATER:
        yield offer


def _stock(offer: Mapping[str, Any]) -> Any:
    availability = _availability(offer)
    if availability in _NOT_TO_BE_HAD:
        return 0
    if availability not in ("", *_LATER, *_FOR_SALE):
        raise InvalidField(
            "availability", offer["availability"], "InStock, OutOfStock, PreOrder, BackOrder …"
        )
    return None if availability in _LATER else _name(offer.get("inventoryLevel")) or None


def _rating(value: Any) -> tuple[float | str | None, float | str | None]:
    """(stars out of five, how many gave them); unknown where nobody did."""
    for told in _list(value):
        if isinstance(told, Mapping):
            texts = (
                _name(told.get(key)).replace(",", ".") for key in ("ratingValue", "bestRating")
            )
            stars, best = texts
            count = _name(told.get("reviewCount")) or _name(told.get("ratingCount"))
            try:
                share = float(stars) / float(best or 5) * 5
            except (ValueError, ZeroDivisionError):
                return None, count or None
            return (None if count == "0" else share), count or None
    return None, None
