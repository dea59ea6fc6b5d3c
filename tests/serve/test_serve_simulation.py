"""What is behind a simulated shop, when it is there, and only then."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from corner_shop import CornerTown, Open, opened
from fastapi.testclient import TestClient

from shopkeeper.records import InvalidRecord
from shopkeeper.records.simulation import Simulation
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.examples import TRUTH_ASKED

TRUTH = "/v1/simulation/truth"


@pytest.fixture
def town(open_shop: Open) -> TestClient:
    return open_shop(simulated_by=opened(CornerTown()))


def test_the_shoppers(town: TestClient) -> None:
    assert town.get("/v1/simulation").json() == {
        "simulated": True,
        "shoppers": [
            {"id": "ann", "summary": "Looks for tents; minds the price.", "locale": "en"},
            {"id": "bo", "summary": "Looks for mugs.", "locale": "zh-Hans"},
        ],
    }
    assert town.get("/v1/status").json()["simulated"] is True


def test_the_truth(town: TestClient) -> None:
    asked = {"q": "Tent", "products": ["mug", "tent-2", "a lamp"]}
    assert town.post(TRUTH, json=asked).json() == {
        "simulated": True,
        "q": "Tent",
        "read_by": "book",
        "reading": "Tents",
        "products": [
            {
                "product_id": "mug",
                "grade": 1,
                "name": "Irrelevant",
                "rule": "R1",
                "reason": "An unrelated kind.",
            },
            {
                "product_id": "tent-2",
                "grade": 4,
                "name": "Excellent",
                "rule": "R5",
                "reason": "The same kind.",
            },
        ],
    }
    unread = town.post(TRUTH, json={"q": "zzz", "products": ["mug"]}).json()
    assert unread == {
        "simulated": True, "q": "zzz", "read_by": "nothing", "reading": "", "products": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"q": "tent"},
        {"products": ["mug"]},
        {"q": "tent", "products": "mug"},
        {"q": "tent", "products": ["x"] * 201},
        {"q": "t" * 513, "products": []},
        {"q": "tent", "products": [], "grade": 4},
    ],
)
def test_what_is_no_question(town: TestClient, body: object) -> None:
    answer = town.post(TRUTH, json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"


def test_a_real_shop_has_no_truth(client: TestClient) -> None:
    for answer in (client.get("/v1/simulation"), client.post(TRUTH, json=TRUTH_ASKED)):
        assert answer.status_code == 404
        assert "no simulated marketplace" in answer.json()["error"]["message"]
    status = client.get("/v1/status").json()
    assert (status["simulated"], status["jobs"]) == (False, [])


def test_one_that_is_being_opened(open_shop: Open) -> None:
    opening: Future[Simulation] = Future()
    client = open_shop(simulated_by=opening)
    for answer in (client.get("/v1/simulation"), client.post(TRUTH, json=TRUTH_ASKED)):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    status = client.get("/v1/status").json()
    assert status["simulated"] is False
    assert [job["message"] for job in status["jobs"]] == ["opening the simulated marketplace"]
    assert client.get("/readyz").status_code == 200  # the shop itself does not wait
    opening.set_result(CornerTown())
    assert client.get("/v1/simulation").status_code == 200
    status = client.get("/v1/status").json()
    assert (status["simulated"], status["jobs"]) == (True, [])


def test_one_that_could_not_be_opened_is_not_there(open_shop: Open) -> None:
    opening: Future[Simulation] = Future()
    opening.set_exception(InvalidRecord("no world", where="world.json"))
    client = open_shop(simulated_by=opening)
    answer = client.get("/v1/simulation")
    assert answer.status_code == 404
    assert "could not be opened" in answer.json()["error"]["message"]
    assert client.get("/v1/status").json()["simulated"] is False
    assert client.get("/v1/search").status_code == 200


def test_looking_needs_no_key(open_shop: Open) -> None:
    client = open_shop(
        ServeSettings(host="0.0.0.0", api_keys=("k" * 16,)), simulated_by=opened(CornerTown())
    )
    assert client.get("/v1/simulation").status_code == 200
    assert client.post(TRUTH, json=TRUTH_ASKED).status_code == 200
