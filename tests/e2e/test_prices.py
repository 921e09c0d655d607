"""What is shown is what is charged: on the map, in the basket, in the summary and by the bank; codes and currencies."""

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import expect
from tests.e2e.conftest import Shop
from tests.e2e.organiser import put_on_sale, token
from tests.e2e.test_access import PHONE, SMALLEST, nothing_sticks_out, violations
from tests.e2e.visitor import Arrivals, Visitor, picture

TERMS = {
    "prices": {"Seat": "40.00"},
    "fees": {"perTicket": "2.00", "percent": "5", "perOrder": "1.50"},
    "tax": {"rate": "19", "name": "VAT"},
}


def made(shop: Shop, path: str, **body: object) -> dict[str, Any]:
    """What the organiser makes below /api/v1."""
    with httpx.Client(headers={"Authorization": f"Bearer {token(shop.data)}"}) as organiser:
        answer: dict[str, Any] = organiser.post(f"{shop.url}/api/v1/{path}", json=body).raise_for_status().json()
        return answer


async def choose(visitor: Visitor, event: str, *numbers: int) -> None:
    """Choose seats of the event's one row."""
    await visitor.page.goto(f"/events/{event}")
    await visitor.map_drawn()
    await visitor.open_section("Stalls")
    for number in numbers:
        await visitor.seat("Stalls", "A", number).click()


async def test_one_price_from_the_map_to_the_bank(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data, **TERMS)
    made(shop, "codes", eventId=event, kind="percent", percent="25", code="SPRING", seatsMin=2)
    visitor = await arrivals.visitor(PHONE, touch=True)
    page = visitor.page
    await choose(visitor, event, 3, 4)
    seat = visitor.seat("Stalls", "A", 3)
    await expect(seat).to_have_accessible_name(re.compile(r"Seat, €44\.00"))
    await page.get_by_text("What is in these prices").click()
    row = page.get_by_role("row", name="Seat")
    await expect(row.get_by_role("cell")).to_have_text(["€33.61", "€3.36", "€7.03", "€44.00"])
    await expect(page.locator(".basket .total strong")).to_have_text("€89.50")
    await picture(page, "event")

    await visitor.hold()
    total = page.locator(".summary .total strong")
    await expect(total).to_have_text("€89.50")
    await expect(page.locator(".within dd")).to_have_text(["€7.98", "€14.30"])
    await picture(page, "hold")
    await page.get_by_text("I have a code").click()
    await page.get_by_label("Code", exact=True).fill("spring")
    await page.keyboard.press("Enter")
    await expect(total).to_have_text("€67.50")
    await expect(page.get_by_role("button", name="Pay €67.50")).to_be_visible()
    await expect(page.locator(".within .saved dd")).to_have_text("€22.00")
    assert await violations(page) == []
    await picture(page, "code")
    await page.get_by_role("button", name="Take off code SPRING").click()
    await expect(total).to_have_text("€89.50")

    await visitor.pay()
    await visitor.booked()
    await expect(page.get_by_text("€89.50").first).to_be_visible()


@pytest.mark.parametrize("language", ["en", "de", "fr"])
async def test_the_checkout_fits_the_smallest_phone(arrivals: Arrivals, shop: Shop, language: str) -> None:
    """With everything on it that there can be: parts of prices, and a code that does not count."""
    event = put_on_sale(shop.url, shop.data, **TERMS)
    visitor = await arrivals.visitor(SMALLEST, touch=True, dark=True)
    page = visitor.page
    await page.goto(f"/events/{event}?lang={language}&seats=S-A-1,S-A-2&code=WINTER")
    await visitor.map_drawn()
    await page.locator(".parts summary").click()
    await nothing_sticks_out(page)
    await picture(page, f"event-{language}")
    await page.locator(".basket .primary").click()
    await page.wait_for_url("**/bookings/*")
    await expect(page.locator(".code-field .notice")).to_be_visible()
    await nothing_sticks_out(page)
    assert await violations(page) == []
    await picture(page, f"refused-{language}")


