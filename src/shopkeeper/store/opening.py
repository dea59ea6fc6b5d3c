"""Where are this shop's products and cached answers? In its folder, or at an address."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from shopkeeper.records import InvalidRequest, Refused
from shopkeeper.store.folder import ShopFolder
from shopkeeper.store.keyvalue import KeyValue
from shopkeeper.store.products import Products
from shopkeeper.store.sqlite import SqliteKeyValue, SqliteProducts

SQLITE: Final = "sqlite"
"""The file in the shop's folder."""

_KINDS: Final = {
    "products": ("postgresql://", "postgres://"),
    "cache": ("redis://", "rediss://", "unix://"),
}
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def open_products(folder: ShopFolder, shop_id: str, address: str = SQLITE) -> Products:
    """The products of the shop, in the folder's SQLite file or in PostgreSQL.

    Args:
        shop_id: tells the shops of one database apart.
        address: `SQLITE`, or `postgresql://…`; ``${NAME}`` in it is taken from the environment.

    Raises:
        InvalidRequest: the address is none, or the environment lacks a name.
        Unavailable: nobody answers there.
        Refused: somebody else's tables, or a newer Shopkeeper's.
    """
    if address == SQLITE:
        return SqliteProducts(folder.products)
    try:
        from shopkeeper.store.postgres import PostgresProducts
    except ModuleNotFoundError as error:
        raise _without(error, "postgres") from None
    return PostgresProducts(_resolved("products", address), shop_id)


def open_keyvalue(folder: ShopFolder, shop_id: str, address: str = SQLITE) -> KeyValue:
    """The shop's cached answers, in the folder's SQLite file or in Redis.

    Redis is asked at the first call, so that a cache that is away keeps no shop from opening.

    Args:
        shop_id: tells the shops of one store apart.
        address: `SQLITE`, or `redis://…`; ``${NAME}`` in it is taken from the environment.

    Raises:
        InvalidRequest: the address is none, or the environment lacks a name.
    """
    if address == SQLITE:
        return SqliteKeyValue(folder.keyvalue, shop_id)
    try:
        from shopkeeper.store.redis_keyvalue import RedisKeyValue
    except ModuleNotFoundError as error:
        raise _without(error, "redis") from None
    return RedisKeyValue(_resolved("cache", address), shop_id)


def check_address(key: str, address: str) -> None:
    """Raises InvalidRequest when the setting `key` cannot be that; it may hold a password, and is
    not repeated."""
    if address != SQLITE and not address.startswith((*_KINDS[key], "${")):
        raise InvalidRequest(
            f"{key} names no place", expected=f'"{SQLITE}", or {_KINDS[key][0]}… in full'
        )


def _resolved(key: str, address: str, environment: Mapping[str, str] = os.environ) -> str:
    """The address with the environment's values; within it they are percent-encoded."""
    check_address(key, address)
    is_whole = _VARIABLE.fullmatch(address)

    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise InvalidRequest(
                f"the environment has no {match[1]}",
                where=f"address of the {key}",
                hint=f"set {match[1]} for this process",
            )
        return environment[match[1]] if is_whole else quote(environment[match[1]], safe="")

    resolved = _VARIABLE.sub(value, address)
    if not resolved.startswith(_KINDS[key]):
        raise InvalidRequest(
            "no such address", where=f"address of the {key}", expected=f"{_KINDS[key][0]}…"
        )
    return resolved


def _without(error: ModuleNotFoundError, extra: str) -> Refused:
    return Refused(
        f"the library {error.name} is not installed",
        hint=f"pip install 'shopkeeper-search[{extra}]'",
    )
