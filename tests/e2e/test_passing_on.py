"""Tickets by mail for a guest; and one passed on: the mailed link, signing in with it, taking it."""

import os
import re
from pathlib import Path

from playwright.async_api import Page, expect
from tests.e2e.conftest import Shop
from tests.e2e.member import Member
from tests.e2e.test_access import SMALLEST, nothing_sticks_out, violations
from tests.e2e.test_purchase import take_on_map
from tests.e2e.visitor import STADIUM_SHOW, Arrivals

PICTURES = os.environ.get("ROWLOCK_TEST_PICTURES")
"""A folder for pictures of what is seen on the way, for those who want to look."""
_LINK = re.compile(r"http://\S+/tickets#offer=\S+")


async def _look(page: Page, name: str) -> None:
    """Small, without barriers, and with nothing sticking out."""
    await page.set_viewport_size(SMALLEST)
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
    assert await violations(page) == []
    await nothing_sticks_out(page)


async def test_a_ticket_is_passed_on_by_a_mailed_link(arrivals: Arrivals, shop: Shop) -> None:
    buyer, taker = await arrivals.visitor(), Member((await arrivals.visitor()).page, shop.url, shop.inbox)
    page = buyer.page
    await buyer.go_to(STADIUM_SHOW)
    await take_on_map(buyer, 2)
    await buyer.hold()
    await buyer.pay()
    await buyer.booked()

    guest = Member(page, shop.url, shop.inbox)
    await page.get_by_label("Mail the tickets to").fill(guest.email)
    await page.get_by_role("button", name="Mail them").click()
    await expect(page.get_by_role("status").filter(has_text=guest.email)).to_be_visible()
    assert await guest.mailed(re.compile(r"(.+ are booked and paid\.)"))

    await page.get_by_role("button", name="Pass tickets on").click()
    dialog = page.get_by_role("dialog", name="Pass tickets on")
    await expect(dialog.get_by_role("button", name="Mail the link")).to_be_disabled()
    await dialog.get_by_role("checkbox").first.check()
    await dialog.get_by_label("Mail address of who gets them").fill(taker.email)
    await _look(page, "pass-on-dialog")
    await dialog.get_by_role("button", name="Mail the link").click()
    await expect(page.get_by_text(f"offered to {taker.email}")).to_be_visible()
    await _look(page, "passed-on")

    await taker.page.goto(await taker.mailed(_LINK))
    await taker.page.wait_for_url("**/sign-in?next=%2Ftickets")
    await taker.type_code()
    await expect(taker.page.get_by_role("heading", name="Tickets are offered to you")).to_be_visible()
    await _look(taker.page, "offered-tickets")
    await taker.page.get_by_role("button", name="Take the tickets").click()
    await expect(taker.page.get_by_text("The tickets are yours.")).to_be_visible()
    await expect(taker.page.locator(".rows li")).to_have_count(1)
    await _look(taker.page, "tickets-from-others")

    await page.reload()
    await expect(page.get_by_text(f"taken by {taker.email}")).to_be_visible()
    verified = shop.verify()
    assert verified.returncode == 0, verified.stdout + verified.stderr