async def test_yen_have_no_decimals(arrivals: Arrivals, shop: Shop) -> None:
    terms = {"currency": "JPY", "prices": {"Seat": "8805"}, "tax": {"rate": "10", "included": False}}
    visitor = await arrivals.visitor()
    await choose(visitor, put_on_sale(shop.url, shop.data, **terms), 1, 2)
    await expect(visitor.page.locator(".basket .total strong")).to_have_text("¥19,372")
    await visitor.hold()
    await expect(visitor.page.locator(".summary .total strong")).to_have_text("¥19,372")
    await visitor.pay()
    await visitor.booked()


async def test_a_link_with_a_code_opens_seats_kept_for_guests(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    block = made(shop, f"events/{event}/blocks", reason="Guests", seatIds=["S-A-4", "S-A-5"])
    made(shop, "codes", eventId=event, kind="access", code="BAND", blockId=block["id"])
    stranger, guest = await arrivals.visitor(), await arrivals.visitor()
    await stranger.page.goto(f"/events/{event}?seats=S-A-4")
    await stranger.map_drawn()
    await expect(stranger.basket).to_have_count(0)
    await guest.page.goto(f"/events/{event}?seats=S-A-4,S-A-5&code=band")
    await guest.map_drawn()
    await expect(guest.basket).to_have_count(2)
    await picture(guest.page, "guest")
    await guest.hold()
    await expect(guest.page.locator(".code-on")).to_contain_text("BAND")
    await guest.pay()
    await guest.booked()


async def test_seats_are_kept_when_their_code_does_not_count(arrivals: Arrivals, shop: Shop) -> None:
    visitor = await arrivals.visitor()
    event = put_on_sale(shop.url, shop.data)
    await visitor.page.goto(f"/events/{event}?seats=S-A-7&code=EXPIRED")
    await visitor.map_drawn()
    await visitor.hold()
    await expect(visitor.page.get_by_role("alert").filter(has_text="cannot be used here")).to_be_visible()
    await expect(visitor.page.get_by_label("Code", exact=True)).to_have_value("EXPIRED")
    await expect(visitor.countdown).to_be_visible()


async def test_a_presale_code_opens_the_sale(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data, onSaleAt="2029-05-01T20:00:00Z")
    made(shop, "codes", eventId=event, kind="access", code="FANS", opensAt="2026-01-01T00:00:00Z")
    visitor = await arrivals.visitor()
    page = visitor.page
    await choose(visitor, event, 1)
    await page.get_by_label("Presale code").fill("wrong")
    await page.get_by_role("button", name="Hold seats").click()
    await expect(page.get_by_role("status").filter(has_text="not on sale")).to_be_visible()
    await page.get_by_label("Presale code").fill("fans")
    await picture(page, "presale")
    await visitor.hold()
    await expect(page.locator(".code-on")).to_contain_text("FANS")


async def test_a_cap_on_the_price_leaves_room_for_the_order_fee(arrivals: Arrivals, shop: Shop) -> None:
    terms = {"prices": {"Dear": "60.00", "Seat": "20.00"}, "fees": {"perOrder": "1.50"}}
    visitor = await arrivals.visitor()
    page = visitor.page
    await page.goto(f"/events/{put_on_sale(shop.url, shop.data, **terms)}")
    await visitor.map_drawn()
    await page.locator(".filters select").select_option(label="up to €20.00")
    await page.get_by_role("button", name=re.compile("^Find")).click()
    await expect(page.get_by_role("dialog").locator("strong")).to_have_text("€41.50")


async def test_what_costs_nothing_is_booked_without_a_card(arrivals: Arrivals, shop: Shop) -> None:
    event = put_on_sale(shop.url, shop.data)
    made(shop, "codes", eventId=event, kind="percent", code="GUESTS", percent="100")
    visitor = await arrivals.visitor()
    await visitor.page.goto(f"/events/{event}?seats=S-A-3&code=GUESTS")
    await visitor.map_drawn()
    await visitor.hold()
    await expect(visitor.page.get_by_role("radio")).to_have_count(0)
    await visitor.page.get_by_role("button", name="Book for free").click()
    await visitor.booked()
    assert shop.verify().returncode == 0
