"""Webhooks of the stand-in: signed as the SDKs check it, retried, copied, held and sent in any order."""

import asyncio
import json
from collections.abc import Callable

import httpx
import razorpay
from stripe import Webhook
from tests.standin import Listener, StandInProcess, listening, stripe_client

from rowlock.standin import (
    RAZORPAY_KEY_ID,
    RAZORPAY_KEY_SECRET,
    RAZORPAY_WEBHOOK_SECRET,
    STRIPE_WEBHOOK_SECRET,
)

Start = Callable[..., StandInProcess]
WAIT_SECONDS = 10.0


async def _types(listener: Listener, count: int) -> list[str]:
    async with asyncio.timeout(WAIT_SECONDS):
        return [json.loads((await listener.arrived.get()).body)["type"] for _ in range(count)]


async def test_an_event_is_signed_and_sent_until_it_is_taken(own_standin: Start) -> None:
    """Refused once, lost to a kill -9 of the stand-in, and still it comes: with the same id and a good signature."""
    async with listening() as listener:
        listener.statuses = [500] * 3
        standin = own_standin("--stripe-webhook", listener.url)
        async with stripe_client(standin) as stripe, asyncio.timeout(WAIT_SECONDS):
            await stripe.v1.payment_intents.create_async(
                {"amount": 500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True,
                 "capture_method": "manual"}
            )  # fmt: skip
            first = await listener.arrived.get()
            standin.kill()
            await asyncio.to_thread(standin.start)
            listener.statuses.clear()
            second = await listener.arrived.get()
        events = [
            Webhook.construct_event(letter.body, letter.headers["stripe-signature"], STRIPE_WEBHOOK_SECRET)
            for letter in (first, second)
        ]
        assert {event.type for event in events} == {"payment_intent.amount_capturable_updated"}
        assert events[0].id == events[1].id


async def test_letters_are_copied_and_turned_round(own_standin: Start) -> None:
    """Held back, they go out in the order that is wanted, as often as is wanted."""
    async with listening() as listener:
        standin = own_standin("--stripe-webhook", listener.url)
        standin.misbehave(webhooksHeld=True, webhookCopies=2)
        async with stripe_client(standin) as stripe:
            intent = await stripe.v1.payment_intents.create_async(
                {"amount": 500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True,
                 "capture_method": "manual"}
            )  # fmt: skip
            await stripe.v1.payment_intents.capture_async(intent.id)
        assert listener.arrived.empty()
        await asyncio.to_thread(standin.ask, "POST", "/control/release?order=backwards")
        assert await _types(listener, 6) == [
            "charge.captured", "charge.captured", "payment_intent.succeeded", "payment_intent.succeeded",
            "payment_intent.amount_capturable_updated", "payment_intent.amount_capturable_updated",
        ]  # fmt: skip


async def test_razorpays_events_are_signed_its_way(own_standin: Start) -> None:
    """The digest is of the whole body, and the id stands in a header."""
    async with listening() as listener:
        standin = own_standin("--razorpay-webhook", listener.url)
        client = razorpay.Client(auth=(RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET), base_url=f"{standin.url}/razorpay")
        order = await asyncio.to_thread(client.order.create, {"amount": 50000, "currency": "INR", "receipt": "r-1"})
        await _pay(standin, order["id"])
        async with asyncio.timeout(WAIT_SECONDS):
            letter = await listener.arrived.get()
        assert client.utility.verify_webhook_signature(
            letter.body.decode(), letter.headers["x-razorpay-signature"], RAZORPAY_WEBHOOK_SECRET
        )
        assert letter.headers["x-razorpay-event-id"].startswith("evt_")
        assert json.loads(letter.body)["event"] == "payment.authorized"


async def _pay(standin: StandInProcess, order_id: str) -> None:
    """Go through the hosted checkout as a browser without scripts would."""
    async with httpx.AsyncClient(base_url=standin.url) as browser:
        arrived = await browser.post(
            "/razorpay/v1/checkout/embedded",
            data={"key_id": RAZORPAY_KEY_ID, "order_id": order_id, "callback_url": "http://localhost/back"},
        )
        paid = await browser.post(str(arrived.headers["location"]), data={"card": "4242424242424242"})
        assert "razorpay_signature" in paid.text
