"""A hold's time: the warning, more of it, the honest end; leaving, coming back, and several tabs."""

import re

from playwright.async_api import Page, expect
from tests.e2e.conftest import Shop
from tests.e2e.organiser import put_on_sale
from tests.e2e.test_access import violations
from tests.e2e.visitor import Arrivals, Visitor


async def hold_one(arrivals: Arrivals, shop: Shop, **wishes: object) -> Visitor:
    """A visitor who holds the first seat of a small house, on the page of the booking."""
    visitor = await arrivals.visitor()
    await visitor.page.goto(f"/events/{put_on_sale(shop.url, shop.data, **wishes)}")
    await visitor.map_drawn()
    await visitor.open_section("Stalls")
    await visitor.seat("Stalls", "A", 1).click()
    await visitor.hold()
    return visitor


async def test_the_warning_gives_more_time_in_every_tab(arrivals: Arrivals, shop: Shop) -> None:
    visitor = await hold_one(arrivals, shop)
    tab = await visitor.page.context.new_page()
    await visitor.page.clock.install()
    for page in (visitor.page, tab):
        await page.goto(visitor.page.url)
        await expect(page.get_by_role("timer")).to_have_text(re.compile(r"^4:\d\d$"))
    await visitor.page.clock.fast_forward(270_000)
    warning = visitor.page.get_by_role("alertdialog", name=re.compile(r"^Your seats are yours for 0:2\d"))
    await expect(warning).to_be_visible()
    await expect(tab.get_by_role("alertdialog")).to_be_visible()
    await expect(warning.get_by_role("button", name="I need more time")).to_be_focused()
    assert await violations(visitor.page) == []
    await visitor.page.keyboard.press("Enter")
    await expect(warning).to_be_hidden()
    await expect(visitor.page.get_by_text("You have more time")).to_be_visible()
    await expect(tab.get_by_role("alertdialog")).to_be_hidden()
    await expect(tab.get_by_role("timer")).to_have_text(re.compile(r"^[45]:\d\d$"))
    await tab.get_by_role("button", name="Let the seats go").click()
    await expect(visitor.page.get_by_role("heading", name="These seats were let go")).to_be_visible()


async def event_of(page: Page) -> str:
    """The event of the booking on this page."""
    booking_id = page.url.split("/bookings/")[1].split("?")[0]
    answer = await page.request.get(f"/api/v1/bookings/{booking_id}")
    return str((await answer.json())["eventId"])


async def test_a_closed_tab_gives_the_seats_back_and_a_reload_does_not(arrivals: Arrivals, shop: Shop) -> None:
    visitor, onlooker = await hold_one(arrivals, shop), await arrivals.visitor()
    await onlooker.page.goto(f"/events/{await event_of(visitor.page)}")
    await onlooker.map_drawn()
    await onlooker.open_section("Stalls")
    seat = onlooker.seat("Stalls", "A", 1)
    await expect(seat).to_have_accessible_name(re.compile("held by somebody else"))

    worker = visitor.page.context.service_workers or [await visitor.page.context.wait_for_event("serviceworker")]
    assert await worker[0].evaluate("registration.active.state") == "activated"
    await visitor.page.reload()
    await expect(visitor.countdown).to_be_visible()
    await visitor.page.goto("/")
    await visitor.page.go_back()
    await expect(visitor.countdown).to_be_visible()
    await expect(seat).to_have_accessible_name(re.compile("held by somebody else"))
    await visitor.page.close()
    await expect(seat).not_to_have_accessible_name(re.compile("held"))


async def test_a_payment_declined_at_the_bank_is_said(arrivals: Arrivals, shop: Shop) -> None:
    visitor = await hold_one(arrivals, shop)
    booking = visitor.page.url
    await visitor.pay("A card that asks you to approve")
    await visitor.page.wait_for_url("**/pay/challenge/*")
    await visitor.page.get_by_role("button", name="Decline").click()
    await visitor.page.wait_for_url(booking)
    said = visitor.page.get_by_role("alert").filter(has_text="The bank did not approve this payment.")
    await expect(said).to_be_visible()
    assert await violations(visitor.page) == []
    await visitor.pay()
    await visitor.booked()
