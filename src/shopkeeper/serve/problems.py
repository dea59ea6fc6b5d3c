"""What is said when a request cannot be answered? One shape, for every cause."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shopkeeper.records import (
    Busy,
    CorruptArtefact,
    InvalidRecord,
    InvalidRequest,
    NoSpace,
    NotFound,
    Refused,
    ShopkeeperError,
    Unavailable,
)
from shopkeeper.serve.admission import Overloaded
from shopkeeper.serve.answers import ErrorDetail

RETRY_AFTER_S = 1
"""Seconds to wait before asking again."""


class Problem(HTTPException):
    """A request refused by the server itself, before the shop was asked."""

    def __init__(
        self,
        status: HTTPStatus,
        message: str,
        *,
        where: str = "",
        expected: str = "",
        hint: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail=message, headers=headers)
        self.error = ErrorDetail(code_of(status), message, where, expected, hint)


_CODES = {
    HTTPStatus.UNAUTHORIZED: "unauthorised",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_TIMEOUT: "too_slow",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_type",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid_request",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "headers_too_large",
    HTTPStatus.SERVICE_UNAVAILABLE: "overloaded",
}
_STATUS: Sequence[tuple[type[ShopkeeperError], HTTPStatus]] = (
    (InvalidRequest, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InvalidRecord, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Refused, HTTPStatus.CONFLICT),
    (Busy, HTTPStatus.SERVICE_UNAVAILABLE),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (Overloaded, HTTPStatus.SERVICE_UNAVAILABLE),
    (CorruptArtefact, HTTPStatus.SERVICE_UNAVAILABLE),
    (NoSpace, HTTPStatus.INSUFFICIENT_STORAGE),
)

Answer: TypeAlias = tuple[HTTPStatus, ErrorDetail, Mapping[str, str]]
"""Status, body, further headers."""


def answer_to(error: Exception) -> Answer:
    """What to say to whom caused `error`; nothing of a bug's inside goes out."""
    if isinstance(error, RequestValidationError):
        return HTTPStatus.UNPROCESSABLE_ENTITY, _first_mistake(error.errors()), {}
    if isinstance(error, Problem):
        return HTTPStatus(error.status_code), error.error, error.headers or {}
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return status, ErrorDetail(code_of(status), status.description), error.headers or {}
    if isinstance(error, ShopkeeperError):
        status = next((s for kind, s in _STATUS if isinstance(error, kind)), HTTPStatus.CONFLICT)
        unavailable = status == HTTPStatus.SERVICE_UNAVAILABLE
        return status, detail(error), {"Retry-After": str(RETRY_AFTER_S)} if unavailable else {}
    return (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        ErrorDetail("bug", "the server made a mistake", hint="its log has the details"),
        {},
    )


def detail(error: ShopkeeperError) -> ErrorDetail:
    """The error's four parts, under a code made from its name: InvalidRecord, invalid_record."""
    code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
    return ErrorDetail(code, error.what, error.where, error.expected, error.hint)


def _first_mistake(mistakes: Sequence[Any]) -> ErrorDetail:
    first = mistakes[0]
    more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    message = first.get("ctx", {}).get("error") or first["msg"]
    return ErrorDetail(
        "invalid_request",
        f"{message}{more}",
        where=".".join(str(step) for step in first["loc"]),
        hint="GET /openapi.json describes every field",
    )


def code_of(status: HTTPStatus) -> str:
    """The code of a problem that is known by its status alone."""
    return _CODES.get(status, f"http_{status.value}")
