"""The storefront for everybody: without a mouse, on small screens, and what axe-core finds."""

import re
from typing import Any

import pytest
from playwright.async_api import FloatRect, Locator, Page, ViewportSize, expect
from tests.e2e.browser import WEB
from tests.e2e.visitor import STADIUM_SHOW, Arrivals, Visitor

PHONE: ViewportSize = {"width": 390, "height": 844}
SMALLEST: ViewportSize = {"width": 320, "height": 568}


async def test_a_purchase_with_the_keyboard_alone(arrivals: Arrivals) -> None:
    visitor = await arrivals.visitor()
    page = visitor.page
    keys = page.keyboard

    await page.goto("/")
    await visitor.tab_to(page.get_by_label("Artist, team or venue"))
    await keys.type("Hamlet")
    await keys.press("Enter")
    await visitor.tab_to(page.locator(".events").get_by_role("link", name="Hamlet").first)
    await keys.press("Enter")
    await visitor.map_drawn()
    await visitor.tab_to(page.get_by_role("button", name="List", exact=True))
    await keys.press("Enter")
    await visitor.tab_to(page.get_by_role("list", name="Sections").get_by_role("button").first)
    await keys.press("Enter")

    await expect(page.get_by_role("button", name="All sections")).to_be_focused()
    seats = page.locator(".numbers button")
    await visitor.tab_to(seats.first)
    await keys.press("Enter")
    await keys.press("ArrowRight")
    await expect(seats.nth(1)).to_be_focused()
    await keys.press(" ")
    await expect(visitor.basket).to_have_count(2)

    await visitor.tab_to(page.get_by_role("button", name="Hold seats"))
    await keys.press("Enter")
    await visitor.tab_to(page.get_by_role("button", name=re.compile(r"^Pay ")))
    await keys.press("Enter")
    await visitor.booked()
    await expect(page.get_by_role("heading", name="You are going")).to_be_focused()


async def test_the_map_itself_answers_keys(arrivals: Arrivals) -> None:
    visitor = await arrivals.visitor()
    await visitor.go_to("Hamlet")
    await visitor.tab_to(visitor.page.get_by_role("application", name="Seat map"))
    await visitor.page.keyboard.press("ArrowRight")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.basket).to_have_count(1)
    await visitor.page.keyboard.press("ArrowDown")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.basket).to_have_count(2)
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.basket).to_have_count(1)


@pytest.mark.parametrize("screen", [PHONE, SMALLEST], ids=["390x844", "320x568"])
async def test_buying_with_a_thumb(arrivals: Arrivals, screen: ViewportSize) -> None:
    visitor = await arrivals.visitor(screen, touch=True)
    page = visitor.page
    await visitor.go_to(STADIUM_SHOW)
    await nothing_sticks_out(page)

    surface = await box_of(page.get_by_role("application", name="Seat map"))
    middle = surface["x"] + surface["width"] / 2, surface["y"] + surface["height"] / 2
    # The plan has an aisle down its middle: below the field and a little to the right lies a section.
    await page.touchscreen.tap(middle[0] + surface["width"] * 0.03, middle[1] + surface["width"] * 0.34)
    await expect(page.locator(".minimap")).to_be_visible()
    await tap_until_chosen(visitor, *middle)
    await nothing_sticks_out(page)

    sheet = await box_of(page.locator(".basket .pay"))
    assert sheet["y"] + sheet["height"] == pytest.approx(screen["height"], abs=1)
    assert sheet["width"] == screen["width"]
    await page.get_by_role("button", name="Hold seats").tap()
    await page.wait_for_url("**/bookings/*")
    await expect(visitor.countdown).to_be_visible()
    await nothing_sticks_out(page)
    await visitor.pay()
    await visitor.booked()
    await nothing_sticks_out(page)


async def tap_until_chosen(visitor: Visitor, x: float, y: float) -> None:
    """Tap along a line from (x, y), where others may have taken a seat or an aisle may be, until a seat is chosen."""
    for step in range(12):
        await visitor.page.touchscreen.tap(x + 9 * step, y)
        if await visitor.basket.count() > 0:
            return
    raise AssertionError("no tap chose a seat")


async def box_of(locator: Locator) -> FloatRect:
    """Where something is on the screen, in CSS pixels."""
    box = await locator.bounding_box()
    assert box is not None
    return box


async def nothing_sticks_out(page: Page) -> None:
    """No part of the page is wider than the screen."""
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(arrivals: Arrivals, scheme: str) -> None:
    visitor = await arrivals.visitor(dark=scheme == "dark")
    page = visitor.page
    section = {"light": "Field Box 31", "dark": "Field Box 33"}[scheme]

    await page.goto("/")
    assert await violations(page) == []
    await visitor.go_to(STADIUM_SHOW)
    assert await violations(page) == []
    await visitor.open_section(section)
    await visitor.seat(section, "C", 1).click()
    assert await violations(page) == []
    await visitor.hold()
    await expect(page.locator(".summary .event strong")).to_be_visible()
    assert await violations(page) == []
    await visitor.pay()
    await visitor.booked()
    assert await violations(page) == []


async def violations(page: Page) -> list[Any]:
    """What axe-core objects to on this page: the rule, and where."""
    source = (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    await page.evaluate(source)
    found: list[Any] = await page.evaluate(
        "axe.run().then(({ violations }) =>"
        " violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => [html, failureSummary])]))"
    )
    return found
