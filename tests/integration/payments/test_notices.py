"""Webhooks, as the stand-in made them: lost, repeated, late, turned round, forged."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.conftest import TestServers
from tests.house import House
from tests.integration.payments.till import BUYER, QUIET, Till
from tests.standin import StandInProcess

from rowlock.app import assemble, open_api
from rowlock.kernel.problems import Problem
from rowlock.money.proof import prove_money
from rowlock.payments import OutcomeUnknown, PaymentAsk
from rowlock.payments.commands import Pending
from rowlock.payments.provider import RefundAnswer, RefundAsk
from rowlock.payments.reconciler import reconcile
from rowlock.payments.refund_runner import pay_refunds
from rowlock.platform.postgres import Database
from rowlock.settings import Settings
from rowlock.standin import STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET
from rowlock.standin.postman import stripe_signature

Json = dict[str, Any]
KEY = {"Authorization": f"Bearer {STRIPE_SECRET_KEY}"}
RETURN_SEATS = (
    "SELECT * FROM return_seats_v1(ARRAY[$1::uuid], ARRAY[gen_random_uuid()], NULL, 'organiser', "
    "ARRAY[NULL::text], 'tester', '', NULL)"
)
PAUSE = "SELECT extract(epoch FROM next_try_at - clock_timestamp()) FROM refunds"
WEBHOOKS = "/api/v1/payments/webhooks/stripe"


class StripeTill(Till):
    """A till whose payments go to Stripe's stand-in, and a browser."""

    def __init__(self, till: Till, standin: StandInProcess, browser: httpx.AsyncClient) -> None:
        super().__init__(till.api, till.house, till.booking)
        self.standin = standin
        self.browser = browser
        self.shop = httpx.AsyncClient(transport=httpx.ASGITransport(assemble(till.api)), base_url="http://shop")

    async def go_to_page(self) -> str:
        """Begin a payment; the address of the page where it is made."""
        answer = await self.pay("redirect", "one-key")
        assert isinstance(answer, Pending)
        assert answer.next_action.url is not None
        return answer.next_action.url

    async def choose(self, page: str, card: str = "4242") -> str:
        """Pay there; where the buyer is sent then. The buyer's browser goes no further."""
        return (await self.browser.post(page, data={"card": card})).headers["location"]

    async def events(self) -> list[Json]:
        """What the stand-in would tell of this payment, oldest first."""
        key = str((await self.house.database.fetch("SELECT id FROM payments"))[0]["id"])
        events = (await self.browser.get("/stripe/v1/events?limit=100", headers=KEY)).json()["data"]
        intents = {event["data"]["object"].get("payment_intent") for event in events if key in json.dumps(event)} - {
            None
        }
        about = [
            event
            for event in events
            if key in json.dumps(event) or event["data"]["object"].get("payment_intent") in intents
        ]
        return about[::-1]

    async def deliver(
        self, event: Json, *, secret: str = STRIPE_WEBHOOK_SECRET, at: int | None = None
    ) -> httpx.Response:
        """One delivery of an event, signed as Stripe does it."""
        body = json.dumps(event).encode()
        headers = {"Stripe-Signature": stripe_signature(secret, body, at or int(time.time()))}
        return await self.shop.post(WEBHOOKS, content=body, headers=headers)

    async def outcomes(self) -> list[str]:
        rows = await self.house.database.fetch("SELECT outcome FROM provider_notices ORDER BY taken_at")
        return [row["outcome"] for row in rows]

    async def balances(self) -> dict[str, int]:
        """What stands on each account of the money ledger."""
        rows = await self.house.database.fetch(
            "SELECT account, sum(amount)::bigint AS amount "
            "FROM money_ledger, unnest(accounts, amounts) AS p(account, amount) GROUP BY account"
        )
        return {row["account"]: row["amount"] for row in rows if row["amount"]}


