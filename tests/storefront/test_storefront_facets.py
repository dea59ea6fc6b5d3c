"""Can results be narrowed? Facets with the API's counts, chips, and the sheet of a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from conftest import PHONE, Storefront, Visit, settle
from shopkeeper.records import parse_clause

pytestmark = pytest.mark.browser


def counts(facet: Locator) -> dict[str, int]:
    """What the facet's section says: value → count."""
    names = facet.locator(".value .name").all_text_contents()
    numbers = facet.locator(".value .count").all_text_contents()
    return {name: int(n.replace(",", "")) for name, n in zip(names, numbers, strict=True)}


def api_counts(answer: dict, field: str) -> dict[str, int]:
    facet = next(facet for facet in answer["facets"] if facet["field"] == field)
    return {each["value"].split(" > ")[-1]: each["count"] for each in facet["values"]}


def facet(page: Page, field: str) -> Locator:
    return page.locator(f'.facet[data-field="{field}"]')


def test_two_values_of_a_facet_and_their_counts(visit: Visit, storefront: Storefront) -> None:
    page = visit("/?filter=in_stock:true")
    brands = facet(page, "brand")
    first, second = list(counts(brands))[:2]
    chosen: list[str] = []
    for brand in (first, second):
        chosen.append(brand)
        brands.get_by_role("checkbox", name=re.compile(f"^{brand}")).check()
        expect(page.locator(".chip", has_text=brand)).to_be_visible()
        settle(page)
        filters = ["in_stock:true", f"brand:{'|'.join(chosen)}"]
        answer = storefront.ask("/v1/search", filter=filters)
        assert page.locator("h1").inner_text() == f"{answer['total']} products"
        for field in ("brand", "category"):
            assert counts(facet(page, field)) == api_counts(answer, field)
    assert counts(brands)[first] + counts(brands)[second] == answer["total"]
    # The tick stays under the keyboard's focus though the list was drawn anew.
    assert page.evaluate("document.activeElement.dataset.key") == f"brand={second}"
    page.go_back()
    expect(page.locator(".chip", has_text=second)).to_have_count(0)
    expect(page.locator(".chip", has_text=first)).to_be_visible()


def test_chips_take_filters_away(visit: Visit, storefront: Storefront) -> None:
    page = visit("/?q=jacket&filter=in_stock:true&filter=price:50..200")
    page.get_by_role("link", name="Remove Price 50 – 200").click()
    expect(page).to_have_url(re.compile(r"\?q=jacket&filter=in_stock:true$"))
    page.get_by_role("link", name="Clear all").click()
    expect(page).to_have_url(re.compile(r"\?q=jacket$"))
    total = storefront.ask("/v1/search", q="jacket", size=0)["total"]
    expect(page.locator("h1")).to_have_text(f"{total} results for “jacket”")


def test_a_price_range(visit: Visit, storefront: Storefront) -> None:
    page = visit("/?filter=in_stock:true")
    page.get_by_label("Price from").fill("20")
    page.get_by_label("Price from").press("Enter")
    expect(page).to_have_url(re.compile(r"price:20\.\.$"))
    settle(page)
    page.get_by_label("Price to").fill("40")
    page.get_by_label("Price to").press("Tab")
    expect(page).to_have_url(re.compile(r"price:20\.\.40$"))
    settle(page)
    filters = ["in_stock:true", "price:20..40"]
    total = storefront.ask("/v1/search", filter=filters, size=0)["total"]
    assert 0 < total < 400
    assert page.locator("h1").inner_text() == f"{total} products"


def test_the_category_tree(visit: Visit, storefront: Storefront) -> None:
    page = visit("/?filter=in_stock:true")
    tree = facet(page, "category")
    path = "Camping & Hiking > Tents & Shelters > Tents"
    tents = tree.locator(f'input[data-key="category={path}"]')
    expect(tents).to_be_hidden()
    tree.get_by_role("button", name="Within Camping & Hiking").click()
    tree.get_by_role("button", name="Within Tents & Shelters").click()
    tents.check()
    expect(page).to_have_url(re.compile(r"Tents\+%26\+Shelters\+%3E\+Tents"))
    settle(page)
    # The department takes the place of what lies within it, or nothing would change.
    tree.get_by_role("checkbox", name="Camping & Hiking").check()
    expect(page).not_to_have_url(re.compile("Tents"))
    settle(page)
    filters = ["in_stock:true", "category:Camping & Hiking"]
    total = storefront.ask("/v1/search", filter=filters, size=0)["total"]
    assert page.locator("h1").inner_text() == f"{total} products in Camping & Hiking"


def test_finding_within_a_facet(visit: Visit) -> None:
    page = visit("/?filter=in_stock:true")
    brands = facet(page, "brand")
    everything = list(counts(brands))
    assert brands.locator(".value:visible").count() == 8
    brands.get_by_role("button", name=f"Show all {len(everything)}").click()
    assert brands.locator(".value:visible").count() == len(everything)
    rare = everything[-1]
    brands.get_by_label("Find in Brand").fill(rare.lower())
    assert rare in brands.locator(".value:visible .name").all_inner_texts()
    assert brands.locator(".value:visible").count() < 8


def test_the_sheet_of_a_phone(visit: Visit, storefront: Storefront) -> None:
    page = visit("/?filter=price:10..", viewport=PHONE, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    expect(facet(page, "brand")).to_be_hidden()
    page.get_by_role("button", name="Filters (1)").tap()
    sheet = page.get_by_role("dialog", name="Filters")
    brand = next(iter(counts(facet(page, "brand"))))
    sheet.get_by_role("checkbox", name=re.compile(f"^{brand}")).tap()
    filters = ["price:10..", f"brand:{brand}"]
    total = storefront.ask("/v1/search", filter=filters, size=0)["total"]
    apply = sheet.get_by_role("button", name=f"Show {total} results")
    apply.tap()
    expect(sheet).to_be_hidden()
    expect(page.locator("h1")).to_have_text(f"{total} products")
    page.set_viewport_size({"width": 1200, "height": 800})
    expect(facet(page, "brand")).to_be_visible()


CLAUSES = (
    "brand:Acme|Zed",
    "-brand:Acme",
    "price:10..20",
    "price:..20.5",
    "price:10..",
    "category:Outdoor > Tents",
    "size:4.5",
    "name:a:b",
)


def test_filters_are_read_and_written_as_the_api_does(visit: Visit) -> None:
    page = visit("/")
    written = page.evaluate(
        """async (texts) => {
          const { readClause, writeClause } = await import("/modules/clauses.js");
          return texts.map((text) => writeClause(readClause(text)));
        }""",
        CLAUSES,
    )
    assert [parse_clause(text) for text in written] == [parse_clause(text) for text in CLAUSES]
