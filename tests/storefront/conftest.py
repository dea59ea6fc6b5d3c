"""A shop behind a real server, and a real Chromium that visits it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import httpx
import pytest
from demo_shop import DemoShop, write_shop
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from shopkeeper.assemble.shop import Shop
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.app import create_server

GOODS = 400
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Storefront:
    """The shop, where it is served, and its API."""

    address: str
    shop: DemoShop

    def ask(self, path: str, **parameters: Any) -> Any:
        answer = httpx.get(self.address + path, params=parameters)
        assert answer.is_success, answer.text
        return answer.json()


@dataclass(frozen=True, slots=True)
class Watch:
    """What a page did that no page may do; `expected` are parts of errors that a test provokes."""

    address: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("console", lambda line: line.type == "error" and self._note(line.text))
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("request", lambda request: self._check(request.url))

    def _note(self, fault: str) -> None:
        if not any(part in fault for part in self.expected):
            self.faults.append(fault)

    def _check(self, url: str) -> None:
        if not url.startswith(self.address):
            self.faults.append(f"asked elsewhere: {url}")


Visit = Callable[..., Page]
"""(path, **context) → a page there; with a context's options in a browser profile of its own."""


@pytest.fixture(scope="session")
def storefront(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storefront]:
    root = tmp_path_factory.mktemp("shop")
    write_shop(root, GOODS)
    with Shop(root) as shop:
        demo = DemoShop(shop)
        server = create_server(demo, ServeSettings(port=0))
        thread = Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            yield Storefront(f"http://127.0.0.1:{port}", demo)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing = "NO CHROMIUM: the storefront was not tested in a browser"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def desktop(browser: Browser) -> Iterator[BrowserContext]:
    """One profile for most tests, so that files are loaded once; tests leave nothing in it."""
    context = browser.new_context(viewport=DESKTOP)
    yield context
    context.close()


@pytest.fixture
def watch(storefront: Storefront) -> Watch:
    return Watch(storefront.address)


@pytest.fixture
def visit(
    browser: Browser, desktop: BrowserContext, storefront: Storefront, watch: Watch
) -> Iterator[Visit]:
    """Opens pages, and fails the test afterwards for what `Watch` saw."""
    storefront.shop.events.clear()
    pages: list[Page] = []

    def opened(path: str, **options: Any) -> Page:
        context = browser.new_context(**({"viewport": DESKTOP} | options)) if options else desktop
        pages.append(page := context.new_page())
        page.set_default_timeout(15_000)
        watch.over(page)
        page.goto(storefront.address + path)
        settle(page)
        return page

    yield opened
    for page in pages:
        if page.context is desktop:
            page.evaluate("localStorage.clear()")
            page.close()
        else:
            page.context.close()
    assert not watch.faults


def agree(page: Page) -> None:
    """Say yes to being known."""
    page.get_by_role("button", name="Yes, personalise").click()


def settle(page: Page) -> None:
    """Wait until the page shows what was asked of it."""
    page.wait_for_selector("main[data-page]:not([aria-busy])")
