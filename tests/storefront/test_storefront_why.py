"""Does it explain itself? The parts of each score, what was understood, each stage's time."""

from __future__ import annotations

from itertools import accumulate

import pytest
from playwright.sync_api import expect

from conftest import Storefront, Visit

pytestmark = pytest.mark.browser


def test_the_parts_add_up_to_the_score(visit: Visit) -> None:
    page = visit("/?q=fell&why=1")
    shown = page.locator(".why-hit").all()
    assert shown
    for hit in shown:
        score = float(str(hit.locator("[data-score]").get_attribute("data-score")))
        cells = hit.locator("[data-part-value]").all()
        parts = [float(str(cell.get_attribute("data-part-value"))) for cell in cells]
        assert len(parts) >= 3  # words, and the two rules
        assert [*accumulate(parts, initial=0.0)][-1] == score
        assert hit.locator(".burying").count() == 2  # in the bar and beside its name


def test_what_was_understood_and_done(visit: Visit, storefront: Storefront) -> None:
    page = visit("/?q=fell&why=1")
    answer = storefront.ask("/v1/search", q="fell", explain=True)
    stages = {
        row.get_attribute("data-stage"): row.locator(".state").inner_text()
        for row in page.locator(".stage").all()
    }
    assert stages == {each["stage"]: each["state"] for each in answer["stages"]}
    assert set(stages.values()) >= {"ok", "off", "degraded"}
    expect(page.locator(".stage.degraded")).to_contain_text("late: 40 ms")
    panel = page.locator(".why-page")
    for text in ("autumn", "clearance", answer["generation"], *answer["artefacts"].values()):
        expect(panel).to_contain_text(text)
    corrected = visit("/?q=jakcet&why=1").locator(".why-page")
    expect(corrected).to_contain_text("jakcet → jacket")


def test_the_switch_is_kept(visit: Visit) -> None:
    page = visit("/?q=jacket")
    assert page.locator(".why-hit").count() == 0
    switch = page.get_by_role("switch", name="Why")
    switch.click()
    expect(page.locator(".why-hit").first).to_be_visible()
    assert switch.get_attribute("aria-checked") == "true"
    page.reload()
    expect(page.locator(".why-hit").first).to_be_visible()
    switch.click()
    expect(page.locator(".why-hit")).to_have_count(0)
