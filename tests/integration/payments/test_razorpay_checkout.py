"""Paying by Razorpay as a browser without scripts does: our form, its page, its form, and back."""

import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import urlsplit

import httpx
import pytest
from tests.conftest import TestServers
from tests.house import House
from tests.integration.payments.till import BUYER, Till
from tests.standin import StandInProcess

from rowlock.app import assemble, open_api
from rowlock.payments.commands import Pending
from rowlock.platform.postgres import Database
from rowlock.settings import Settings
from rowlock.standin import RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET

Form = tuple[str, dict[str, str]]


@pytest.fixture
async def till(house: House, database: Database, servers: TestServers, standin: StandInProcess) -> AsyncIterator[Till]:
    """An api that is set up for Razorpay, and a hold of two seats."""
    standin.misbehave()
    settings = Settings(
        database_url=database.url, valkey_url=servers.valkey_url, public_url="http://shop", payment_provider="razorpay",
        razorpay_key_id=RAZORPAY_KEY_ID, razorpay_key_secret=RAZORPAY_KEY_SECRET,
        razorpay_api=f"{standin.url}/razorpay",
    )  # fmt: skip
    api = await open_api(settings)
    booking = await api.desk.reserve(BUYER, await api.desk.pick(str(house.event_id), ["S-2-1", "S-2-2"]), None)
    yield Till(api, house, booking)
    await api.close()


@pytest.fixture
async def shop(till: Till) -> AsyncIterator[httpx.AsyncClient]:
    """Our pages."""
    transport = httpx.ASGITransport(assemble(till.api))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


def form_of(page: str) -> Form:
    """Where the form of a page goes, and its hidden fields."""
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    assert action is not None, page
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return unescape(action[1]), {unescape(name): unescape(value) for name, value in hidden}


async def paid_on_the_page(till: Till, shop: httpx.AsyncClient) -> Form:
    """Up to the form that takes the buyer back to us."""
    answer = await till.pay("redirect", "one-key")
    assert isinstance(answer, Pending)
    assert answer.next_action.url is not None
    action, fields = form_of((await shop.get(answer.next_action.url)).text)
    async with httpx.AsyncClient() as browser:
        arrived = await browser.post(action, data=fields)
        paid = await browser.post(arrived.headers["location"], data={"card": "4242"})
    return form_of(paid.text)


async def test_the_signed_way_back_books_the_seats(till: Till, shop: httpx.AsyncClient) -> None:
    back, fields = await paid_on_the_page(till, shop)
    sent_on = await shop.post(urlsplit(back).path, data=fields)
    assert (sent_on.status_code, sent_on.headers["location"]) == (303, f"/bookings/{till.booking.booking_id}")
    assert (await till.status(), await till.phases()) == ("CONFIRMED", ["captured"])
    (row,) = await till.house.database.fetch("SELECT id FROM payments")
    again = await shop.get(f"/pay/razorpay/{row['id']}")
    assert (again.status_code, again.headers["location"]) == (303, f"/bookings/{till.booking.booking_id}")
    assert await till.house.broken() == []


async def test_what_razorpay_did_not_sign_settles_nothing(till: Till, shop: httpx.AsyncClient) -> None:
    back, fields = await paid_on_the_page(till, shop)
    for forged in ({"razorpay_signature": "0" * 64}, {"razorpay_payment_id": "pay_other"}, {"razorpay_signature": "ü"}):
        answer = await shop.post(urlsplit(back).path, data=fields | forged)
        assert (answer.status_code, answer.json()["code"]) == (400, "signature_refused")
    assert await till.status() == "PAYMENT_PENDING"


async def test_giving_up_keeps_the_hold_and_a_late_payment_is_not_taken(till: Till, shop: httpx.AsyncClient) -> None:
    """Razorpay cannot close an order: who pays it after all is not charged."""
    back, _ = await paid_on_the_page(till, shop)
    cancelled = urlsplit(back).path.replace("razorpay/", "back/").removesuffix("/back")
    assert (await shop.get(f"{cancelled}?cancelled=1")).status_code == 303
    assert (await till.status(), await till.phases()) == ("HOLD", ["voided"])
