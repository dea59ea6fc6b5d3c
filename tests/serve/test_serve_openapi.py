"""The description is complete, its examples are true, and nothing it allows breaks the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from corner_shop import CornerShop, Live
from hypothesis import HealthCheck, settings
from jsonschema_rs import Draft202012Validator
from schemathesis.checks import positive_data_acceptance

from shopkeeper.serve import ServeSettings
from shopkeeper.serve.app import create_app

_description: dict[str, Any] = create_app(CornerShop(), ServeSettings()).openapi()
_schema = schemathesis.openapi.from_dict(_description)


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for address, methods in _description["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {address}", operation


OPERATIONS = dict(_operations())


def test_every_operation_of_the_contract_is_described() -> None:
    assert _description["openapi"].startswith("3.1.")
    assert OPERATIONS.keys() == {
        "GET /v1/search",
        "POST /v1/search",
        "GET /v1/suggest",
        "POST /v1/rerank",
        "GET /v1/products/{id}",
        "PUT /v1/products/{id}",
        "PATCH /v1/products/{id}",
        "DELETE /v1/products/{id}",
        "POST /v1/products/_bulk",
        "POST /v1/events",
        "DELETE /v1/shoppers/{id}",
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
        "GET /v1/status",
        "GET /images/{id}.svg",
        "GET /v1/simulation",
        "POST /v1/simulation/truth",
        "GET /v1/experiments",
    }
    for operation in OPERATIONS.values():
        assert operation["summary"]
        assert operation["description"]
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)


def _examples(part: dict[str, Any]) -> list[Any]:
    if "example" in part:
        return [part["example"]]
    return [example["value"] for example in part.get("examples", {}).values()]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_body_has_an_example_that_fits_its_schema(name: str) -> None:
    operation = OPERATIONS[name]
    bodies = [*operation["responses"].values()]
    bodies += [operation["requestBody"]] if "requestBody" in operation else []
    checked = 0
    for body in bodies:
        for part in body["content"].values():
            schema = {**part["schema"], "components": _description["components"]}
            for example in _examples(part):
                Draft202012Validator(schema).validate(example)
                checked += 1
        assert any(_examples(part) for part in body["content"].values())
    assert checked >= len(bodies) > 1


@pytest.mark.parametrize("name", OPERATIONS)
def test_only_a_declared_503_is_above_499_and_it_says_when_to_retry(name: str) -> None:
    responses = OPERATIONS[name]["responses"]
    assert [status for status in responses if status >= "500"] in ([], ["503"])
    if "503" in responses:
        assert "Retry-After" in responses["503"]["headers"]


@_schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_schemathesis_sends_breaks_the_server(
    case: schemathesis.Case, live: Live
) -> None:
    case.call_and_validate(
        live.address,
        headers={"Authorization": f"Bearer {live.key}"},
        # Whether a filter's field exists, a sku is the product's: no schema can say it.
        excluded_checks=[positive_data_acceptance],
    )
