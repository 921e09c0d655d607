"""Giving tickets back: some, then the rest; what the page says of the money."""

import re

from playwright.async_api import expect
from tests.e2e.conftest import Shop
from tests.e2e.test_access import SMALLEST, nothing_sticks_out, violations
from tests.e2e.test_purchase import take_on_map
from tests.e2e.visitor import STADIUM_SHOW, Arrivals, picture


async def test_tickets_go_back_one_by_one_and_the_money_with_them(arrivals: Arrivals, shop: Shop) -> None:
    buyer = await arrivals.visitor()
    page = buyer.page
    await buyer.go_to(STADIUM_SHOW)
    await take_on_map(buyer, 2)
    await buyer.hold()
    await buyer.pay()
    await buyer.booked()

    await page.get_by_role("button", name="Give tickets back").click()
    dialog = page.get_by_role("dialog", name="Which tickets do you give back?")
    await expect(dialog.get_by_role("button", name="Give 0 tickets back")).to_be_disabled()
    await dialog.get_by_role("checkbox").first.check()
    await page.set_viewport_size(SMALLEST)
    await picture(page, "refund-dialog")
    assert await violations(page) == []
    await nothing_sticks_out(page)
    await dialog.get_by_role("button", name="Give 1 ticket back").click()
    await expect(page.get_by_text("given back", exact=True)).to_have_count(1)
    await expect(page.locator(".refunds").get_by_text("paid back")).to_have_count(1)
    await picture(page, "refund-part")
    assert await violations(page) == []
    await nothing_sticks_out(page)

    await page.get_by_role("button", name="Give tickets back").click()
    await dialog.get_by_role("button", name=re.compile("Give 1 ticket back")).click()
    await expect(page.get_by_role("heading", name="You gave these tickets back")).to_be_visible()
    await expect(page.locator(".refunds").get_by_text("paid back")).to_have_count(2)
    await expect(page.get_by_role("button", name="Give tickets back")).to_have_count(0)
    await picture(page, "refund-all")
    verified = shop.verify()
    assert verified.returncode == 0, verified.stdout + verified.stderr
