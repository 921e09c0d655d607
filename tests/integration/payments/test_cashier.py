"""Paying: every step may fail or be repeated, and money and seats never part company."""

import asyncio
import uuid

import pytest
from tests.integration.payments.till import BUYER, LAPSED, QUIET, Till

from rowlock.bookings import Booking
from rowlock.inventory import BeginPayment, SeatState, SettlePayment
from rowlock.kernel.problems import Problem
from rowlock.payments.commands import Pending
from rowlock.payments.provider import Charge, OutcomeUnknown, PaymentAsk
from rowlock.payments.reconciler import reconcile


async def test_a_paid_hold_is_booked_captured_and_told(till: Till) -> None:
    answer = await till.pay("tok_ok")
    assert isinstance(answer, Booking)
    assert answer.status == "CONFIRMED"
    assert answer.tickets is not None
    assert [ticket.seat_id for ticket in answer.tickets] == ["S-2-1", "S-2-2"]
    assert await till.phases() == ["captured"]
    assert await till.charges() == ["captured"]
    messages = await till.house.database.fetch("SELECT topic, key FROM outbox")
    assert [tuple(message) for message in messages] == [("booking.confirmed", till.booking.booking_id)]
    assert await till.house.broken() == []


async def test_paying_again_charges_nothing_again(till: Till) -> None:
    first = await till.pay("tok_ok", "key-1")
    assert await till.pay("tok_ok", "key-1") == first
    assert await till.pay("tok_ok", "key-2") == first
    assert await till.charges() == ["captured"]


async def test_two_payments_at_once_are_one(till: Till) -> None:
    answers = await asyncio.gather(*(till.pay("tok_ok", f"key-{n}") for n in range(6)), return_exceptions=True)
    assert not [one for one in answers if isinstance(one, BaseException) and not isinstance(one, Problem)]
    assert await till.status() == "CONFIRMED"
    assert await till.charges() == ["captured"]


async def test_a_declined_card_leaves_the_hold_and_another_may_pay(till: Till) -> None:
    with pytest.raises(Problem) as refused:
        await till.pay("tok_declined")
    assert refused.value.code == "payment_declined"
    assert await till.status() == "HOLD"
    await till.pay("tok_ok")
    assert await till.status() == "CONFIRMED"
    assert await till.phases() == ["declined", "captured"]
    assert await till.house.broken() == []


async def test_a_lost_answer_is_asked_for_and_found(till: Till) -> None:
    answer = await till.pay("tok_timeout")
    assert isinstance(answer, Pending)
    assert answer.next_action.type == "wait"
    assert await till.status() == "PAYMENT_PENDING"
    assert await reconcile(till.house.database, till.api.cashier) == 0, "its own request may still be at it"
    await till.house.database.cold.execute(QUIET)
    assert await reconcile(till.house.database, till.api.cashier) == 1
    assert await till.status() == "CONFIRMED"
    assert await till.charges() == ["captured"]


@pytest.mark.parametrize(
    ("approved", "status", "charge"), [(True, "CONFIRMED", "captured"), (False, "HOLD", "declined")]
)
async def test_a_challenge_waits_for_the_buyers_word(till: Till, approved: bool, status: str, charge: str) -> None:
    answer = await till.pay("tok_3ds")
    assert isinstance(answer, Pending)
    assert answer.next_action.url is not None
    payment_id = uuid.UUID(answer.next_action.url.rsplit("/", 1)[1])
    again = await till.pay("tok_ok")
    assert isinstance(again, Pending), "a second payment must not start beside the first"
    await till.api.provider.answer_challenge(str(payment_id), approved=approved)
    try:
        await till.api.cashier.learn(payment_id)
    except Problem as problem:
        assert problem.code == "payment_declined"
    assert await till.status() == status
    assert await till.charges() == [charge]


async def test_a_challenge_nobody_answers_is_given_up(till: Till) -> None:
    await till.pay("tok_3ds")
    await till.house.database.cold.execute(QUIET)
    await reconcile(till.house.database, till.api.cashier)
    assert await till.status() == "HOLD"
    assert await till.charges() == ["voided"]
    assert await till.house.broken() == []


async def test_a_process_that_died_before_asking_the_provider_is_cleaned_up_after(till: Till) -> None:
    command = BeginPayment(uuid.UUID(till.booking.booking_id), BUYER.subject, uuid.uuid4(), "tok_ok", "mock")
    await till.api.engine.begin_payment(till.house.event_id, command)
    assert await till.status() == "PAYMENT_PENDING"
    await till.house.database.cold.execute(LAPSED)
    await till.house.database.cold.execute(QUIET)
    await reconcile(till.house.database, till.api.cashier)
    assert await till.status() == "EXPIRED"


