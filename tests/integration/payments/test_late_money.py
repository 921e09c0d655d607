"""Money that comes when its booking is not bound by it any more: the same seats if they are free, else it goes back."""

import asyncio
import uuid

import pytest
from tests.house import House
from tests.integration.payments.till import BUYER, QUIET, Till

from rowlock.identity import Person
from rowlock.inventory import SeatState
from rowlock.kernel.problems import Problem
from rowlock.payments.commands import Pending
from rowlock.payments.provider import Charge, OutcomeUnknown, PaymentAsk
from rowlock.payments.reconciler import reconcile
from rowlock.payments.refund_runner import pay_refunds

CODE = """
INSERT INTO codes (id, organiser_id, code, kind, percent, uses_max)
SELECT $1, organiser_id, 'LAST', 'percent', 10, 1 FROM events WHERE id = $2
"""
REPRICED = "SELECT reprice_hold_v1($1, $2, $3, 9900, '{4455,4455}', '{0,0}', '{0,0}', 0)"
REPRICED_ONE = "SELECT reprice_hold_v1($1, $2, $3, 4950, '{4455}', '{0}', '{0}', 0)"
OTHER = Person("buyer:two", "buyer")


async def lapsed(till: Till, *, taken: bool) -> uuid.UUID:
    """A payment that the provider made, taken at once or only authorised, while it answered nothing for too long."""
    provider = till.api.provider
    lookup, authorise = provider.lookup, provider.authorise

    async def silent(ask: PaymentAsk) -> Charge:
        raise OutcomeUnknown("no answer")

    async def made_silently(ask: PaymentAsk) -> Charge:
        await authorise(ask)
        if taken:
            await provider.capture(ask)
        raise OutcomeUnknown("no answer")

    provider.lookup, provider.authorise = silent, made_silently  # type: ignore[method-assign]
    assert isinstance(await till.pay("tok_ok"), Pending)
    await till.house.database.cold.execute(QUIET)
    assert await till.status() == "PAYMENT_PENDING"
    await reconcile(till.house.database, till.api.cashier)
    provider.lookup, provider.authorise = lookup, authorise  # type: ignore[method-assign]
    assert (await till.status(), await till.phases()) == ("EXPIRED", ["abandoned"])
    assert SeatState.HELD not in await till.house.states()
    rows = await till.house.database.fetch("SELECT id FROM payments")
    return uuid.UUID(str(rows[0]["id"]))


async def refunds(house: House) -> list[tuple[str, int, str]]:
    rows = await house.database.fetch("SELECT kind, amount, phase FROM refunds ORDER BY created_at")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("taken", [False, True])
async def test_money_for_seats_that_are_still_free_books_them(till: Till, taken: bool) -> None:
    payment_id = await lapsed(till, taken=taken)
    await asyncio.gather(*(till.api.cashier.learn(payment_id) for _ in range(10)))
    assert (await till.status(), await till.phases(), await till.charges()) == ("CONFIRMED", ["captured"], ["captured"])
    topics = await till.house.database.fetch("SELECT topic FROM outbox")
    assert [row["topic"] for row in topics] == ["booking.lapsed", "booking.confirmed"]
    assert await till.house.broken() == []


@pytest.mark.parametrize("taken", [False, True])
async def test_money_for_seats_that_were_sold_goes_back_once(till: Till, taken: bool) -> None:
    payment_id = await lapsed(till, taken=taken)
    pick = await till.api.desk.pick(str(till.house.event_id), ["S-2-2", "S-2-3"])
    other = await till.api.desk.reserve(OTHER, pick, None)
    await till.api.cashier.confirm(OTHER, other.booking_id, "tok_ok", None)
    for _ in range(2):
        learned = await asyncio.gather(*(till.api.cashier.learn(payment_id) for _ in range(10)), return_exceptions=True)
        assert {type(one) for one in learned} == {Problem}
    while await pay_refunds(till.house.database, till.api.providers):
        pass
    assert await till.status() == "EXPIRED"
    assert await refunds(till.house) == ([("late_payment", 9900, "paid")] if taken else [])
    assert (await till.charges())[0] == ("captured" if taken else "voided")
    back = await till.house.database.fetch("SELECT provider_key, amount FROM mock_refunds")
    assert [tuple(row) for row in back] == ([(str(payment_id), 9900)] if taken else [])
    assert await till.house.broken() == []


async def test_late_money_takes_no_use_of_a_code_that_others_have_by_now(till: Till) -> None:
    house, code = till.house, uuid.uuid4()
    await house.database.cold.execute(CODE, code, house.event_id)
    booking = uuid.UUID(till.booking.booking_id)
    assert await house.database.hot.fetchval(REPRICED, booking, BUYER.subject, code) == "repriced"
    payment_id = await lapsed(till, taken=True)
    other = house.hold_of(15)
    assert (await house.engine().hold(other)).stands
    assert await house.database.hot.fetchval(REPRICED_ONE, other.booking_id, other.buyer, code) == "repriced"
    with pytest.raises(Problem):
        await till.api.cashier.learn(payment_id)
    assert (await till.status(), [kind for kind, _, _ in await refunds(house)]) == ("EXPIRED", ["late_payment"])
    assert await house.broken() == []


async def test_money_for_seats_that_the_buyer_gave_back_goes_back(till: Till) -> None:
    payment_id = await lapsed(till, taken=True)
    await till.house.database.cold.execute("UPDATE bookings SET status = 'RELEASED'")
    with pytest.raises(Problem):
        await till.api.cashier.learn(payment_id)
    assert await refunds(till.house) == [("late_payment", 9900, "due")]
    assert set(await till.house.states()) == {SeatState.AVAILABLE}


async def test_two_workers_pay_a_refund_once(till: Till) -> None:
    payment_id = await lapsed(till, taken=True)
    await till.house.database.cold.execute("UPDATE bookings SET status = 'RELEASED'")
    with pytest.raises(Problem):
        await till.api.cashier.learn(payment_id)
    told = await asyncio.gather(*(pay_refunds(till.house.database, till.api.providers) for _ in range(4)))
    assert sum(told) == 1
    assert await refunds(till.house) == [("late_payment", 9900, "paid")]
    postings = await till.house.database.fetch("SELECT kind, accounts, amounts FROM money_ledger ORDER BY id")
    assert [tuple(row) for row in postings] == [
        ("late_capture", ["provider", "refunds_due"], [9900, -9900]),
        ("refund_paid", ["refunds_due", "provider"], [9900, -9900]),
    ]


async def test_money_of_another_amount_books_nothing(till: Till) -> None:
    provider = till.api.provider
    authorise = provider.authorise

    async def cheaper(ask: PaymentAsk) -> Charge:
        charge = await authorise(ask)
        return Charge(charge.state, amount=1, currency=ask.currency)

    provider.authorise = cheaper  # type: ignore[method-assign]
    with pytest.raises(Problem) as refused:
        await till.pay("tok_ok")
    assert refused.value.code == "payment_declined"
    assert (await till.status(), await till.charges()) == ("HOLD", ["voided"])
    assert BUYER.subject
