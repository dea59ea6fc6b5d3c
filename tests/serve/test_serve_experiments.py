"""What the back office sees of the shop's experiments, and who may look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corner_shop import Open
from fastapi.testclient import TestClient

from shopkeeper.records.experiment import Experiment
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.examples import EXPERIMENTS

KEY = "k" * 16
ADDRESS = "/v1/experiments"


def write(folder: Path, name: str, **changes: object) -> None:
    folder.mkdir(exist_ok=True)
    data = {**EXPERIMENTS["experiments"][0], "name": name, **changes}
    (folder / f"{name}.json").write_text(json.dumps(data), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "experiments"


def test_running_ones_come_first_then_the_latest(open_shop: Open, folder: Path) -> None:
    client = open_shop(experiments_in=folder)
    assert client.get(ADDRESS).json() == {"experiments": [], "unreadable": []}
    late = EXPERIMENTS["experiments"][0]["updated_ms"] + 1
    write(folder, "a", state="done")
    write(folder, "b", state="failed", updated_ms=late)
    write(folder, "c")
    found = client.get(ADDRESS).json()["experiments"]
    assert [each["name"] for each in found] == ["c", "b", "a"]
    assert found[0] == {**EXPERIMENTS["experiments"][0], "name": "c"}
    assert Experiment.from_dict(found[0]).name == "c"


def test_a_file_that_is_no_experiment_is_named(open_shop: Open, folder: Path) -> None:
    write(folder, "good")
    write(folder, "odd", days="ten")
    (folder / "cut.json").write_text('{"name": ', "utf-8")
    (folder / "notes.txt").write_text("not looked at", "utf-8")
    answer = open_shop(experiments_in=folder).get(ADDRESS).json()
    assert [each["name"] for each in answer["experiments"]] == ["good"]
    reasons = {each["file"]: each["reason"] for each in answer["unreadable"]}
    assert reasons.keys() == {"cut.json", "odd.json"}
    assert "days 'ten'" in reasons["odd.json"]


def test_a_shop_without_experiments(client: TestClient) -> None:
    assert client.get(ADDRESS).json() == {"experiments": [], "unreadable": []}


@pytest.mark.parametrize(
    ("settings", "key", "status"),
    [
        (ServeSettings(), None, 200),
        (ServeSettings(api_keys=(KEY,)), None, 401),
        (ServeSettings(api_keys=(KEY,)), "w" * 16, 401),
        (ServeSettings(api_keys=(KEY,)), KEY, 200),
        (ServeSettings(host="0.0.0.0"), None, 401),
    ],
)
def test_only_staff_may_look(
    open_shop: Open, folder: Path, settings: ServeSettings, key: str | None, status: int
) -> None:
    write(folder, "secret")
    client = open_shop(settings, experiments_in=folder)
    answer = client.get(ADDRESS, headers={"Authorization": f"Bearer {key}"} if key else {})
    assert answer.status_code == status
    assert ("secret" in answer.text) == (status == 200)


def test_a_page_of_another_site_may_not_look(open_shop: Open, folder: Path) -> None:
    write(folder, "secret")
    headers = {"Origin": "https://evil.example"}
    answer = open_shop(experiments_in=folder).get(ADDRESS, headers=headers)
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_the_page_is_there_and_holds_nothing(open_shop: Open, folder: Path) -> None:
    write(folder, "secret")
    client = open_shop(ServeSettings(api_keys=(KEY,)), experiments_in=folder)
    answer = client.get("/backoffice/experiments")
    assert answer.status_code == 200
    assert "Experiments" in answer.text
    assert "secret" not in answer.text
