"""How is a shopper forgotten? Logs, what was computed ahead, and a list of what counted them."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from shopkeeper.records import Forgotten, InvalidRequest, ShopkeeperError
from shopkeeper.store.artefact import Artefact, open_artefact, versions
from shopkeeper.store.folder import ShopFolder
from shopkeeper.store.keyvalue import personal_key
from shopkeeper.store.locks import exclusive
from shopkeeper.store.log_rows import EVENTS, SERVE_LOG
from shopkeeper.store.opening import SQLITE, open_keyvalue
from shopkeeper.store.sealed import JSON, seal, sync, unseal
from shopkeeper.store.trail import Trail, count_trail, find_trail, remove_trail

_FORMAT: Final = 1
_WAIT_S = 600.0
"""Another rewriting of the logs reads all of them."""
_LINEAGE = "serve-log@"


def forget(
    folder: ShopFolder,
    shop_id: str,
    shopper_id: str,
    *,
    cache: str = SQLITE,
    dry_run: bool = False,
) -> Forgotten:
    """Remove all that the shop's folder knows of a shopper, beside servers that write to it.

    What the shopper does meanwhile or afterwards is new. Killed at any moment, a second run, for
    this shopper or another, finishes it.

    Args:
        cache: where what is computed ahead is kept; as in `open_keyvalue`.
        dry_run: only say what would be removed.

    Raises:
        InvalidRequest: no id is given.
        CorruptArtefact, Refused: a line of the logs cannot be read; nothing has been removed.
        Busy: others do the same, or a reader holds on to what was removed.
    """
    if not shopper_id:
        raise InvalidRequest("nobody's id", expected="the id of a shopper, or of a session")
    if dry_run:
        trail = find_trail(folder.logs, shopper_id)
        counts = count_trail(folder.logs, trail)
        entries = _entries(folder, shop_id, cache, shopper_id, dry_run=True)
        return _forgotten("", counts[SERVE_LOG.name], counts[EVENTS.name], entries, folder, trail)
    with logs_lock(folder, "forgetting a shopper"):
        finish_forgetting(folder, shop_id, cache)
        return _forget(folder, shop_id, cache, find_trail(folder.logs, shopper_id))


def logs_lock(
    folder: ShopFolder, what: str, *, wait_s: float = _WAIT_S
) -> AbstractContextManager[None]:
    """Held by whoever takes something out of the logs; raises Busy after `wait_s`."""
    return exclusive(folder.root / "logs.lock", what, wait_s=wait_s)


def finish_forgetting(folder: ShopFolder, shop_id: str, cache: str = SQLITE) -> None:
    """Go on with what was killed, if there is such; hold the logs' lock."""
    if folder.forgetting.exists():
        plan: Any = unseal(folder.forgetting, _FORMAT)
        sets = {name: frozenset(plan[name]) for name in ("sessions", "pages")}
        trail = Trail(plan["shopper_id"], **sets, since_ms=plan["since_ms"])
        _forget(folder, shop_id, cache, trail)


def serve_log_lineage(latest_ms: int | None) -> list[str]:
    """How a manifest says up to which row of the serve log an artefact counted; none: of no row."""
    return [] if latest_ms is None else [f"{_LINEAGE}{latest_ms}"]


def _forget(folder: ShopFolder, shop_id: str, cache: str, trail: Trail) -> Forgotten:
    # A row that is gone leads nowhere any more, so who is meant is written down before.
    plan: dict[str, JSON] = {
        "format": _FORMAT,
        "shopper_id": trail.shopper_id,
        "sessions": tuple(sorted(trail.sessions)),
        "pages": tuple(sorted(trail.pages)),
        "since_ms": trail.since_ms,
    }
    seal(folder.forgetting, plan)
    removed = remove_trail(folder.logs, trail)
    entries = _entries(folder, shop_id, cache, trail.shopper_id, dry_run=False)
    receipt = secrets.token_hex(8)
    done = _forgotten(
        receipt, removed[SERVE_LOG.name], removed[EVENTS.name], entries, folder, trail
    )
    _append(folder.forgotten, orjson.dumps({"format": _FORMAT, **asdict(done)}) + b"\n")
    folder.forgetting.unlink()
    sync(folder.root)
    return done


def _forgotten(
    receipt: str, pages: int, events: int, entries: int, folder: ShopFolder, trail: Trail
) -> Forgotten:
    made = () if trail.since_ms is None else tuple(_made_since(folder.artefacts, trail.since_ms))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Forgotten(receipt, at, pages, events, entries, made)


def _entries(
    folder: ShopFolder, shop_id: str, cache: str, shopper_id: str, *, dry_run: bool
) -> int:
    if cache == SQLITE and not folder.keyvalue.exists():
        return 0
    prefix = personal_key(shopper_id, "")
    store = open_keyvalue(folder, shop_id, cache)
    try:
        return store.count(prefix) if dry_run else store.erase(prefix)
    finally:
        store.close()


def _made_since(artefacts: Path, since_ms: int) -> Iterator[str]:
    homes: Iterable[Path] = artefacts.iterdir() if artefacts.is_dir() else ()
    for home in sorted(path for path in homes if path.is_dir()):
        for version in versions(artefacts, home.name):
            try:
                latest_ms = _counted(open_artefact(home / version, verify=False))
            except ShopkeeperError:  # nobody knows what a damaged one was made from
                latest_ms = since_ms
            if latest_ms >= since_ms:
                yield f"{home.name}@{version}"


def _counted(artefact: Artefact) -> int:
    """The time of the latest row of the serve log that it was made from; −1: of none."""
    told = (re.fullmatch(rf"{_LINEAGE}(\d+)", line) for line in artefact.lineage)
    return max((int(found[1]) for found in told if found), default=-1)


def _append(path: Path, line: bytes) -> None:
    with path.open("ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
