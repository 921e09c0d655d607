"""A hold that ends by its time, seen where its buyer is. Last of all: the hold has been running since the run began."""

import re

from playwright.async_api import expect
from tests.e2e.test_access import violations
from tests.e2e.test_holds import event_of
from tests.e2e.visitor import Visitor

ONE_MINUTE_MS = 65_000


async def test_the_end_is_said_in_every_tab(minute_long_hold: Visitor) -> None:
    page = minute_long_hold.page
    warning = page.get_by_role("alertdialog", name=re.compile(r"^Your seats are yours for 0:[0-3]\d"))
    ended = page.get_by_role("heading", name="Your hold has ended")
    await expect(warning.or_(ended)).to_be_visible(timeout=ONE_MINUTE_MS)
    if not await ended.is_visible():
        tab = await page.context.new_page()
        await tab.goto(f"/events/{await event_of(page)}")
        await tab.get_by_role("alertdialog").get_by_role("button", name="Go on").click()
        await warning.get_by_role("button", name="Go on").click()
        await expect(tab.get_by_text("Your hold on that seat has ended.")).to_be_visible(timeout=ONE_MINUTE_MS)
        assert await violations(tab) == []
    await expect(ended).to_be_visible()
    assert await violations(page) == []
