"""A simulated shop: shopping as somebody, the truth of each hit, and experiments as they go on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from demo_shop import HOSTILE, JACKET
from playwright.sync_api import Page, expect
from test_storefront_care import LEAST_CONTRAST

from conftest import GOODS, PHONE, Storefront, Visit, agree, settle
from shopkeeper.records import CLICK
from shopkeeper.records.experiment import DayEffect, Experiment, MetricEffect
from shopkeeper.records.simulation import Simulation
from shopkeeper.serve import ServeSettings
from shopkeeper.serve.app import create_server
from shopkeeper.world.oracle import Oracle
from shopkeeper.world.origin import Origin

pytestmark = pytest.mark.browser

ORIGIN = Origin(settings=(f"products={GOODS}", "shoppers=50", "queries.searches=300"))
"""The world that `write_shop` takes its goods from."""
KEY = "the-key-of-the-back-office"
WORDS = "blue shoes under $100"
QUERY = "/?q=blue+shoes+under+%24100"


@contextmanager
def served(shop: Any, settings: ServeSettings, **behind: Any) -> Iterator[str]:
    server = create_server(shop, settings, **behind)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle(ORIGIN.open(), ORIGIN.scale.shoppers)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="module")
def storefront(storefront: Storefront, oracle: Oracle, folder: Path) -> Iterator[Storefront]:
    """The same shop with its marketplace behind it, on a server of its own."""
    opening: Future[Simulation] = Future()
    opening.set_result(oracle)
    settings = ServeSettings(port=0)
    with served(storefront.shop, settings, simulated_by=opening, experiments_in=folder) as address:
        yield Storefront(address, storefront.shop)


def wait_for_truth(page: Page) -> None:
    page.wait_for_selector(".truth-note")


# --- shopping as somebody ----------------------------------------------------------------------


def test_searches_and_clicks_are_those_of_whom_one_shops_as(
    visit: Visit, storefront: Storefront, oracle: Oracle
) -> None:
    someone, other = oracle.shoppers()[:2]
    page = visit("/?q=jacket")
    picker = page.get_by_label("Shop as")
    expect(picker).to_be_disabled()
    agree(page)
    expect(picker).to_have_value("")
    assert picker.locator("option").count() == 1 + len(oracle.shoppers())
    with page.expect_request(lambda r: "/v1/search" in r.url) as asked:
        picker.select_option(someone.id)
    assert f"shopper={someone.id}" in asked.value.url
    settle(page)
    page.locator(".tile h3 a").first.click()
    page.locator(".product").wait_for()
    page.wait_for_function("() => true", timeout=1_000)
    clicks = wait_for_events(storefront, CLICK)
    assert {event.shopper_id for event in clicks} == {someone.id}
    first = {event.session_id for event in clicks}
    storefront.shop.events.clear()
    page.go_back()
    settle(page)
    expect(page.get_by_label("Shop as")).to_have_value(someone.id)
    picker.select_option(other.id)
    settle(page)
    page.locator(".tile h3 a").first.click()
    clicks = wait_for_events(storefront, CLICK)
    assert {event.shopper_id for event in clicks} == {other.id}
    assert first.isdisjoint(event.session_id for event in clicks)


def wait_for_events(storefront: Storefront, action: str) -> list[Any]:
    for _ in range(100):
        found = [event for event in storefront.shop.events if event.action == action]
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no {action}")


def test_nobody_is_shopped_as_without_leave(
    visit: Visit, storefront: Storefront, oracle: Oracle
) -> None:
    page = visit("/?q=jacket")
    picker = page.get_by_label("Shop as")
    expect(picker).to_be_disabled()
    agree(page)
    picker.select_option(oracle.shoppers()[0].id)
    settle(page)
    page.get_by_label("Personalise").uncheck(force=True)
    expect(picker).to_be_disabled()
    expect(picker).to_have_value("")
    storefront.shop.events.clear()
    with page.expect_request(lambda r: "/v1/search" in r.url) as asked:
        page.locator("#words").fill("tent")
    assert "shopper=" not in asked.value.url
    settle(page)
    time.sleep(0.8)  # longer than a page must stand to have been seen
    assert storefront.shop.events == []


# --- the truth ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
def test_each_hit_bears_its_true_grade(
    visit: Visit, storefront: Storefront, size: dict[str, int] | None
) -> None:
    page = visit(QUERY, **({"viewport": size} if size else {}))
    assert page.locator(".truth").count() == 0
    switch = page.get_by_role("switch", name="truth")
    switch.click()
    wait_for_truth(page)
    assert switch.get_attribute("aria-checked") == "true"
    expect(page.locator(".truth-note")).to_contain_text("Simulated truth")
    expect(page.locator(".truth-note")).to_contain_text("colour blue (preference); price ..100")
    chips = {
        str(tile.get_attribute("data-id")): tile.locator(".truth")
        for tile in page.locator(".tile").all()
    }
    shown = {
        product_id: int(str(chip.get_attribute("data-grade")))
        for product_id, chip in chips.items()
        if chip.count()
    }
    asked = {"q": WORDS, "products": list(shown)}
    answer = page.request.post(f"{storefront.address}/v1/simulation/truth", data=asked).json()
    assert answer["simulated"] is True
    assert shown == {each["product_id"]: each["grade"] for each in answer["products"]}
    assert chips.keys() - shown.keys() <= {JACKET["id"], HOSTILE["id"]}  # of no world
    assert set(shown.values()) == {1, 2, 3, 4}
    for chip in page.locator(".truth").all():
        expect(chip).to_contain_text("simulated")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    switch.click()
    expect(page.locator(".truth")).to_have_count(0)


def test_the_reason_opens_by_keyboard_and_does_not_follow_the_link(visit: Visit) -> None:
    page = visit(QUERY + "&truth=1")
    wait_for_truth(page)
    chip = page.locator(".truth").first
    reason = chip.locator("p")
    expect(reason).to_be_hidden()
    chip.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(reason).to_be_visible()
    expect(reason).to_contain_text("Rule R")
    page.keyboard.press("Enter")
    expect(reason).to_be_hidden()
    chip.locator("summary").click()
    expect(reason).to_be_visible()
    assert "q=blue+shoes" in page.url


def test_what_is_not_understood_bears_no_grade(visit: Visit) -> None:
    page = visit("/?q=fell&truth=1")
    wait_for_truth(page)
    expect(page.locator(".truth-note")).to_contain_text("Nothing was understood")
    assert page.locator(".tile").count() > 0
    assert page.locator(".truth").count() == 0
    page = visit("/?filter=in_stock:true")
    wait_for_truth(page)
    expect(page.locator(".truth-note")).to_contain_text("Without a query")


def test_a_real_shop_shows_none_of_it(visit: Visit, storefront: Storefront, watch: Any) -> None:
    page = visit("/?q=jacket")
    expect(page.locator(".simulation")).to_be_visible()
    with served(storefront.shop, ServeSettings(port=0)) as real:
        page.goto(real + QUERY + "&truth=1")
        settle(page)
        assert page.locator(".tile").count() > 0
        expect(page.locator(".simulation")).to_be_hidden()
        assert page.locator(".truth, .truth-note").count() == 0
        page.goto(storefront.address)
        settle(page)
    assert watch.faults  # it went to another server, as this test has it, and nothing else
    assert all(fault.startswith(f"asked elsewhere: {real}") for fault in watch.faults)
    watch.faults.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_grades_and_figures_can_be_read(visit: Visit, folder: Path, scheme: str) -> None:
    write(folder, experiment(day=9))
    page = visit(QUERY + "&truth=1", color_scheme=scheme)
    wait_for_truth(page)
    page.evaluate("document.querySelectorAll('.truth').forEach((e) => { e.open = true; })")
    measured = page.evaluate(LEAST_CONTRAST)
    page.goto(page.url.split("/?")[0] + "/backoffice/experiments/")
    page.wait_for_selector(".experiment")
    measured += page.evaluate(LEAST_CONTRAST)
    assert len(measured) > 100
    ratio, where = min(measured)
    assert ratio >= 4.5, where


# --- experiments -------------------------------------------------------------------------------


def experiment(day: int, days: int = 10, name: str = "exact-first") -> Experiment:
    """Clicks rise by 5 %, known ever better; of purchases less is known."""
    state = "done" if day == days else "running"
    widths = {"clicks": 0.12, "purchases": 0.4}
    lifts = {"clicks": 0.05, "purchases": -0.02}
    series = tuple(
        DayEffect(each, metric, lifts[metric], lifts[metric] - width / each**0.5,
                  lifts[metric] + width / each**0.5)
        for each in range(1, day + 1)
        for metric, width in widths.items()
    )  # fmt: skip
    last = {each.metric: each for each in series}
    metrics = tuple(
        MetricEffect(name, 2.0, 2.0 * (1 + each.lift), each.lift, each.low, each.high,
                     significant=not each.low <= 0 <= each.high)
        for name, each in last.items()
        if each.lift is not None and each.low is not None and each.high is not None
    )  # fmt: skip
    return Experiment(
        name, "ab", state, True, 1_000, 1_000 + day, ("today", "exact first"), day, days,
        metrics, series, {"clicks": 0.05}, "Exact matches come first.",
    )  # fmt: skip


def write(folder: Path, given: Experiment) -> None:
    """All at once, as whoever runs an experiment does."""
    half = folder / f".{given.name}.tmp"
    half.write_text(json.dumps(given.to_dict()), "utf-8")
    half.replace(folder / f"{given.name}.json")


def open_office(visit: Visit, **options: Any) -> Page:
    """The page of experiments; pages of the shop are settled otherwise."""
    page = visit("/", **options)
    page.goto(page.url + "backoffice/experiments")
    page.wait_for_selector("main[data-page]")
    return page


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
def test_an_experiment_is_watched_as_it_goes_on(
    visit: Visit, folder: Path, size: dict[str, int] | None
) -> None:
    write(folder, experiment(day=2))
    page = open_office(visit, **({"viewport": size} if size else {}))
    card = page.locator('.experiment[data-name="exact-first"]')
    expect(card).to_contain_text("Running")
    expect(card).to_contain_text("Simulated")
    expect(card).to_contain_text("Day 2 of 10")
    clicks = card.locator('tr[data-metric="clicks"]')
    expect(clicks).to_contain_text("no clear effect")
    narrow = card.locator('tr[data-metric="clicks"] .interval')
    wide = card.locator('tr[data-metric="purchases"] .interval')
    widths = [part.bounding_box()["width"] for part in (narrow, wide)]  # type: ignore[index]
    assert widths[1] / widths[0] == pytest.approx(0.4 / 0.12, rel=0.05)
    plots = clicks.locator(".interval-plot")
    assert plots.get_attribute("aria-label") == (
        "clicks: +5.0 %, from −3.5 % to +13 %; in truth +5.0 %"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    card.get_by_label("Day by day").select_option("purchases")
    write(folder, experiment(day=10))
    expect(card).to_contain_text("Day 10 of 10", timeout=8_000)
    expect(card).to_contain_text("Done")
    expect(clicks).to_contain_text("clearly more")
    picked = card.get_by_label("Day by day")
    expect(picked).to_have_value("purchases")
    drawing = card.get_by_role("img", name="Lift by day: after day 10 −2.0 %")
    assert len(str(drawing.locator(".line").get_attribute("points")).split()) == 10


def test_without_experiments_it_says_how_to_begin(visit: Visit, folder: Path) -> None:
    for path in folder.glob("*.json"):
        path.unlink()
    page = open_office(visit)
    expect(page.locator("main")).to_contain_text("shopkeeper experiment ab")
    (folder / "odd.json").write_text("{", "utf-8")
    page.reload()
    expect(page.locator(".unreadable")).to_contain_text("odd.json")
    (folder / "odd.json").unlink()


def test_the_back_office_asks_for_the_key(
    visit: Visit, storefront: Storefront, folder: Path, watch: Any
) -> None:
    write(folder, experiment(day=3))
    watch.expected.append("401")
    page = visit("/")
    settings = ServeSettings(port=0, api_keys=(KEY,))
    with served(storefront.shop, settings, experiments_in=folder) as locked:
        page.goto(locked + "/backoffice/experiments/")
        field = page.get_by_label("key")
        expect(field).to_be_focused()
        assert page.locator(".experiment").count() == 0
        page.keyboard.type("not the key at all")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("not one of this server")
        page.keyboard.type(KEY)
        page.keyboard.press("Enter")
        expect(page.locator(".experiment")).to_be_visible()
        page.goto(storefront.address)
        settle(page)
    watch.faults[:] = [fault for fault in watch.faults if "asked elsewhere" not in fault]
