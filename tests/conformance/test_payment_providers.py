"""What every payment provider does, through its official SDK and over real sockets: the same cases for all of them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.conformance.tills import (
    Habit,
    MockTill,
    RazorpayTill,
    StripeFieldTill,
    StripePageTill,
    Till,
    state_of,
)
from tests.conftest import TestServers, fresh_database
from tests.standin import StandInProcess

from rowlock.payments import OutcomeUnknown, PaymentAsk
from rowlock.payments.provider import RefundAsk, StatementLine
from rowlock.platform.postgres import open_database

LOSABLE = [
    ("stripe_field", "/payment_intents", "hang"),
    ("stripe_field", "/confirm", "hang"),
    ("stripe_field", "/confirm", "error"),
    ("stripe_field", "/capture", "error"),
    ("stripe_field", "/refunds", "hang"),
    ("stripe_page", "/sessions", "hang"),
    ("razorpay", "/orders", "error"),
    ("razorpay", "/capture", "error"),
    ("razorpay", "/refund", "error"),
]
"""The calls of each way to pay whose answers are lost, and how."""


@pytest.fixture(autouse=True)
def _well_behaved(standin: StandInProcess) -> None:
    """Whatever went wrong in an earlier test."""
    standin.misbehave()


@pytest.fixture(scope="session")
async def mock(servers: TestServers, template: str) -> AsyncIterator[Till]:
    """The built-in provider on a database of its own."""
    async with fresh_database(servers, template) as url:
        database = await open_database(url)
        yield MockTill(database)
        await database.close()


@pytest.fixture(scope="session")
async def stripe_field(standin: StandInProcess) -> AsyncIterator[Till]:
    """Stripe's fields."""
    till = StripeFieldTill(standin)
    yield till
    await till.close()


@pytest.fixture(scope="session")
async def stripe_page(standin: StandInProcess) -> AsyncIterator[Till]:
    """Stripe's page."""
    till = StripePageTill(standin)
    yield till
    await till.close()


@pytest.fixture(scope="session")
async def razorpay(standin: StandInProcess) -> AsyncIterator[Till]:
    """Razorpay's page."""
    till = RazorpayTill(standin)
    yield till
    await till.close()


@pytest.fixture(params=["mock", "stripe_field", "stripe_page", "razorpay"])
def till(request: pytest.FixtureRequest) -> Till:
    """Each way to pay."""
    found: Till = request.getfixturevalue(request.param)
    return found


async def _lines(till: Till, ask: PaymentAsk) -> list[StatementLine]:
    """What the provider's statement says of a payment and its refunds."""
    now = datetime.now(UTC)
    lines = till.provider.statement(now - timedelta(minutes=5), now + timedelta(minutes=5))
    return [line async for line in lines if line.key is not None and line.key.startswith(ask.key)]


async def test_a_key_is_one_payment(till: Till) -> None:
    """However often it is asked for, before, while and after it is paid, there is one charge."""
    ask = till.ask()
    assert (await till.pay(ask)).state == "authorised"
    repeats = await asyncio.gather(*(till.pay(ask) for _ in range(3)))
    assert {(charge.state, charge.ref) for charge in repeats} == {("authorised", repeats[0].ref)}
    assert repeats[0].amount == ask.amount
    assert repeats[0].currency == "EUR"
    assert (await till.provider.capture(ask)).state == "captured"
    assert (await till.pay(ask)).state == "captured"
    assert [(line.kind, line.amount) for line in await _lines(till, ask)] == [("charge", ask.amount)]


@pytest.mark.parametrize("habit", ["declined", "poor"])
async def test_a_decline_charges_nothing(till: Till, habit: Habit) -> None:
    """It is told with its reason; on a page the buyer takes another card for the same payment."""
    ask = till.ask(habit)
    charge = await till.pay(ask, habit)
    if till.on_a_page:
        assert charge.state == "challenge"
        assert (await till.pay(ask)).state == "authorised"
    else:
        assert charge.state == "declined"
        assert charge.reason
        assert (await state_of(till.provider, ask)).state == "declined"
    assert await _lines(till, ask) == []


@pytest.mark.parametrize("word", ["approve", "decline", "walk away"])
async def test_the_bank_asks_first(till: Till, word: str) -> None:
    """Nothing is set aside before the buyer has approved; who walks away can be let go."""
    ask = till.ask("asks")
    charge = await till.pay(ask, "asks")
    assert charge.state == "challenge"
    assert charge.action_url
    match word:
        case "approve":
            assert (await till.answer_bank(ask, approve=True)).state == "authorised"
            assert (await till.provider.capture(ask)).state == "captured"
        case "decline":
            expected = "challenge" if till.on_a_page else "declined"
            assert (await till.answer_bank(ask, approve=False)).state == expected
        case _:
            voided = await till.provider.void(ask)
            assert voided is not None
            assert voided.state == "voided"
            assert (await state_of(till.provider, ask)).state == "voided"


async def test_what_is_taken_stays_taken(till: Till) -> None:
    """A capture may be repeated, and nothing lets the money go after it."""
    ask = till.ask()
    authorised = await till.pay(ask)
    known = msgspec.structs.replace(ask, ref=authorised.ref)
    for _ in range(2):
        assert (await till.provider.capture(known)).state == "captured"
    kept = await till.provider.void(known)
    assert kept is not None
    assert kept.state == "captured"
    assert len(await _lines(till, ask)) == 1


