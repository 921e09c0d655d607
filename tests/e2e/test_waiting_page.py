"""The waiting page: two phones in a line, and a browser without scripts."""

import httpx
import pytest
from playwright.async_api import Browser, expect
from tests.e2e.conftest import Shop
from tests.e2e.organiser import put_on_sale, token, tokens
from tests.e2e.test_access import violations
from tests.e2e.visitor import Arrivals

PAGE_BYTES_MAX = 20_000
TRANSFERRED = """
() => performance.getEntries().filter((entry) => "transferSize" in entry && !entry.name.includes("/api/"))
    .reduce((bytes, entry) => bytes + entry.encodedBodySize, 0)
"""
SMALLEST = {"width": 320, "height": 640}


def control(shop: Shop, event: str, **changes: object) -> None:
    """What staff do with the room of an event."""
    headers = {"Authorization": f"Bearer {token(shop.data)}"}
    address = f"{shop.url}/api/v1/events/{event}/queue/control"
    httpx.put(address, json=changes, headers=headers).raise_for_status()


def join(shop: Shop, event: str, count: int) -> None:
    """So many others come first."""
    with httpx.Client(base_url=shop.url) as client:
        for person in tokens(shop.data, "buyer", count):
            joined = client.post(f"/api/v1/events/{event}/queue", headers={"Authorization": f"Bearer {person}"})
            joined.raise_for_status()
            client.cookies.clear()


async def test_two_phones_wait_and_go_in_when_it_is_their_turn(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    control(shop, event, mode="hold", message="Doors at ten.")
    anna, ben = await arrivals.visitor(), await arrivals.visitor()
    await anna.page.goto(f"/events/{event}")
    await expect(anna.page).to_have_url(f"{shop.url}/events/{event}/queue")
    await expect(anna.page.locator("#position")).to_have_text("1")
    await ben.page.goto(f"/events/{event}/queue")
    await expect(ben.page.locator("#position")).to_have_text("2")
    await expect(ben.page.locator("#message")).to_have_text("Doors at ten.")
    assert await ben.page.evaluate(TRANSFERRED) < PAGE_BYTES_MAX
    control(shop, event, message="Soon.")
    await expect(ben.page.locator("#message")).to_have_text("Soon.")
    await ben.page.get_by_label("Hold the best seats for me").check()
    control(shop, event, mode="fifo", admitPerMinute=6000, admitMax=6000)
    await expect(anna.page.locator("h1")).to_have_text("It is your turn")
    await anna.page.get_by_role("link", name="Choose seats").click()
    await anna.map_drawn()
    await ben.page.wait_for_url("**/bookings/*")


async def test_who_stands_far_back_is_told_what_will_be_gone(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    control(shop, event, mode="hold")
    join(shop, event, 40)
    late = await arrivals.visitor()
    await late.page.goto(f"/events/{event}/queue")
    await expect(late.page.locator("#position")).to_have_text("41")
    await expect(late.page.locator("#zones")).to_contain_text("Likely gone by then")


async def test_the_line_is_joined_without_scripts(browser: Browser, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    control(shop, event, mode="hold")
    context = await browser.new_context(java_script_enabled=False, base_url=shop.url)
    page = await context.new_page()
    await page.goto(f"/events/{event}/queue")
    await page.get_by_role("button", name="Join the line").click()
    await expect(page.locator("h1")).to_have_text("Your place in the line: 1")
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_and_nothing_sticks_out_of_the_smallest_screen(
    arrivals: Arrivals, shop: Shop, scheme: str
) -> None:
    event = put_on_sale(shop.url, shop.data)
    control(shop, event, mode="hold")
    visitor = await arrivals.visitor(dark=scheme == "dark")
    await visitor.page.set_viewport_size(SMALLEST)  # type: ignore[arg-type]
    await visitor.page.goto(f"/events/{event}/queue?lang=de")
    await expect(visitor.page.locator("#position")).to_have_text("1")
    assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= SMALLEST["width"]
    assert await violations(visitor.page) == []