@pytest.fixture
async def stripe(
    house: House, database: Database, servers: TestServers, standin: StandInProcess
) -> AsyncIterator[StripeTill]:
    """An api that is set up for Stripe, with two webhook secrets, and a hold of two seats."""
    standin.misbehave()
    settings = Settings(
        database_url=database.url, valkey_url=servers.valkey_url, public_url="http://shop", payment_provider="stripe",
        stripe_secret_key=STRIPE_SECRET_KEY, stripe_api=f"{standin.url}/stripe",
        stripe_webhook_secret=f"whsec_former, {STRIPE_WEBHOOK_SECRET}",
    )  # fmt: skip
    api = await open_api(settings)
    booking = await api.desk.reserve(BUYER, await api.desk.pick(str(house.event_id), ["S-2-1", "S-2-2"]), None)
    async with httpx.AsyncClient(base_url=standin.url) as browser:
        till = StripeTill(Till(api, house, booking), standin, browser)
        yield till
        await till.shop.aclose()
    await api.close()


async def test_the_way_back_from_the_page_settles_it(stripe: StripeTill) -> None:
    """The buyer comes back to us, and finds the booking paid."""
    back = await stripe.choose(await stripe.go_to_page())
    sent_on = await stripe.shop.get(urlsplit(back).path)
    assert (sent_on.status_code, sent_on.headers["location"]) == (303, f"/bookings/{stripe.booking.booking_id}")
    assert (await stripe.status(), await stripe.phases()) == ("CONFIRMED", ["captured"])
    assert await stripe.house.broken() == []


async def test_giving_up_on_the_page_frees_the_payment_at_once(stripe: StripeTill) -> None:
    """The hold goes on, its seats can be given back at once, and the page can be paid no more."""
    page = await stripe.go_to_page()
    path = urlsplit(page).path.replace("/pay/", "/v1/checkout/sessions/")
    session = (await stripe.browser.get(path, headers=KEY)).json()
    cancelled = urlsplit(session["cancel_url"])
    assert (await stripe.shop.get(f"{cancelled.path}?{cancelled.query}")).status_code == 303
    assert (await stripe.status(), await stripe.phases()) == ("HOLD", ["voided"])
    assert (await stripe.browser.post(page, data={"card": "4242"})).status_code == 410


async def test_while_nobody_answers_no_payment_is_begun(stripe: StripeTill) -> None:
    """Refused before the hold is bound to a payment: it stays as it is, and nothing can have been charged."""
    stripe.standin.misbehave(failCalls=100)
    while stripe.api.providers.seconds_shut() == 0:
        with pytest.raises(OutcomeUnknown):
            await stripe.api.providers.current.lookup(PaymentAsk("key", "pm_card_visa", 100, "EUR", ref="pi_any"))
    with pytest.raises(Problem) as refused:
        await stripe.pay("redirect")
    assert (refused.value.code, refused.value.kind.status) == ("payment_unavailable", 503)
    assert (await stripe.status(), await stripe.phases()) == ("HOLD", [])


async def test_a_lost_webhook_is_made_up_for(stripe: StripeTill) -> None:
    await stripe.choose(await stripe.go_to_page())
    await stripe.house.database.cold.execute(QUIET)
    await reconcile(stripe.house.database, stripe.api.cashier)
    assert (await stripe.status(), await stripe.phases()) == ("CONFIRMED", ["captured"])


