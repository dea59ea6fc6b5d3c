"""Who may write, and see what is for the shop's staff?"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shopkeeper.serve.problems import Problem
from shopkeeper.serve.service import Service, TheService
from shopkeeper.serve.settings import KEY_VARIABLE

_Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description=f"One of the keys that {KEY_VARIABLE} held.")),
]


async def may_write(request: Request, service: TheService, bearer: _Bearer) -> None:
    """Refuse a write without a key; on loopback without keys, one that another site sent.

    Raises:
        Problem: 401 without a right key, 403 for a page of another site.
    """
    _require_key(request, service, bearer, "writing")


async def may_see(request: Request, service: TheService, bearer: _Bearer) -> None:
    """As `may_write`, for what only the shop's staff may read."""
    _require_key(request, service, bearer, "the back office")


async def may_report(request: Request, service: TheService, bearer: _Bearer) -> None:
    """As `may_write`, unless the server takes events from anyone."""
    if service.settings.open_events:
        refuse_other_sites(request)
    else:
        await may_write(request, service, bearer)


def _require_key(
    request: Request,
    service: Service,
    bearer: HTTPAuthorizationCredentials | None,
    what: str,
) -> None:
    refuse_other_sites(request)
    settings = service.settings
    if settings.is_open:
        return
    given = bearer.credentials if bearer else ""
    if is_key(given, settings.api_keys):
        return
    raise Problem(
        HTTPStatus.UNAUTHORIZED,
        f"{what} needs a key" if not given else "the key is not one of this server's",
        where="Authorization",
        expected="Bearer KEY",
        hint="" if settings.api_keys else f"start the server with {KEY_VARIABLE} set",
        headers={"WWW-Authenticate": "Bearer"},
    )


def is_key(given: str, keys: Iterable[str]) -> bool:
    """Whether `given` is one of the keys; the time taken tells nothing about how close it is."""
    digest = hashlib.sha256(given.encode()).digest()
    found = False
    for key in keys:
        found |= hmac.compare_digest(digest, hashlib.sha256(key.encode()).digest())
    return found


def refuse_other_sites(request: Request) -> None:
    """Browsers say which page a write comes from; programs say nothing and pass."""
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    same = origin is None or origin.partition("://")[2].lower() == host.lower()
    if not same or request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "a page of another site may not write here",
            where="Origin",
            expected=f"http://{host}",
        )
