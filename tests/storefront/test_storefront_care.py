"""Whom does it leave out, and whom does it follow? Keyboard, contrast, motion, privacy."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from conftest import PHONE, Storefront, Visit, agree, settle
from shopkeeper.records import CART, CLICK, IMPRESSION

pytestmark = pytest.mark.browser

LEAST_CONTRAST = """() => {
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    return pixel.getImageData(0, 0, 1, 1).data;
  };
  const light = (colour) => {
    const [r, g, b] = [...rgba(colour)].slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (rgba(colour)[3] === 255) return colour;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const says = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const exempt = element.closest(".unseen, [aria-disabled], :disabled, .skip");
    if (!says || exempt || !element.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.outerHTML.slice(0, 90)]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_to_read(visit: Visit, scheme: str) -> None:
    page = visit("/?q=fell&why=1&filter=in_stock:true", color_scheme=scheme)
    measured = page.evaluate(LEAST_CONTRAST)
    page.goto(page.url.split("?")[0] + "?product=fell/jacket+1")
    page.locator(".product").wait_for()
    measured += page.evaluate(LEAST_CONTRAST)
    assert len(measured) > 100
    ratio, where = min(measured)
    assert ratio >= 4.5, where


def test_a_purchase_by_keyboard_alone(visit: Visit, storefront: Storefront) -> None:
    page = visit("/")
    agree(page)
    page.reload()
    settle(page)
    press = page.keyboard.press
    press("Tab")
    assert focused(page) == "Skip to the products"
    press("/")
    page.keyboard.type("fell rain jacket")
    press("Enter")
    expect(page.locator("h1")).to_contain_text("for “fell rain jacket”")
    settle(page)
    for _ in range(200):
        press("Tab")
        if focused(page) == "Fell rain jacket":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement, '::after').outlineStyle")
    assert outline == "solid"
    press("Enter")
    expect(page.locator(".product h1")).to_have_text("Fell rain jacket")
    page.locator(".choices input:checked").first.focus()
    press("ArrowRight")
    assert "fj-blue-s" in page.locator(".offer").inner_text()
    for _ in range(3):
        press("Tab")
        if focused(page) == "Add to cart":
            break
    with page.expect_response(re.compile("/v1/events")):
        press("Enter")
    cart = [event for event in storefront.shop.events if event.action == CART]
    assert [event.sku for event in cart] == ["fj-blue-s"]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_results_are_announced(visit: Visit) -> None:
    page = visit("/?q=jacket")
    said = page.locator("[data-announce]")
    expect(said).to_have_text(re.compile(r"^\d+ results for “jacket”$"))
    assert said.get_attribute("aria-live") == "polite"


def test_motion_is_off_for_those_who_ask(visit: Visit) -> None:
    page = visit("/?q=jacket", reduced_motion="reduce")
    assert page.evaluate(
        "getComputedStyle(document.querySelector('.switch')).transitionDuration"
    ) in (
        "0s",
        "1e-06s",
    )


def test_what_was_seen_is_reported(visit: Visit, storefront: Storefront) -> None:
    page = visit("/?q=jacket&page=1")
    agree(page)
    with page.expect_response(re.compile("/v1/events")):
        page.reload()
    hits = page.locator(".found .tile").count()
    seen = [event for event in storefront.shop.events if event.action == IMPRESSION]
    assert [event.position for event in seen] == list(range(hits))
    ids = [tile.get_attribute("data-id") for tile in page.locator(".found .tile").all()]
    assert [event.product_id for event in seen] == ids
    who = {(event.query_id, event.shopper_id, event.session_id) for event in seen}
    assert len(who) == 1
    assert all(next(iter(who)))


def test_it_asks_once_and_a_yes_is_carried(visit: Visit) -> None:
    page = visit("/?q=jacket", viewport=PHONE)
    question = page.locator("[data-question]")
    switch = page.get_by_role("switch", name="Personalise")
    expect(question).to_be_visible()
    expect(switch).not_to_be_checked()
    sizes = [button.bounding_box() for button in question.get_by_role("button").all()]
    assert len({(size["width"], size["height"]) for size in sizes if size}) == 1, "both alike"
    agree(page)
    expect(question).to_be_hidden()
    expect(switch).to_be_checked()
    with page.expect_request(lambda r: "/v1/search" in r.url) as asked:
        page.reload()
    assert "shopper=" in asked.value.url
    assert "consent=true" in asked.value.url
    expect(question).to_be_hidden()
    with page.expect_request(re.compile("/v1/events")) as told:
        pass
    assert all(event["consent"] is True for event in told.value.post_data_json)


@pytest.mark.parametrize("signal", ["nothing said", "button", "switch", "browser"])
def test_without_a_yes_nothing_is_known(visit: Visit, storefront: Storefront, signal: str) -> None:
    page = visit("/?q=jacket", viewport=PHONE)
    if signal == "button":
        page.get_by_role("button", name="No, thanks").click()
    elif signal == "switch":
        agree(page)
        page.get_by_role("switch", name="Personalise").uncheck(force=True)
    elif signal == "browser":
        page.add_init_script(
            "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
        )
    page.reload()
    settle(page)
    expect(page.locator("[data-question]")).to_be_visible(visible=signal == "nothing said")
    page.wait_for_timeout(200)
    storefront.shop.events.clear()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator(".tile h3 a").first.click()
    page.locator(".product").wait_for()
    page.go_back()
    page.locator(".found").wait_for()
    page.wait_for_timeout(700)
    assert asked
    assert not [url for url in asked if "events" in url or "shopper=" in url]
    assert not [event for event in storefront.shop.events if event.action in (CLICK, IMPRESSION)]
    assert page.evaluate("localStorage.getItem('shopkeeper.client_id')") is None


def test_a_browser_that_keeps_nothing(visit: Visit) -> None:
    page = visit("/", viewport=PHONE)
    page.add_init_script(
        """for (const name of ["localStorage", "sessionStorage"]) {
          Object.defineProperty(window, name, { get() { throw new DOMException("no"); } });
        }"""
    )
    page.reload()
    page.get_by_role("switch", name="Why").click()
    page.locator("#words").fill("jacket")
    expect(page.locator(".why-hit").first).to_be_visible()