async def test_a_process_that_died_after_the_provider_said_yes_ends_in_a_booking(till: Till) -> None:
    """The payment stands at `authorising`, the provider's books say authorised, nobody told the buyer."""
    payment_id = uuid.uuid4()
    command = BeginPayment(uuid.UUID(till.booking.booking_id), BUYER.subject, payment_id, "tok_ok", "mock")
    begun = await till.api.engine.begin_payment(till.house.event_id, command)
    assert begun.payment is not None
    await till.api.provider.authorise(PaymentAsk(str(payment_id), "tok_ok", begun.payment.amount, "EUR"))
    await till.house.database.cold.execute(QUIET)
    await reconcile(till.house.database, till.api.cashier)
    assert await till.status() == "CONFIRMED"
    assert await till.charges() == ["captured"]


async def test_a_payment_for_seats_that_are_gone_is_voided(till: Till) -> None:
    """The booking was let go while the provider was deciding: the authorisation must not become a charge."""
    answer = await till.pay("tok_3ds")
    assert isinstance(answer, Pending)
    assert answer.next_action.url is not None
    payment_id = uuid.UUID(answer.next_action.url.rsplit("/", 1)[1])
    unpaid = SettlePayment(uuid.UUID(till.booking.booking_id), payment_id, paid=False)
    await till.api.engine.settle_payment(till.house.event_id, unpaid)
    await till.api.desk.release(BUYER, till.booking.booking_id)
    await till.api.provider.answer_challenge(str(payment_id), approved=True)
    with pytest.raises(Problem) as late:
        await till.api.cashier.learn(payment_id)
    assert late.value.code == "hold_expired"
    assert await till.charges() == ["voided"]
    assert SeatState.BOOKED not in await till.house.states()


async def test_a_payment_given_up_before_the_provider_had_it_is_not_taken_up_again(till: Till) -> None:
    """A process died between writing the payment down and asking the provider, and its buyer comes back late."""

    async def never_sent(ask: PaymentAsk) -> Charge:
        raise OutcomeUnknown("the process is gone")

    provider = till.api.provider
    ask = provider.authorise
    provider.authorise = never_sent  # type: ignore[method-assign]
    assert isinstance(await till.pay("tok_ok", "key-1"), Pending)
    provider.authorise = ask  # type: ignore[method-assign]
    await till.house.database.cold.execute(QUIET)
    await reconcile(till.house.database, till.api.cashier)
    assert (await till.phases(), await till.status()) == (["abandoned"], "HOLD")
    with pytest.raises(Problem) as refused:
        await till.pay("tok_ok", "key-1")
    assert refused.value.code == "payment_declined"
    assert (await till.status(), await till.charges()) == ("HOLD", [])
    assert isinstance(await till.pay("tok_ok", "key-2"), Booking)
    assert await till.phases() == ["abandoned", "captured"]
    assert await till.house.broken() == []


async def test_a_charge_that_comes_after_its_payment_was_given_up_books_the_seats_after_all(till: Till) -> None:
    """The reconciler asks while the request is still on its way to the provider."""
    provider = till.api.provider
    ask_provider = provider.authorise

    async def overtaken(ask: PaymentAsk) -> Charge:
        await till.house.database.cold.execute(QUIET)
        await reconcile(till.house.database, till.api.cashier)
        return await ask_provider(ask)

    provider.authorise = overtaken  # type: ignore[method-assign]
    assert isinstance(await till.pay("tok_ok", "key-1"), Booking)
    assert (await till.phases(), await till.charges(), await till.status()) == (["captured"], ["captured"], "CONFIRMED")
    assert await till.house.broken() == []


async def test_after_three_refused_cards_the_next_one_has_to_wait(till: Till) -> None:
    for _ in range(3):
        with pytest.raises(Problem) as refused:
            await till.pay("tok_declined")
        assert refused.value.code == "payment_declined"
    with pytest.raises(Problem) as cooling:
        await till.pay("tok_ok")
    assert (cooling.value.code, await till.status()) == ("payment_cooling", "HOLD")
    assert cooling.value.extra["retryAfter"] == pytest.approx(60, abs=5)
    await till.house.database.cold.execute("UPDATE bookings SET declined_at = declined_at - interval '61 seconds'")
    assert isinstance(await till.pay("tok_ok"), Booking)
    assert await till.charges() == ["declined", "declined", "declined", "captured"]
