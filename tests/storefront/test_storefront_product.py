"""What does a product's page do? Variants, facts, pictures, and titles that are no title."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from demo_shop import HOSTILE, HOSTILE_TITLE, JACKET
from playwright.sync_api import Page, expect

from conftest import Storefront, Visit, Watch, agree, settle
from shopkeeper.records import CART, CLICK, Product

pytestmark = pytest.mark.browser

JACKET_PAGE = f"/?product={quote(JACKET['id'])}"


def offer(page: Page) -> str:
    return page.locator(".offer").inner_text()


def test_from_a_tile_to_the_product_and_back(visit: Visit) -> None:
    page = visit("/?q=fell+rain+jacket")
    page.get_by_role("link", name=JACKET["title"], exact=True).click()
    expect(page.locator(".product h1")).to_have_text(JACKET["title"])
    assert page.title() == f"{JACKET['title']} · Hearth & Trail"
    assert page.locator(".breadcrumbs a").all_inner_texts() == [
        "All",
        "Outdoor clothing",
        "Jackets",
    ]
    assert page.locator(".facts td").all_inner_texts() == ["Yes", "Fixed", "10,000"]
    assert page.locator(".description p").count() == 2
    page.go_back()
    expect(page.locator("h1")).to_contain_text("for “fell rain jacket”")


def test_picking_a_variant(visit: Visit) -> None:
    page = visit(JACKET_PAGE)
    assert "$99.00" in offer(page)
    assert "fj-red-s" in offer(page)
    page.get_by_text("Navy", exact=True).click()
    assert "$89.00" in offer(page)
    assert "fj-blue-s" in offer(page)
    page.get_by_text("M", exact=True).click()
    assert "Out of stock" in offer(page)
    assert page.get_by_role("button", name="Out of stock").is_disabled()
    assert page.url.endswith("sku=fj-blue-m")
    # No red L is made: the nearest jacket in L is blue.
    page.get_by_text("Red", exact=True).click()
    assert "missing" in str(page.locator(".pill", has_text="L").last.get_attribute("class"))
    assert "Only 2 left" in offer(page)
    page.get_by_text("L", exact=True).click()
    assert "fj-blue-l" in offer(page)
    page.reload()
    settle(page)
    assert "fj-blue-l" in offer(page)


def test_add_to_cart_is_an_event_and_a_note(visit: Visit, storefront: Storefront) -> None:
    page = visit("/?q=fell+rain+jacket")
    agree(page)
    query_id = page.locator(".tile h3 a").first.get_attribute("data-from")
    page.get_by_role("link", name=JACKET["title"], exact=True).click()
    page.locator(".product").wait_for()
    with page.expect_response(re.compile("/v1/events")):
        page.get_by_role("button", name="Add to cart").click()
    expect(page.locator(".toast")).to_contain_text(JACKET["title"])
    events = [e for e in storefront.shop.events if e.action in (CLICK, CART)]
    assert [e.action for e in events] == [CLICK, CART]
    for event in events:
        assert event.product_id == JACKET["id"]
        assert event.position == 0
        assert str(event.query_id) in str(query_id)


def test_a_product_that_is_gone(visit: Visit, watch: Watch) -> None:
    watch.expected.append("404")
    page = visit("/?product=gone")
    expect(page.locator("[data-trouble=missing]")).to_be_visible()


def test_a_hostile_title_is_a_text(visit: Visit) -> None:
    hits = visit("/?filter=brand:%3Cb%3EBold%3C/b%3E")
    expect(hits.locator(".tile h3")).to_have_text(HOSTILE_TITLE)
    expect(hits.locator(".chip").first).to_have_text("<b>Bold</b>")
    page = visit(f"/?product={quote(HOSTILE['id'])}")
    expect(page.locator(".product h1")).to_have_text(HOSTILE_TITLE)
    expect(page.locator(".facts th")).to_have_text("<u>name</u>")
    box = page.locator("#words")
    box.fill("<script>")
    expect(page.get_by_role("option").first).to_contain_text("<script>")
    for shown in (hits, page):
        shown.wait_for_timeout(200)
        assert shown.evaluate("window.broken") is None
        assert (
            shown.locator("main script, main i, main u, [onerror], [href^=javascript]").count() == 0
        )
        picture = shown.locator("main img").first
        assert "/images/" in str(picture.get_attribute("src"))


def test_a_drawing_stands_in_for_a_missing_picture(
    visit: Visit, storefront: Storefront, watch: Watch
) -> None:
    watch.expected.append("404")
    lost = {"id": "lost", "title": "Lost picture", "price": "1.00", "image": "/nowhere/lost.png"}
    storefront.shop.catalogue.put(Product.from_dict(lost))
    try:
        page = visit("/?product=lost")
        picture = page.locator(".frame img")
        expect(picture).to_have_attribute("src", re.compile(r"/images/lost\.svg$"))
        page.wait_for_function("document.querySelector('.frame img').naturalWidth > 0")
    finally:
        storefront.shop.catalogue.delete("lost")
