"""A guest who signs in keeps what they hold and have, and nobody else gets it."""

import asyncio

from tests.integration.http.browsers import Browser, link_in, mails_to
from tests.integration.http.conftest import BoxOffice, Json, assert_problem

REVOKED = "SELECT id FROM revocations WHERE kind = 'subject'"


async def guest_with_hold(browser: Browser, *seats: str) -> Json:
    """Begin a guest's session in the browser and hold seats."""
    assert (await browser.post("/session")).status_code == 204
    answer = await browser.post("/bookings/reserve", {"eventId": browser.office.event, "seatIds": list(seats)})
    assert answer.status_code == 201, answer.text
    booking: Json = answer.json()
    return booking


async def test_a_guest_s_hold_is_the_account_s_to_extend_pay_and_see(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        booking = await guest_with_hold(browser, "S-2-1", "S-2-2")
        path = f"/bookings/{booking['bookingId']}"
        await browser.sign_in()
        assert (await browser.get(path))["status"] == "HOLD"
        assert (await browser.post(f"{path}/extend")).status_code == 200
        key = {"Idempotency-Key": "pays"}
        paid = await browser.send("POST", f"{path}/confirm", {"paymentToken": "tok_ok"}, **key)
        assert paid.json()["status"] == "CONFIRMED"
        own = await browser.post("/bookings/reserve", {"eventId": office.event, "seatIds": ["S-3-1"]})
        listed = (await browser.get("/bookings"))["items"]
        assert [item["bookingId"] for item in listed] == [own.json()["bookingId"], booking["bookingId"]]
        assert await office.house.broken() == []


async def test_a_guest_s_hold_can_be_given_back_after_signing_in(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        booking = await guest_with_hold(browser, "S-2-3")
        await browser.sign_in()
        assert (await browser.send("DELETE", f"/bookings/{booking['bookingId']}")).status_code == 204
        assert "S-2-3" not in await office.taken()


async def test_two_browsers_of_one_person_are_one_history(office: BoxOffice) -> None:
    async with Browser(office) as phone, Browser(office, phone.email) as laptop, Browser(office) as stranger:
        bookings = [await guest_with_hold(phone, "S-2-4"), await guest_with_hold(laptop, "S-2-5")]
        await phone.sign_in()
        await laptop.sign_in()
        await stranger.sign_in()
        for browser in (phone, laptop):
            listed = {item["bookingId"] for item in (await browser.get("/bookings"))["items"]}
            assert listed == {booking["bookingId"] for booking in bookings}
        for booking in bookings:
            answer = await stranger.send("GET", f"/bookings/{booking['bookingId']}")
            assert_problem(answer, 404, "booking_not_found")
        assert (await stranger.get("/bookings"))["items"] == []


async def test_a_guest_s_token_opens_nothing_once_an_account_joined_the_guest(office: BoxOffice) -> None:
    async with Browser(office) as browser:
        booking = await guest_with_hold(browser, "S-2-6")
        planted = browser.cookies["rowlock_session"]
        await browser.sign_in()
        assert await office.house.database.cold.fetchval(REVOKED) is not None
        headers = {"Authorization": f"Bearer {planted}"}
        address = f"/api/v1/bookings/{booking['bookingId']}"
        async with asyncio.timeout(1):
            while (answer := await office.client.get(address, headers=headers)).status_code == 200:
                pass
        assert_problem(answer, 401, "unauthenticated")
        assert (await browser.get(f"/bookings/{booking['bookingId']}"))["status"] == "HOLD"


async def test_signing_in_while_the_guest_pays_loses_nothing(office: BoxOffice) -> None:
    for round_number in range(1, 6):
        async with Browser(office) as browser:
            booking = await guest_with_hold(browser, f"S-4-{round_number}")
            path = f"/bookings/{booking['bookingId']}"
            await browser.ask_link()
            link = link_in((await mails_to(office, browser.email))[-1])
            paid, entered = await asyncio.gather(
                browser.post(f"{path}/confirm", {"paymentToken": "tok_ok"}), browser.answer(link)
            )
            assert (paid.status_code, entered.status_code) == (200, 200)
            assert (await browser.get(path))["status"] == "CONFIRMED"
    assert await office.house.broken() == []


async def test_a_guest_joins_one_account_only(office: BoxOffice) -> None:
    async with Browser(office) as browser, Browser(office) as other:
        booking = await guest_with_hold(browser, "S-2-7")
        guest = browser.cookies["rowlock_session"]
        await browser.sign_in()
        other.cookies.set("rowlock_session", guest, domain=str(office.client.base_url.host))
        await other.sign_in()
        answer = await other.send("GET", f"/bookings/{booking['bookingId']}")
        assert_problem(answer, 404, "booking_not_found")
