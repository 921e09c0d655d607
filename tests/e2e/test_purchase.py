"""Buying seats with the mouse: on the map, with every test card, and while others buy the same ones."""

import re
from pathlib import Path

from playwright.async_api import Page, expect
from tests.e2e.conftest import Shop
from tests.e2e.visitor import STADIUM_SHOW, Arrivals, Visitor

MAP_STEP_PX = 6


async def take_on_map(visitor: Visitor, count: int) -> list[str]:
    """Zoom into a section and click free seats along a line; answers the section and row names as shown."""
    surface = visitor.page.get_by_role("application", name="Seat map")
    box = await surface.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    await visitor.page.mouse.click(middle + 20, box["y"] + box["height"] * 0.95)
    hint = visitor.page.locator(".map .hint")
    taken: list[str] = []
    for step in range(40):
        x, y = middle + step * MAP_STEP_PX, box["y"] + box["height"] / 2
        await visitor.page.mouse.move(x, y)
        seat = await hint.inner_text() if await hint.is_visible() else ""
        if not re.search(r"Row \w+, Seat \d+, [A-Z]\w+, \S+$", seat):
            continue
        await visitor.page.mouse.click(x, y)
        taken.append(seat)
        await expect(visitor.basket).to_have_count(len(taken))
        if len(taken) == count:
            return taken
    raise AssertionError(f"found {len(taken)} free seats on the map")


async def test_seats_from_the_map_to_the_confirmation(arrivals: Arrivals, shop: Shop, tmp_path: Path) -> None:
    buyer, onlooker = await arrivals.visitor(), await arrivals.visitor()
    await buyer.go_to(STADIUM_SHOW)
    seats = await take_on_map(buyer, 3)
    section, row, number = re.match(r"(.+), Row (\w+), Seat (\d+),", seats[0]).groups()  # type: ignore[union-attr]
    await onlooker.go_to(STADIUM_SHOW)
    await onlooker.open_section(section)
    seen = onlooker.seat(section, row, int(number))
    await expect(seen).to_have_attribute("aria-disabled", "false")

    await buyer.hold()
    await expect(buyer.countdown).to_have_text(re.compile(r"^4:\d\d$"))
    await expect(seen).to_have_accessible_name(re.compile("held by somebody else"))
    await buyer.pay()
    reference = await buyer.booked()
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{8}", reference)
    await expect(seen).to_have_accessible_name(re.compile("taken$"))
    await expect(seen).to_have_attribute("aria-disabled", "true")

    assert reference in await calendar_file(buyer.page, tmp_path)
    verified = shop.verify()
    assert verified.returncode == 0, verified.stdout + verified.stderr


async def calendar_file(page: Page, folder: Path) -> str:
    """Download the booking's calendar file."""
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Add to calendar").click()
    download = await downloading.value
    assert download.suggested_filename.endswith(".ics")
    await download.save_as(folder / "booking.ics")
    return (folder / "booking.ics").read_text(encoding="utf-8")


async def test_the_second_of_two_learns_which_seat_went(arrivals: Arrivals) -> None:
    section = "Field Box 25"
    first, second = await arrivals.visitor(), await arrivals.visitor()
    # The second visitor learns it from the refusal, not from the map.
    await second.deafen()
    for visitor, numbers in ((first, [2]), (second, [1, 2, 3])):
        await visitor.go_to(STADIUM_SHOW)
        await visitor.open_section(section)
        for number in numbers:
            await visitor.seat(section, "C", number).click()

    await first.hold()
    await second.page.get_by_role("button", name="Hold seats").click()
    await second.hear_again()
    await second.page.get_by_role("button", name="Choose other seats").click()
    await expect(second.page.get_by_text("just went")).to_contain_text(f"{section}, Row C, Seat 2")
    await expect(second.basket).to_have_count(2)
    await second.hold()
    await second.pay()
    await second.booked()
    await expect(second.page.locator(".lines li")).to_have_count(2)


async def test_a_declined_card_leaves_the_seats_to_try_another(arrivals: Arrivals) -> None:
    visitor = await hold_one(arrivals, "Field Box 27")
    await visitor.pay("A card the bank declines")
    await expect(visitor.page.get_by_role("alert").filter(has_text="declined")).to_be_visible()
    await expect(visitor.countdown).to_be_visible()
    await visitor.pay()
    await visitor.booked()


async def test_the_bank_asks_and_the_buyer_approves(arrivals: Arrivals) -> None:
    visitor = await hold_one(arrivals, "Field Box 29")
    booking = visitor.page.url
    await visitor.pay("A card that asks you to approve")
    await visitor.page.wait_for_url("**/pay/challenge/*")
    await visitor.page.get_by_role("button", name="Approve").click()
    await visitor.page.wait_for_url(booking)
    await visitor.booked()


async def test_a_bank_that_answers_late_is_waited_for(arrivals: Arrivals) -> None:
    visitor = await hold_one(arrivals, "Field Box 35")
    await visitor.pay("A card whose bank answers late")
    await expect(visitor.page.get_by_role("heading", name="Your bank has not answered yet")).to_be_visible()
    await visitor.booked()


async def test_a_hold_is_found_again_after_leaving_the_page(arrivals: Arrivals) -> None:
    visitor = await hold_one(arrivals, "Field Box 37")
    booking = visitor.page.url
    await visitor.go_to(STADIUM_SHOW)
    await expect(visitor.page.get_by_text("You hold 1 seat for this event.")).to_be_visible()
    await visitor.page.get_by_role("link", name="Go on to payment").click()
    await visitor.page.wait_for_url(booking)
    await visitor.page.get_by_role("button", name="Let the seats go").click()
    await visitor.map_drawn()
    await visitor.open_section("Field Box 37")
    await expect(visitor.seat("Field Box 37", "C", 1)).to_have_attribute("aria-disabled", "false")


async def hold_one(arrivals: Arrivals, section: str) -> Visitor:
    """A visitor who holds the first seat of row C."""
    visitor = await arrivals.visitor()
    await visitor.go_to(STADIUM_SHOW)
    await visitor.open_section(section)
    await visitor.seat(section, "C", 1).click()
    await visitor.hold()
    return visitor
