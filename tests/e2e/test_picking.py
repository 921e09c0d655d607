"""Coming too late and being offered the next seats; leaving a seat alone and being told before the click."""

import re

from playwright.async_api import Locator, expect
from tests.e2e.conftest import Shop
from tests.e2e.organiser import put_on_sale
from tests.e2e.test_access import violations
from tests.e2e.visitor import STADIUM_SHOW, Arrivals, Visitor

SECTION = "Field Box 35"


async def too_late(arrivals: Arrivals, row: str) -> tuple[Visitor, Locator]:
    """A visitor who asks for three seats of which the second just went, and the dialog that answers."""
    first, second = await arrivals.visitor(), await arrivals.visitor()
    # The second visitor learns it from the answer, not from the map.
    await second.deafen()
    for visitor, numbers in ((first, [2]), (second, [1, 2, 3])):
        await visitor.go_to(STADIUM_SHOW)
        await visitor.open_section(SECTION)
        for number in numbers:
            await visitor.seat(SECTION, row, number).click()
    await first.hold()
    await second.page.get_by_role("button", name="Hold seats").click()
    dialog = second.page.get_by_role("dialog", name="Those seats just went")
    await expect(dialog).to_be_visible()
    return second, dialog


async def test_the_offer_is_read_and_taken_with_the_keyboard(arrivals: Arrivals) -> None:
    late, dialog = await too_late(arrivals, "D")
    await expect(dialog).to_have_accessible_description(
        re.compile(rf"nearest 3 at the same price for you: {SECTION}, Row")
    )
    await expect(dialog.get_by_role("timer")).to_have_text(re.compile(r"^(1:00|0:\d\d)$"))
    keep = dialog.get_by_role("button", name="Take these seats")
    await expect(keep).to_be_focused()
    assert await violations(late.page) == []
    await late.page.keyboard.press("Enter")
    await late.page.wait_for_url("**/bookings/*")
    await expect(late.countdown).to_have_text(re.compile(r"^4:\d\d$"))
    await expect(late.page.locator(".lines li")).to_have_count(3)
    await late.pay()
    await late.booked()


async def test_escape_drops_the_offer_and_the_choice_goes_on(arrivals: Arrivals) -> None:
    late, dialog = await too_late(arrivals, "F")
    await late.hear_again()
    await late.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(late.page.get_by_text("just went")).to_contain_text(f"{SECTION}, Row F, Seat 2")
    await expect(late.basket).to_have_count(2)
    await late.hold()


async def test_a_seat_left_alone_is_told_before_the_click(arrivals: Arrivals, shop: Shop) -> None:
    visitor = await arrivals.visitor()
    await visitor.page.goto(f"/events/{put_on_sale(shop.url, shop.data, noOrphanSeats=True)}")
    await visitor.map_drawn()
    await visitor.open_section("Stalls")
    await visitor.seat("Stalls", "A", 2).click()
    hint = visitor.page.get_by_role("status").filter(has_text="left alone")
    await expect(hint).to_contain_text("Stalls, Row A, Seat 1 would be left alone")
    await expect(visitor.seat("Stalls", "A", 1)).to_have_accessible_name(re.compile("would be left alone$"))
    assert await violations(visitor.page) == []
    await hint.get_by_role("button", name="Add that seat").click()
    await expect(visitor.basket).to_have_count(2)
    await expect(hint).to_be_hidden()
    await visitor.hold()
    await expect(visitor.page.locator(".lines li")).to_have_count(2)


async def test_the_best_seats_that_fit_are_found_held_and_let_go(arrivals: Arrivals) -> None:
    visitor = await arrivals.visitor()
    page = visitor.page
    await visitor.go_to(STADIUM_SHOW)
    await page.get_by_role("button", name="Premium").click()
    await page.get_by_label("How many seats together").select_option("3 seats")
    await page.get_by_role("button", name="Find best together").click()
    dialog = page.get_by_role("dialog", name="The best seats together")
    await expect(dialog).to_have_accessible_description(re.compile(r"^We are holding them for you: (.*Row.*Seat){3}"))
    await expect(dialog).to_contain_text("$435.00")
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Choose other seats").click()
    await expect(dialog).to_be_hidden()
    await expect(visitor.basket).to_have_count(0)

    await page.get_by_role("combobox", name="Price").select_option("up to $37.00")
    await page.get_by_role("button", name="Find best together").click()
    await expect(page.get_by_role("status").filter(has_text="No free seats together fit that wish.")).to_be_visible()
    await page.get_by_role("button", name="Premium").click()
    await page.get_by_role("button", name="Find best together").click()
    await expect(dialog).to_contain_text("$111.00")
    await dialog.get_by_role("button", name="Take these seats").click()
    await page.wait_for_url("**/bookings/*")
    await expect(page.locator(".lines li")).to_have_count(3)
