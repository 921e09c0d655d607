"""What Stripe's SDK sees of the stand-in: keys, errors and refunds as Stripe has them."""

import asyncio

import pytest
import stripe as sdk
from stripe import StripeClient
from stripe.params import PaymentIntentCreateParams
from tests.standin import StandInProcess

TERMS = PaymentIntentCreateParams(
    amount=4950, currency="eur", payment_method="pm_card_visa", capture_method="manual", metadata={"order": "7"}
)


async def test_a_repeated_key_is_the_same_payment_and_other_terms_are_refused(stripe: StripeClient) -> None:
    """Also when the calls cross: Stripe answers 409 to the one that comes while the other is at work."""
    intents = stripe.v1.payment_intents
    first, again = [await intents.create_async(TERMS, {"idempotency_key": "repeat"}) for _ in range(2)]
    assert first.id == again.id
    with pytest.raises(sdk.IdempotencyError):
        await intents.create_async({**TERMS, "amount": 4951}, {"idempotency_key": "repeat"})


async def test_a_key_at_work_is_refused(stripe: StripeClient) -> None:
    """Two at once: one does the work and hangs, the other gets 409; once that has gone, a repeat gets the answer."""
    terms = PaymentIntentCreateParams(**{**TERMS, "payment_method": "pm_card_standin_timeout", "confirm": True})

    async def ask() -> sdk.PaymentIntent:
        return await stripe.v1.payment_intents.create_async(terms, {"idempotency_key": "busy"})

    done, hanging = await asyncio.wait(
        [asyncio.create_task(ask()) for _ in range(2)], return_when=asyncio.FIRST_COMPLETED
    )
    refused = done.pop().exception()
    assert isinstance(refused, sdk.StripeError)
    assert refused.http_status == 409
    hanging.pop().cancel()
    while True:
        try:
            assert (await ask()).status == "requires_capture"
        except sdk.APIError as busy:
            assert busy.http_status == 409  # until the stand-in has seen that nobody waits any more
        else:
            break


async def test_an_error_after_charging_is_kept_under_its_key(stripe: StripeClient) -> None:
    """Stripe answers a repeat with the 500 of the first try; the money is set aside all the same."""
    terms = PaymentIntentCreateParams(**{**TERMS, "payment_method": "pm_card_standin_error", "confirm": True})
    for replayed in (None, "true"):
        with pytest.raises(sdk.APIError) as raised:
            await stripe.v1.payment_intents.create_async(terms, {"idempotency_key": "broken"})
        assert (raised.value.headers or {}).get("idempotent-replayed") == replayed
    newest = (await stripe.v1.payment_intents.list_async({"limit": 1})).data[0]
    assert newest.status == "requires_capture"


async def test_a_decline_says_why_and_another_card_pays(stripe: StripeClient) -> None:
    """402 with the bank's reason; the intent waits for the next card."""
    with pytest.raises(sdk.CardError) as raised:
        await stripe.v1.payment_intents.create_async(
            {**TERMS, "payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds", "confirm": True}
        )
    error = raised.value.error
    assert error is not None
    assert (error.code, error.decline_code) == ("card_declined", "insufficient_funds")
    assert error.payment_intent is not None
    paid = await stripe.v1.payment_intents.confirm_async(error.payment_intent.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "requires_capture"


async def test_refunds_come_to_no_more_than_was_captured(stripe: StripeClient) -> None:
    """Part, the rest, and then nothing more."""
    intent = await stripe.v1.payment_intents.create_async({**TERMS, "confirm": True})
    with pytest.raises(sdk.InvalidRequestError):
        await stripe.v1.refunds.create_async({"payment_intent": intent.id})
    await stripe.v1.payment_intents.capture_async(intent.id)
    await stripe.v1.refunds.create_async({"payment_intent": intent.id, "amount": 950})
    with pytest.raises(sdk.InvalidRequestError):
        await stripe.v1.refunds.create_async({"payment_intent": intent.id, "amount": 4001})
    assert (await stripe.v1.refunds.create_async({"payment_intent": intent.id})).amount == 4000
    with pytest.raises(sdk.InvalidRequestError) as raised:
        await stripe.v1.refunds.create_async({"payment_intent": intent.id})
    assert raised.value.code == "charge_already_refunded"


async def test_a_call_may_fail_after_its_work(standin: StandInProcess, stripe: StripeClient) -> None:
    """The switches reach the calls that they name, as often as they say."""
    intent = await stripe.v1.payment_intents.create_async({**TERMS, "confirm": True})
    standin.misbehave(failCalls=1, failPath="/capture", failWhen="after")
    with pytest.raises(sdk.APIError):
        await stripe.v1.payment_intents.capture_async(intent.id)
    assert (await stripe.v1.payment_intents.retrieve_async(intent.id)).status == "succeeded"
