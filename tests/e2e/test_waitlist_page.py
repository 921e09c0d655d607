"""The waiting list on its page: from a sold-out event to seats that came back, with scripts and without."""

import re
import uuid

import httpx
from playwright.async_api import Browser, Page, expect
from tests.e2e.conftest import Shop
from tests.e2e.organiser import SEATS, put_on_sale
from tests.e2e.test_access import SMALLEST, nothing_sticks_out, violations
from tests.e2e.visitor import Arrivals, Visitor, picture


async def sell_out(arrivals: Arrivals, event: str) -> Visitor:
    """Somebody who holds all seats."""
    holder = await arrivals.visitor()
    seats = ",".join(f"S-A-{number}" for number in range(1, SEATS + 1))
    await holder.page.goto(f"/events/{event}?seats={seats}")
    await holder.map_drawn()
    await holder.hold()
    return holder


async def look(page: Page, name: str) -> None:
    """Nothing is wrong with the page on a small screen, by day and by night."""
    await page.set_viewport_size(SMALLEST)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == []
        await picture(page, f"{name}-{scheme}")
    await nothing_sticks_out(page)


async def mail_to(shop: Shop, address: str) -> str:
    """The first mail to an address, once there is one."""
    async with httpx.AsyncClient() as client:
        while True:
            for mail in (await client.get(f"{shop.inbox}mails.json")).json():
                if mail["recipient"] == address:
                    return str(mail["text"])


async def test_from_sold_out_to_seats_that_came_back(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    visitor = await arrivals.visitor()
    page, address = visitor.page, f"{uuid.uuid4().hex[:10]}@example.com"
    to_list = page.get_by_role("link", name="Wait for seats that come back")
    await page.goto(f"/events/{event}")
    await visitor.map_drawn()
    await page.get_by_label("How many seats together").select_option("9 seats")
    await page.get_by_role("button", name="Find best together").click()
    await expect(to_list).to_be_visible()
    holder = await sell_out(arrivals, event)
    await page.goto(f"/events/{event}")
    await to_list.click()
    await look(page, "waitlist-form")
    await page.get_by_label("People").select_option("2")
    await page.get_by_label(re.compile("^At most")).fill("50")
    await page.get_by_label("Mail address").fill(address)
    await page.get_by_role("button", name="Put me on the list").click()
    await expect(page.get_by_role("heading", name="You are on the waiting list")).to_be_visible()
    await expect(page.get_by_text("You are the first. We write as soon as")).to_be_visible()
    await look(page, "waitlist-waiting")

    await holder.page.get_by_role("button", name="Let the seats go").click()
    assert "Eight seats" in await mail_to(shop, address)
    await page.reload()
    await expect(page.get_by_role("heading", name="Seats are kept for you")).to_be_visible()
    await expect(page.locator("main li")).to_have_count(2)
    await look(page, "waitlist-offer")
    await page.get_by_role("link", name="Pay for these seats").click()
    await visitor.pay()
    await visitor.booked()
    await page.goto(f"/events/{event}/waitlist")
    await expect(page.get_by_text("You bought the seats that were kept for you.")).to_be_visible()


async def test_the_list_needs_no_scripts(browser: Browser, arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    context = await browser.new_context(java_script_enabled=False, base_url=shop.url, locale="en-US")
    page = await context.new_page()
    join = page.get_by_role("button", name="Put me on the list")
    await page.goto(f"/events/{event}/waitlist")
    await join.click()
    await expect(page.get_by_role("alert")).to_contain_text("There are free seats for you")
    await sell_out(arrivals, event)
    await page.goto(f"/events/{event}/waitlist")
    await page.get_by_label("People").select_option("3")
    await page.get_by_label("Side by side").uncheck()
    await page.get_by_label(re.compile("^At most")).fill("12.345")
    await join.click()
    await expect(page.get_by_role("alert")).to_contain_text("Something in the form cannot be")
    await expect(page.get_by_label("People")).to_have_value("3")
    await expect(page.get_by_label("Side by side")).not_to_be_checked()
    await page.get_by_label(re.compile("^At most")).fill("90,50")
    await join.click()
    await expect(page.locator("dl")).to_contain_text("3, anywhere")
    await expect(page.locator("dl")).to_contain_text("€90.50")
    await page.get_by_text("Change what you wait for").click()
    await page.get_by_label("People").select_option("1")
    await page.get_by_role("button", name="Change it").click()
    await expect(page.locator("dd").first).to_have_text("1")
    await page.get_by_role("button", name="Leave the list").click()
    await expect(join).to_be_visible()
    await context.close()
