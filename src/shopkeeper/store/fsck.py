"""Is the shop's folder whole?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from shopkeeper.records import CorruptArtefact, ShopkeeperError
from shopkeeper.store.artefact import abandoned, open_artefact, versions
from shopkeeper.store.folder import ShopFolder
from shopkeeper.store.log_rows import EVENTS, SERVE_LOG, Codec
from shopkeeper.store.logs import log_files, read_log_file
from shopkeeper.store.opening import SQLITE, open_keyvalue, open_products
from shopkeeper.store.registry import Registry
from shopkeeper.store.vectors import Vectors, stored_dimension


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written."""

    severity: Literal["error", "warning"]
    """error: something of the shop is lost or must not be served. warning: it heals itself."""
    where: str
    what: str
    hint: str


def check_shop(
    root: Path, shop_id: str = "shop", products: str = SQLITE, cache: str = SQLITE
) -> list[Finding]:
    """Read every byte of a shop and repair nothing; [] when all is well.

    Args:
        root: the shop's folder.
        shop_id, products, cache: as the shop's settings have them.
    """
    folder = ShopFolder(root)
    checks = (_check_artefacts, _check_registry, _check_logs, _check_vectors)
    return [
        *_check_products(folder, shop_id, products),
        *(finding for check in checks for finding in check(folder)),
        *_check_cache(folder, shop_id, cache),
    ]


def _check_products(folder: ShopFolder, shop_id: str, address: str) -> Iterator[Finding]:
    where = f"products of {shop_id}"
    if address == SQLITE:
        where = str(folder.products)
        if not folder.products.exists():
            yield Finding("error", where, "there are no products", "ingest a feed")
            return
    try:
        with open_products(folder, shop_id, address) as products:
            damage = products.damage()
    except ShopkeeperError as error:
        yield _error(error)
    else:
        for what in damage:
            yield Finding("error", where, what, "ingest the feed again")


def _check_cache(folder: ShopFolder, shop_id: str, address: str) -> Iterator[Finding]:
    if address == SQLITE and not folder.keyvalue.exists():
        return
    try:
        with closing(open_keyvalue(folder, shop_id, address)) as cache:
            cache.count()
    except ShopkeeperError as error:
        yield Finding(
            "warning", error.where, error.what, error.hint or "what is not cached is made anew"
        )


def _check_artefacts(folder: ShopFolder) -> Iterator[Finding]:
    for home in _folders(folder.artefacts):
        for version in versions(folder.artefacts, home.name):
            try:
                open_artefact(home / version)
            except (ShopkeeperError, FileNotFoundError) as error:
                if version not in versions(folder.artefacts, home.name):
                    continue  # a server has removed an old version meanwhile
                if not isinstance(error, ShopkeeperError):
                    raise
                yield _error(error)
        for unfinished in abandoned(home):
            yield Finding(
                "warning", str(unfinished), "its writer has died", "the next writer removes it"
            )


def _check_registry(folder: ShopFolder) -> Iterator[Finding]:
    try:
        registry = Registry(folder)
    except ShopkeeperError as error:
        yield _error(error)
        return
    for name in registry.names():
        there = versions(folder.artefacts, name)
        standing = registry.standing(name)
        for role, version in (("live", standing.live), ("the shadow", standing.shadow)):
            if version is not None and version not in there:
                yield Finding(
                    "error",
                    f"{folder.registry}: {name}",
                    f"version {version} is {role}, and is not on the disk",
                    "roll back (shopkeeper rollback), or build another (shopkeeper build)",
                )


def _check_logs(folder: ShopFolder) -> Iterator[Finding]:
    codecs: tuple[Codec[Any], ...] = (SERVE_LOG, EVENTS)
    for codec in codecs:
        for path in log_files(folder.logs, codec):
            try:
                for _ in read_log_file(path, codec):
                    pass
            except ShopkeeperError as error:
                yield _error(error)


def _check_vectors(folder: ShopFolder) -> Iterator[Finding]:
    hint = "they are encoded anew when needed; delete the folder to save the space"
    for home in _folders(folder.vectors):
        try:
            vectors = Vectors(folder.vectors, home.name, stored_dimension(home))
        except CorruptArtefact as error:
            yield Finding(
                "warning", error.where, error.what, "it is made anew with the next vector"
            )
            continue
        except ShopkeeperError as error:
            yield _error(error)
            continue
        if damage := vectors.damage():
            yield Finding("warning", str(home), f"{damage:,} vectors have changed", hint)


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []


def _error(error: ShopkeeperError) -> Finding:
    what = f"{error.what}; expected {error.expected}" if error.expected else error.what
    return Finding("error", error.where, what, error.hint)