async def test_what_was_let_go_is_never_taken(till: Till) -> None:
    """Also when it is tried, and however often it is let go."""
    ask = till.ask()
    await till.pay(ask)
    for _ in range(2):
        voided = await till.provider.void(ask)
        assert voided is not None
        assert voided.state == "voided"
    assert (await till.provider.capture(ask)).state == "voided"
    assert (await till.provider.authorise(ask)).state == "voided"
    assert await _lines(till, ask) == []


async def test_who_pays_after_giving_up_is_not_charged(till: Till) -> None:
    """The provider's page may still be open in another window."""
    ask = till.ask("asks")
    await till.pay(ask, "asks")
    await till.provider.void(ask)
    assert (await till.answer_bank(ask, approve=True)).state == "voided"
    assert (await till.provider.capture(ask)).state == "voided"
    assert await _lines(till, ask) == []


async def test_nobody_knows_a_payment_that_was_never_asked_for(till: Till) -> None:
    """And asking does not make it one: at most it makes sure that it never will be."""
    ask = till.ask()
    assert await till.provider.lookup(ask) is None
    again = await till.provider.lookup(ask)
    assert again is None or again.state == "voided"
    assert await _lines(till, ask) == []


async def test_refunds_are_counted_by_their_keys(till: Till) -> None:
    """In parts, each key once, and never more than was taken."""
    ask = till.ask()
    await till.pay(ask)
    await till.provider.capture(ask)
    part = RefundAsk(f"{ask.key[:-1]}r", ask, 950)
    first = await till.provider.refund(part)
    assert first.state == "paid"
    assert await till.provider.refund(part) == first
    assert (await till.provider.refund(msgspec.structs.replace(part, ref=first.ref))).state == "paid"
    too_much = RefundAsk(f"{ask.key[:-1]}m", ask, ask.amount - 949)
    assert (await till.provider.refund(too_much)).state == "failed"
    assert (await till.provider.refund(RefundAsk(f"{ask.key[:-1]}s", ask, ask.amount - 950))).state == "paid"
    refunds = [line.amount for line in await _lines(till, PaymentAsk(ask.key[:-1], "", 0, "")) if line.kind == "refund"]
    assert sorted(refunds) == [950, ask.amount - 950]


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 4950), ("KWD", 12340), ("ISK", 4950)])
async def test_each_currency_has_its_minor_units(till: Till, currency: str, amount: int) -> None:
    """The provider's own may differ from ours; what comes back is ours, to the last one."""
    ask = till.ask(amount=amount, currency=currency)
    await till.pay(ask)
    taken = await till.provider.capture(ask)
    assert (taken.amount, taken.currency) == (amount, currency)
    refund = RefundAsk(f"{ask.key[:-1]}r", ask, 50)
    assert (await till.provider.refund(refund)).state == "paid"
    lines = await _lines(till, PaymentAsk(ask.key[:-1], "", 0, ""))
    assert {(line.kind, line.amount, line.currency) for line in lines} == {
        ("charge", amount, currency),
        ("refund", 50, currency),
    }


@pytest.mark.parametrize(("till", "path", "how"), LOSABLE, indirect=["till"])
async def test_a_lost_answer_changes_nothing(till: Till, standin: StandInProcess, path: str, how: str) -> None:
    """The call did its work and nobody was told: paid, taken and refunded once all the same."""
    ask = till.ask()
    standin.misbehave(failCalls=1, failPath=path, failWhen="after", failHow=how)
    await till.pay(ask)
    assert (await till.provider.capture(ask)).state == "captured"
    refund = RefundAsk(f"{ask.key[:-1]}r", ask, 100)
    assert (await till.provider.refund(refund)).state == "paid"
    lines = await _lines(till, PaymentAsk(ask.key[:-1], "", 0, ""))
    assert sorted((line.kind, line.amount) for line in lines) == [("charge", ask.amount), ("refund", 100)]
    assert standin.ask("GET", "/control")["failCalls"] == 0


async def test_stripe_keeps_the_error_of_a_key(standin: StandInProcess, stripe_field: Till) -> None:
    """Where making the intent itself fails, Stripe answers so for a day: nobody can have paid it, and we say so."""
    ask = stripe_field.ask()
    standin.misbehave(failCalls=1, failPath="/payment_intents", failWhen="after")
    with pytest.raises(OutcomeUnknown):
        await stripe_field.pay(ask)
    assert await stripe_field.provider.lookup(ask) is None
    assert await _lines(stripe_field, ask) == []


@pytest.mark.parametrize("till", ["stripe_field", "razorpay"], indirect=True)
async def test_what_the_bank_does_by_itself_is_on_the_statement(till: Till, standin: StandInProcess) -> None:
    """Disputes belong to their payment; a refund that somebody made by hand has no key of ours."""
    ask = till.ask()
    await till.pay(ask)
    ref = (await till.provider.capture(ask)).ref
    standin.ask("POST", "/control/bank", {"deed": "refund", "id": ref, "amount": 51})
    standin.ask("POST", "/control/bank", {"deed": "dispute", "id": ref})
    assert {line.kind for line in await _lines(till, ask)} == {"charge", "dispute"}
    now = datetime.now(UTC)
    lines = [line async for line in till.provider.statement(now - timedelta(minutes=5), now + timedelta(minutes=5))]
    assert 51 in [line.amount for line in lines if line.kind == "refund" and line.key is None]
