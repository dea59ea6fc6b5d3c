"""A demo shop, as `shopkeeper up` makes it but smaller and without an encoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.assemble.ingest import ensure_shop, ingest
from shopkeeper.assemble.settings import ShopSettings
from shopkeeper.world import write_demo
from shopkeeper.world.origin import Origin

PRODUCTS = 400
"""A larger world begins with the products of a smaller one, so examples hold for both."""


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a shop in shops/demo, to run the documents' commands in."""
    folder = tmp_path_factory.mktemp("workplace")
    shop = folder / "shops" / "demo"
    ensure_shop(shop, ShopSettings(shop_id="demo", name="Demo", encoder="none"))
    write_demo(shop, Origin(settings=(f"products={PRODUCTS}",)))
    ingest(shop, shop / "feed.jsonl")
    return folder
