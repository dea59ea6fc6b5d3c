"""Can a shopper find it? Typing, suggestions, pages, sorting, and what happens when all fails."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, Route, expect

from conftest import PHONE, Storefront, Visit, Watch, settle

pytestmark = pytest.mark.browser


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def ids(page: Page) -> list[str | None]:
    return [tile.get_attribute("data-id") for tile in page.locator(".found .tile").all()]


def test_front_shows_departments_with_their_counts(visit: Visit, storefront: Storefront) -> None:
    page = visit("/")
    facets = storefront.ask("/v1/search", size=0)["facets"]
    counts = {
        each["value"]: str(each["count"])
        for facet in facets
        if facet["field"] == "category"
        for each in facet["values"]
        if " > " not in each["value"]
    }
    shown = page.locator(".department")
    names = shown.locator(".name").all_inner_texts()
    assert len(names) > 5
    assert dict(zip(names, shown.locator(".count").all_inner_texts(), strict=True)) == counts
    assert page.title() == "Hearth & Trail"


def test_results_follow_the_typing(visit: Visit, storefront: Storefront) -> None:
    page = visit("/")
    page.locator("#words").press_sequentially("jacket", delay=20)
    expect(page.locator("h1")).to_contain_text("for “jacket”")
    answer = storefront.ask("/v1/search", q="jacket")
    assert heading(page) == f"{answer['total']} results for “jacket”"
    assert ids(page) == [hit["id"] for hit in answer["hits"]]
    assert page.url.endswith("/?q=jacket")
    page.go_back()
    expect(page.locator(".front")).to_be_visible()
    assert page.locator("#words").input_value() == ""


def test_other_words_begin_without_the_old_filters(visit: Visit) -> None:
    page = visit("/?q=tent&filter=in_stock:true&sort=price:asc")
    box = page.locator("#words")
    box.press("Enter")
    settle(page)
    expect(page.locator(".chip")).to_have_count(1)  # the same words keep them
    box.fill("jacket")
    box.press("Enter")
    expect(page.locator("h1")).to_contain_text("for “jacket”")
    assert page.url.endswith("/?q=jacket")
    expect(page.locator(".chip")).to_have_count(0)


def test_a_late_answer_to_half_a_word_is_not_shown(visit: Visit) -> None:
    page = visit("/")

    def late(route: Route) -> None:
        time.sleep(0.3)
        route.continue_()

    page.route(re.compile(r"/v1/search\?q=tent&"), late)
    box = page.locator("#words")
    box.press_sequentially("tent")
    with page.expect_request(re.compile(r"/v1/search\?q=tent&")):
        pass
    box.fill("jacket")
    expect(page.locator("h1")).to_contain_text("for “jacket”")
    page.wait_for_timeout(500)
    assert "for “jacket”" in heading(page)


def test_suggestions_by_arrow_keys(visit: Visit, storefront: Storefront) -> None:
    page = visit("/")
    box = page.locator("#words")
    box.focus()
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()  # hints before typing
    box.press_sequentially("ca")
    offered = storefront.ask("/v1/suggest", q="ca")["suggestions"]
    expect(options.first).to_have_text(f"{offered[0]['text']}{offered[0]['hits']}")
    expect(options).to_have_count(len(offered))
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") == f"suggestion-{len(offered) - 1}"
    box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") is None
    box.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text(offered[0]["text"])
    box.press("Enter")
    expect(page.locator("h1")).to_contain_text(f"for “{offered[0]['text']}”")
    expect(page.locator("#suggestions")).to_be_hidden()
    assert box.input_value() == offered[0]["text"]


def test_escape_closes_and_then_clears(visit: Visit) -> None:
    page = visit("/?q=jacket")
    box = page.locator("#words")
    box.click()
    expect(page.locator("#suggestions")).to_be_visible()
    box.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    assert box.input_value() == "jacket"
    box.press("Escape")
    assert box.input_value() == ""


def test_a_brand_suggestion_sets_its_filter(visit: Visit, storefront: Storefront) -> None:
    brand = storefront.ask("/v1/search", size=1, q="jacket")["hits"][0]["brand"]
    page = visit("/")
    page.locator("#words").fill(brand)
    page.get_by_role("option", name=re.compile(f"^{brand} ?\\d")).click()
    expect(page.locator(".chip")).to_contain_text(brand)
    total = storefront.ask("/v1/search", filter=f"brand:{brand}", size=0)["total"]
    assert heading(page).startswith(f"{total} product")


def test_pages_are_links_that_show_every_product_once(visit: Visit, storefront: Storefront) -> None:
    page = visit("/?filter=in_stock:true&sort=price:asc")
    seen = ids(page)
    page.get_by_role("link", name="Next page").click()
    expect(page).to_have_url(re.compile("page=2"))
    settle(page)
    expect(page.locator("[aria-current=page]")).to_have_text("2")
    assert page.evaluate("scrollY") == 0
    second = ids(page)
    hits = storefront.ask("/v1/search", filter="in_stock:true", sort="price:asc", size=48)["hits"]
    assert len(seen) == len(second) == 24
    assert seen + second == [hit["id"] for hit in hits]
    page.go_back()
    expect(page.locator("[aria-current=page]")).to_have_text("1")
    settle(page)
    assert ids(page) == seen


def test_sorting_by_price(visit: Visit) -> None:
    page = visit("/?q=jacket")
    before = ids(page)
    page.get_by_label("Sort").select_option(label="Price, high to low")
    expect(page).to_have_url(re.compile("sort=price:desc"))
    settle(page)
    prices = [
        float(text.removeprefix("from ").replace("$", "").replace(",", ""))
        for text in page.locator(".found .price").all_inner_texts()
    ]
    assert len(prices) > 2
    assert prices == sorted(prices, reverse=True)
    assert sorted(map(str, ids(page))) == sorted(map(str, before))


def test_a_corrected_word_is_named(visit: Visit) -> None:
    page = visit("/?q=jakcet")
    expect(page.locator(".corrected")).to_contain_text("Showing results for jacket")
    expect(page.locator(".corrected")).to_contain_text("“jakcet”")


def test_nothing_found_leads_on(visit: Visit, storefront: Storefront) -> None:
    page = visit("/?q=jacket&filter=brand:Acme+%26+Sons&filter=price:1..2")
    assert heading(page) == "No results for “jacket”"
    wider = storefront.ask("/v1/search", q="jacket", filter="brand:Acme & Sons", size=0)["total"]
    expect(page.locator(".department").first).to_be_visible()
    page.get_by_role("link", name=re.compile(f"Without Price 1 – 2 · {wider} result")).click()
    expect(page.locator("h1")).to_have_text(f"{wider} result for “jacket”")


def test_redirect_and_refusal(visit: Visit) -> None:
    page = visit("/?q=returns")
    expect(page.locator("[data-empty=redirect]")).to_be_visible()
    page.locator("#words").press("Enter")
    expect(page.locator("h1")).to_contain_text("for “tent”")
    blocked = visit("/?q=forbidden")
    expect(blocked.locator("[data-empty=blocked]")).to_be_visible()


def test_a_busy_shop_is_asked_again_by_itself(
    visit: Visit, storefront: Storefront, watch: Watch
) -> None:
    page = visit("/?q=tent")
    watch.expected.append("503")
    storefront.shop.busy_answers = 1
    page.locator("#words").fill("jacket")
    page.locator("#words").press("Enter")
    expect(page.locator("[data-trouble=busy]")).to_contain_text("Trying again in")
    expect(page.locator("h1")).to_contain_text("for “jacket”")


def test_offline_and_back(visit: Visit, watch: Watch) -> None:
    page = visit("/?q=tent")
    watch.expected.append("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.get_by_label("Sort").select_option("price:asc")
    expect(page.locator("[data-trouble=offline]")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("h1")).to_contain_text("for “tent”")


def test_a_filter_that_the_shop_does_not_know(visit: Visit, watch: Watch) -> None:
    watch.expected.append("422")
    page = visit("/?q=tent&filter=nonsense:1")
    expect(page.locator("[data-trouble=refused]")).to_contain_text("nonsense")


@pytest.mark.parametrize("path", ["/", "/?q=jacket"])
def test_the_layout_does_not_jump(visit: Visit, path: str) -> None:
    page = visit(path, viewport=PHONE)
    page.wait_for_timeout(200)
    shift = page.evaluate(
        """() => new Promise((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(sum), 100);
        })"""
    )
    assert shift < 0.1