async def test_a_hundred_copies_are_one_effect(stripe: StripeTill) -> None:
    """All at once; each is answered 200, one is acted on, and one confirmation goes out."""
    await stripe.choose(await stripe.go_to_page())
    (event,) = [one for one in await stripe.events() if one["type"] == "checkout.session.completed"]
    answers = await asyncio.gather(*(stripe.deliver(event) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["taken"] for answer in answers].count(True) == 1
    assert (await stripe.status(), await stripe.phases(), await stripe.outcomes()) == (
        "CONFIRMED",
        ["captured"],
        ["done"],
    )
    topics = await stripe.house.database.fetch("SELECT topic FROM outbox")
    assert [row["topic"] for row in topics] == ["booking.confirmed"]


@pytest.mark.parametrize("backwards", [False, True])
async def test_any_order_ends_as_the_provider_says(stripe: StripeTill, backwards: bool) -> None:
    """A card is declined, another pays: a late word of the first changes nothing."""
    page = await stripe.go_to_page()
    await stripe.browser.post(page, data={"card": "0002"})
    await stripe.choose(page)
    events = await stripe.events()
    assert {"payment_intent.payment_failed", "checkout.session.completed"} <= {event["type"] for event in events}
    for event in reversed(events) if backwards else events:
        assert (await stripe.deliver(event)).status_code == 200
    assert (await stripe.status(), await stripe.phases()) == ("CONFIRMED", ["captured"])
    assert await stripe.house.broken() == []


async def test_a_late_webhook_books_seats_that_are_still_free(stripe: StripeTill) -> None:
    """Nobody knew the outcome for so long that the seats were let go; the buyer had paid all the same."""
    page = await stripe.go_to_page()
    (row,) = await stripe.house.database.fetch("SELECT id FROM payments")
    await stripe.api.cashier.lapse(row["id"])
    assert await stripe.status() == "EXPIRED"
    await stripe.choose(page)
    for event in await stripe.events():
        await stripe.deliver(event)
    assert (await stripe.status(), await stripe.phases()) == ("CONFIRMED", ["captured"])


async def test_what_is_not_signed_is_not_believed(stripe: StripeTill) -> None:
    """Refused, and nothing has changed: not signed by Stripe, too long ago, or for somebody else's ears."""
    await stripe.choose(await stripe.go_to_page())
    event = (await stripe.events())[-1]
    refused = [
        await stripe.deliver(event, secret="whsec_guessed"),
        await stripe.deliver(event, at=int(time.time()) - 301),
        await stripe.shop.post(WEBHOOKS, content=json.dumps(event).encode()),
        await stripe.deliver({**event, "data": 7}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(400, "signature_refused")] * 4
    assert (await stripe.shop.post(WEBHOOKS.replace("stripe", "razorpay"), content=b"{}")).status_code == 404
    assert (await stripe.shop.post(WEBHOOKS, content=b" " * 262_145)).status_code == 413
    assert (await stripe.status(), await stripe.outcomes()) == ("PAYMENT_PENDING", [])
    assert (await stripe.deliver(event, secret="whsec_former")).status_code == 200


@pytest.mark.parametrize(("field", "value"), [("amount_total", 1), ("currency", "usd")])
async def test_another_amount_settles_nothing_and_is_on_record(stripe: StripeTill, field: str, value: object) -> None:
    """Signed by Stripe, but not what we asked for: somebody has to look at it."""
    await stripe.choose(await stripe.go_to_page())
    event = (await stripe.events())[-1]
    event["data"]["object"][field] = value
    assert (await stripe.deliver(event)).status_code == 200
    assert (await stripe.status(), await stripe.outcomes()) == ("PAYMENT_PENDING", ["other_amount"])
    (row,) = await stripe.house.database.fetch("SELECT actor, object FROM audit_log WHERE action = 'refuse_notice'")
    assert row["object"].startswith("payment:")


async def test_a_payment_that_nobody_knows_is_on_record(stripe: StripeTill) -> None:
    await stripe.go_to_page()
    thing = {"id": "pi_other", "amount": 5, "currency": "eur", "metadata": {"rowlock_key": "not ours"}}
    await stripe.deliver({"id": "evt_other", "type": "payment_intent.succeeded", "data": {"object": thing}})
    assert await stripe.outcomes() == ["unknown_payment"]


async def test_what_was_put_off_is_caught_up_with(stripe: StripeTill) -> None:
    """The provider told us and then did not answer: the worker asks again, once it does."""
    await stripe.choose(await stripe.go_to_page())
    event = (await stripe.events())[-1]
    stripe.standin.misbehave(failCalls=3)
    assert (await stripe.deliver(event)).status_code == 200
    assert await stripe.status() == "PAYMENT_PENDING"
    assert await stripe.api.payments.notice_desk.catch_up() == 0, "its own request may still be at it"
    await stripe.house.database.cold.execute("UPDATE provider_notices SET taken_at = taken_at - interval '1 minute'")
    assert await stripe.api.payments.notice_desk.catch_up() == 1
    assert (await stripe.status(), await stripe.outcomes()) == ("CONFIRMED", ["done"])


async def test_what_the_bank_takes_back_is_in_the_books(stripe: StripeTill) -> None:
    """A dispute, won later, and a refund that somebody made at Stripe itself: each once, in any order, never ours."""
    await stripe.choose(await stripe.go_to_page())
    (row,) = await stripe.house.database.fetch("SELECT id, amount FROM payments")
    await stripe.api.cashier.learn(row["id"])
    (paid,) = await stripe.house.database.fetch("SELECT provider_ref FROM payments")
    before = await stripe.balances()
    ask = stripe.standin.ask
    dispute = ask("POST", "/control/bank", {"deed": "dispute", "id": paid["provider_ref"]})
    ask("POST", "/control/bank", {"deed": "refund", "id": paid["provider_ref"], "amount": 100})
    for _ in range(2):
        for event in reversed(await stripe.events()):
            await stripe.deliver(event)
    assert await stripe.balances() == {
        **before, "provider": before["provider"] - row["amount"] - 100, "disputed": row["amount"] + 100,
    }  # fmt: skip
    ask("POST", "/control/bank", {"deed": "win", "id": dispute["id"]})
    for event in await stripe.events():
        await stripe.deliver(event)
    assert await stripe.balances() == {**before, "provider": before["provider"] - 100, "disputed": 100}
    assert (await stripe.status(), await stripe.phases()) == ("CONFIRMED", ["captured"])
    async with stripe.house.database.cold.acquire() as connection:
        assert [finding async for finding in prove_money(connection, None) if not finding.holds] == []


async def test_an_old_refund_is_soon_tried_again_after_silence_and_late_while_the_bank_works(
    stripe: StripeTill,
) -> None:
    await stripe.choose(await stripe.go_to_page(), "7726")
    (row,) = await stripe.house.database.fetch("SELECT id, booking_id FROM payments")
    await stripe.api.cashier.learn(row["id"])
    database, pauses = stripe.house.database, []
    await database.fetch(RETURN_SEATS, row["booking_id"])
    await database.cold.execute("UPDATE refunds SET created_at = created_at - interval '10 hours'")
    for failing in (3, 0):
        stripe.standin.misbehave(failCalls=failing)
        await database.cold.execute("UPDATE refunds SET next_try_at = clock_timestamp()")
        assert await pay_refunds(database, stripe.api.providers) == 1
        pauses.append(float(await database.cold.fetchval(PAUSE)))
    assert 0 < pauses[0] <= 20, "nobody answered"
    assert 3_500 < pauses[1] <= 3_600, "the provider has it"


async def test_word_of_a_refund_that_comes_while_it_is_asked_about_is_not_forgotten(
    stripe: StripeTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stripe.choose(await stripe.go_to_page(), "7726")
    (row,) = await stripe.house.database.fetch("SELECT id, booking_id FROM payments")
    await stripe.api.cashier.learn(row["id"])
    database, provider = stripe.house.database, stripe.api.providers.current
    await database.fetch(RETURN_SEATS, row["booking_id"])
    refund = provider.refund

    async def told_meanwhile(ask: RefundAsk) -> RefundAnswer:
        answer = await refund(ask)
        for event in await stripe.events():
            await stripe.deliver(event)
        return answer

    monkeypatch.setattr(provider, "refund", told_meanwhile)
    assert await pay_refunds(database, stripe.api.providers) == 1
    assert float(await database.cold.fetchval(PAUSE)) <= 0, "it is asked about again at once"


async def test_a_refund_of_ours_is_asked_about_at_once(stripe: StripeTill) -> None:
    """It was pending, and would have been asked about in ten seconds."""
    await stripe.choose(await stripe.go_to_page(), "7726")
    (row,) = await stripe.house.database.fetch("SELECT id, booking_id FROM payments")
    await stripe.api.cashier.learn(row["id"])
    database = stripe.house.database
    await database.fetch(RETURN_SEATS, row["booking_id"])
    assert await pay_refunds(database, stripe.api.providers) == 1
    assert await pay_refunds(database, stripe.api.providers) == 0
    (made,) = await database.fetch("SELECT provider_ref FROM refunds WHERE phase = 'sent'")
    stripe.standin.ask("POST", "/control/bank", {"deed": "pay", "id": made["provider_ref"]})
    for event in await stripe.events():
        await stripe.deliver(event)
    assert await pay_refunds(database, stripe.api.providers) == 1
    assert [refund["phase"] for refund in await database.fetch("SELECT phase FROM refunds")] == ["paid"]
    assert await stripe.house.broken() == []
