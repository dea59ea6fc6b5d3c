"""What does the OpenAPI page say about each operation's answers?"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, TypeAlias

from fastapi.routing import APIRoute

from shopkeeper.serve import examples
from shopkeeper.serve.answers import ErrorAnswer
from shopkeeper.serve.problems import RETRY_AFTER_S

Responses: TypeAlias = dict[int | str, dict[str, Any]]

PROBE = (403, 431)
"""What anything may meet: a foreign name, headers too large."""
READ = (*PROBE, 422, 503)
"""What any read may meet besides: wrong input, a full server."""
READ_BODY = (*READ, 408, 413, 415)
"""With a body: one that is slow, large, or of another type."""
WRITE = (*READ_BODY, 401)
"""What any write may meet besides: no key."""

_RETRY = {
    "Retry-After": {
        "description": "Seconds to wait before asking again.",
        "schema": {"type": "integer", "examples": [RETRY_AFTER_S]},
    }
}


def answers(example: Any, *problems: int, status: int = 200, says: str = "Done.") -> Responses:
    """The good answer with its example, and every problem that is declared beside it."""
    good = {"description": says, "content": {"application/json": {"example": example}}}
    return {status: good, **{code: _problem(HTTPStatus(code)) for code in sorted(problems)}}


def restore_nulls(description: dict[str, Any], routes: Iterable[APIRoute]) -> None:
    """Put the answers' examples back as they were: FastAPI drops every null from its description,
    also from examples, in which null is what a reader will meet."""
    for route in routes:
        for method in route.methods or ():
            described = description["paths"][route.path_format][method.lower()]["responses"]
            for status, response in route.responses.items():
                for kind, part in response["content"].items():
                    described[str(status)]["content"][kind]["example"] = part["example"]


def drop_security(description: dict[str, Any]) -> None:
    """Describe a server whose writes need no key."""
    for operations in description["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)


def methods_of(path: str, routes: Iterable[APIRoute]) -> list[str]:
    """The methods that the address takes, in the order of the alphabet."""
    return sorted(
        method for route in routes if route.path == path for method in route.methods or ()
    )


def _problem(status: HTTPStatus) -> dict[str, Any]:
    return {
        "model": ErrorAnswer,
        "description": status.phrase,
        "content": {"application/json": {"example": examples.problem(status)}},
        **({"headers": _RETRY} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}),
    }
