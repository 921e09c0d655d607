"""Webhooks of the stand-in: signed as the SDKs check it, retried, copied, held and sent in any order."""

import asyncio
import json
from collections.abc import Callable

import httpx
import razorpay
from stripe import Webhook
from tests.standin import StandInProcess, listening, stripe_client

from rowlock.standin import (
    RAZORPAY_KEY_ID,
    RAZORPAY_KEY_SECRET,
    RAZORPAY_WEBHOOK_SECRET,
    STRIPE_WEBHOOK_SECRET,
)

Start = Callable[..., StandInProcess]
WAIT_SECONDS = 10.0


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


async def test_letters_are_held_copied_and_turned_round(own_standin: Start) -> None:
    """They go out in the order that is wanted, as often as is wanted; Razorpay's are signed over the whole body."""
    async with listening() as listener:
        standin = own_standin("--stripe-webhook", listener.url, "--razorpay-webhook", listener.url)
        standin.misbehave(webhooksHeld=True, webhookCopies=2)
        async with stripe_client(standin) as stripe:
            await stripe.v1.payment_intents.create_async(
                {"amount": 500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True,
                 "capture_method": "manual"}
            )  # fmt: skip
        sdk = razorpay.Client(auth=(RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET), base_url=f"{standin.url}/razorpay")
        order = await asyncio.to_thread(sdk.order.create, {"amount": 50000, "currency": "INR", "receipt": "r-1"})
        await _pay(standin, order["id"])
        assert listener.arrived.empty()
        await asyncio.to_thread(standin.ask, "POST", "/control/release?order=backwards")
        async with asyncio.timeout(WAIT_SECONDS):
            letters = [await listener.arrived.get() for _ in range(4)]
    events = [json.loads(letter.body) for letter in letters]
    assert [event.get("event") for event in events] == ["payment.authorized", "payment.authorized", None, None]
    assert {event["type"] for event in events[2:]} == {"payment_intent.amount_capturable_updated"}
    first = letters[0]
    assert sdk.utility.verify_webhook_signature(
        first.body.decode(), first.headers["x-razorpay-signature"], RAZORPAY_WEBHOOK_SECRET
    )
    assert {letter.headers["x-razorpay-event-id"] for letter in letters[:2]} == {first.headers["x-razorpay-event-id"]}


async def _pay(standin: StandInProcess, order_id: str) -> None:
    """Go through the hosted checkout as a browser without scripts would."""
    async with httpx.AsyncClient(base_url=standin.url) as browser:
        arrived = await browser.post(
            "/razorpay/v1/checkout/embedded",
            data={"key_id": RAZORPAY_KEY_ID, "order_id": order_id, "callback_url": "http://localhost/back"},
        )
        paid = await browser.post(str(arrived.headers["location"]), data={"card": "4242"})
        assert "razorpay_signature" in paid.text
