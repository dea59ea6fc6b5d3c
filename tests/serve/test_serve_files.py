"""Files are given out of their folders and out of nowhere else; nothing is fetched for anybody."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from corner_shop import LOOPBACK, CornerShop
from fastapi.testclient import TestClient

from shopkeeper.records import Product
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.app import create_app

SECRET = "a key that nobody may read"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A shop with a folder of pictures, beside which lies what is not for the public."""
    folder = tmp_path / "shop"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "tent.svg").write_text("<svg/>")
    (folder / "shop.toml").write_text(SECRET)
    (tmp_path / "outside.svg").write_text(SECRET)
    (folder / "pictures" / "link.svg").symlink_to(tmp_path / "outside.svg")
    (folder / "pictures-of-others").mkdir()
    (folder / "pictures-of-others" / "x.svg").write_text(SECRET)

    class Pictured(CornerShop):
        @property
        def pictures(self) -> Path:  # type: ignore[override]
            return folder / "pictures"

    with TestClient(create_app(Pictured(), ServeSettings()), base_url=LOOPBACK) as client:
        yield client


def test_pictures_are_given(client: TestClient) -> None:
    assert client.get("/pictures/tent.svg").text == "<svg/>"


@pytest.mark.parametrize("folder", ["/pictures", "", "/modules"])
@pytest.mark.parametrize(
    "path",
    [
        "/../shop.toml",
        "/%2e%2e/shop.toml",
        "/..%2fshop.toml",
        "/%2e%2e%2fshop.toml",
        "/..%5cshop.toml",
        "/%252e%252e%252fshop.toml",
        "/x/../../shop.toml",
        "/....//shop.toml",
        "/%2fshop.toml",
        "/../pictures-of-others/x.svg",
        "/%2e%2e%2fpictures-of-others%2fx.svg",
        "/link.svg",
        "/tent.svg%00.toml",
        "/..%00/shop.toml",
        "/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    ],
)
def test_nothing_beside_them_is(client: TestClient, folder: str, path: str) -> None:
    answer = client.get(folder + path)
    assert answer.status_code in (400, 404, 405), answer.text
    assert SECRET not in answer.text
    assert "root:" not in answer.text


INSIDE = ("http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/x", "file:///etc/passwd")


@pytest.mark.parametrize("url", INSIDE)
def test_no_address_of_a_product_is_ever_fetched(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, where: asked.append(where))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *where, **_: asked.append(where))
    product = {"title": "Lamp", "image": url, "url": url, "price": "9.00"}
    assert client.put("/v1/products/lamp-1", json=product).is_success
    assert Product.from_dict(client.get("/v1/products/lamp-1").json()).image == url
    drawn = client.get("/images/lamp-1.svg")
    assert drawn.headers["Content-Type"].startswith("image/svg+xml")
    assert url not in drawn.text
    assert client.get("/v1/search", params={"q": "lamp"}).json()["hits"][0]["id"] == "lamp-1"
    assert asked == []
