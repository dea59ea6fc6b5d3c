"""How does an answer become bytes?"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shopkeeper.serve.answers import ErrorAnswer
from shopkeeper.serve.problems import Problem, answer_to


class Json(JSONResponse):
    """A dataclass or plain value as JSON. Floats keep their bits; no cache may keep the answer."""

    def __init__(
        self, content: object, status_code: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(content, status_code, {"Cache-Control": "no-store", **(headers or {})})

    def render(self, content: object) -> bytes:
        return orjson.dumps(content)


class JsonRequest(Request):
    """Reads bodies as strict JSON: no NaN, no lone surrogates, no other content type."""

    async def body(self) -> bytes:
        body = await super().body()
        if body and not is_json(self):
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"a body of type {self.headers.get('content-type', '(none)')!r:.80}",
                where="Content-Type",
                expected="application/json",
            )
        return body

    async def json(self) -> Any:
        return orjson.loads(await self.body())


class JsonRoute(APIRoute):
    """A route whose bodies are read by `JsonRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handle_json


def is_json(request: Request) -> bool:
    """Whether the body is declared as JSON, which no HTML form of another site can do."""
    return media_type(request) == "application/json"


def media_type(request: Request) -> str:
    """The content type without its parameters, in lower case; "" when there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def reply_to(error: Exception) -> Json:
    """The answer to whom caused `error`."""
    status, detail, headers = answer_to(error)
    return Json(ErrorAnswer(detail), status, headers)
