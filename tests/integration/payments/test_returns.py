"""Paid seats that go back: for money, for other seats, or because the event is called off."""

import asyncio
import uuid
from collections.abc import Sequence

import pytest
from tests.integration.payments.till import BUYER, Till

from rowlock.bookings import Booking
from rowlock.inventory import SeatState
from rowlock.kernel.problems import Problem
from rowlock.payments.refund_runner import pay_refunds
from rowlock.payments.refund_runs import begin_run, pay_back, run_of
from rowlock.payments.returns import ExchangeBody, RefundBody

MOVED = """
SELECT account, sum(amount)::bigint AS amount
FROM money_ledger, unnest(accounts, amounts) AS line(account, amount) GROUP BY account ORDER BY account
"""


async def paid(till: Till) -> Booking:
    answer = await till.pay("tok_ok")
    assert isinstance(answer, Booking)
    return answer


async def all_refunds_paid(till: Till) -> None:
    while await pay_refunds(till.house.database, till.api.providers):
        pass


async def balances(till: Till) -> dict[str, int]:
    rows = await till.house.database.fetch(MOVED)
    return {row["account"]: row["amount"] for row in rows if row["amount"]}


async def taken(till: Till) -> list[int]:
    return [number for number, state in enumerate(await till.house.states()) if state != SeatState.AVAILABLE]


async def hold(till: Till, seats: Sequence[str], key: str | None = None) -> Booking:
    pick = await till.api.desk.pick(str(till.house.event_id), seats)
    return await till.api.desk.reserve(BUYER, pick, key)


async def test_a_seat_goes_back_and_then_the_other_and_both_are_paid_once(till: Till) -> None:
    booking = await paid(till)
    ask = till.api.returns.give_back
    first = await ask(BUYER, booking.booking_id, RefundBody(seat_ids=["S-2-1"]))
    assert (first.seats, first.amount.amount, first.state) == (("S-2-1",), "49.50", "due")
    now = await till.api.desk.find(BUYER, uuid.UUID(booking.booking_id))
    assert (now.status, [seat.returned for seat in now.seats]) == ("CONFIRMED", [True, False])
    assert [ticket.seat_id for ticket in now.tickets or ()] == ["S-2-2"]
    again = await ask(BUYER, booking.booking_id, RefundBody(seat_ids=["S-2-1"]))
    assert again.refund_id == first.refund_id
    rest = await ask(BUYER, booking.booking_id, RefundBody())
    assert (rest.seats, await till.status()) == (("S-2-2",), "REFUNDED")
    await all_refunds_paid(till)
    told = await till.api.returns.list(BUYER, booking.booking_id)
    assert [refund.state for refund in told.items] == ["paid", "paid"]
    assert (await balances(till), await taken(till)) == ({}, [])
    assert await till.house.broken() == []


async def test_twenty_wishes_at_once_pay_back_once(till: Till) -> None:
    booking = await paid(till)
    bodies = [RefundBody(), RefundBody(seat_ids=["S-2-1"]), RefundBody(seat_ids=["S-2-2"])] * 7
    asked = await asyncio.gather(
        *(till.api.returns.give_back(BUYER, booking.booking_id, body) for body in bodies), return_exceptions=True
    )
    assert {one.code for one in asked if isinstance(one, Problem)} == {"already_returned"}
    assert not [one for one in asked if isinstance(one, BaseException) and not isinstance(one, Problem)]
    await asyncio.gather(*(pay_refunds(till.house.database, till.api.providers) for _ in range(4)))
    rows = await till.house.database.fetch("SELECT sum(amount)::int AS back FROM mock_refunds")
    assert (rows[0]["back"], await balances(till)) == (9900, {})
    assert await till.house.broken() == []


async def test_the_window_is_judged_by_the_databases_clock(till: Till) -> None:
    booking = await paid(till)
    starts = "UPDATE events SET starts_at = clock_timestamp() + interval '24 hours' {} interval '5 seconds'"
    await till.house.database.cold.execute(starts.format("-"))
    with pytest.raises(Problem) as closed:
        await till.api.returns.give_back(BUYER, booking.booking_id, RefundBody())
    assert closed.value.code == "refund_window_closed"
    assert await till.status() == "CONFIRMED"
    await till.house.database.cold.execute(starts.format("+"))
    await till.api.returns.give_back(BUYER, booking.booking_id, RefundBody())


@pytest.mark.parametrize(
    ("given", "wanted", "due", "back"),
    [
        (["S-2-1"], ["S-3-1", "S-3-2"], "49.50", "0.00"),
        (["S-2-1", "S-2-2"], ["S-3-1"], "0.00", "49.50"),
        (["S-2-1"], ["S-3-1"], "0.00", "0.00"),
    ],
)
async def test_seats_are_exchanged_with_what_they_differ_by(
    till: Till, given: list[str], wanted: list[str], due: str, back: str
) -> None:
    old = await paid(till)
    new = await hold(till, wanted)
    row = await till.api.returns.own(BUYER, new.booking_id)
    told = await till.api.returns.exchange(BUYER, row, ExchangeBody(old.booking_id, given))
    assert (told.due.amount, told.back.amount) == (due, back)
    assert len(await taken(till)) == 2 + len(wanted), "until the new seats are paid nobody loses the old ones"
    with pytest.raises(Problem) as waits:
        await till.api.returns.give_back(BUYER, old.booking_id, RefundBody(seat_ids=given))
    assert waits.value.code == "exchange_pending"
    answers = await asyncio.gather(
        *(till.api.cashier.confirm(BUYER, new.booking_id, "tok_ok", "pay") for _ in range(5))
    )
    assert {getattr(answer, "status", "wait") for answer in answers} <= {"CONFIRMED", "wait"}
    assert len(await taken(till)) == 2 - len(given) + len(wanted)
    await all_refunds_paid(till)
    assert await till.house.broken() == []
    # All that is left goes back, from whichever payments it came.
    for booking in (old, new):
        if booking is new or len(given) < 2:
            await till.api.returns.give_back(BUYER, booking.booking_id, RefundBody())
    await all_refunds_paid(till)
    assert (await balances(till), await taken(till)) == ({}, [])
    charged = await till.house.database.fetch(
        "SELECT sum(amount)::int AS all FROM mock_charges WHERE state = 'captured'"
    )
    returned = await till.house.database.fetch("SELECT sum(amount)::int AS all FROM mock_refunds")
    assert charged[0]["all"] == returned[0]["all"]
    assert await till.house.broken() == []


async def test_an_exchange_that_is_not_paid_changes_nothing(till: Till) -> None:
    old = await paid(till)
    new = await hold(till, ["S-3-1", "S-3-2"])
    row = await till.api.returns.own(BUYER, new.booking_id)
    await till.api.returns.exchange(BUYER, row, ExchangeBody(old.booking_id, ["S-2-1"]))
    with pytest.raises(Problem):
        await till.api.cashier.confirm(BUYER, new.booking_id, "tok_declined", None)
    await till.api.desk.release(BUYER, new.booking_id)
    assert len(await taken(till)) == 2
    assert (await till.api.returns.give_back(BUYER, old.booking_id, RefundBody())).amount.amount == "99.00"


async def test_everybody_is_paid_back_when_an_event_is_called_off_whoever_dies_meanwhile(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rowlock.payments.refund_runs.BOOKINGS_PER_BATCH", 2)
    for row in range(1, 6):
        booking = await hold(till, [f"S-{row}-7"], f"row-{row}")
        await till.api.cashier.confirm(BUYER, booking.booking_id, "tok_ok", None)
    await paid(till)
    database, event = till.house.database, till.house.event_id
    async with database.cold.acquire() as connection:
        assert not await begin_run(connection, event, "staff", "ill")
        await connection.execute("UPDATE events SET cancelled = true")
        assert await begin_run(connection, event, "staff", "ill")

    def dies(_event_id: int) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await pay_back(database, dies)
    run = await run_of(database, event)
    assert run is not None
    assert (run.bookings, run.asked, run.ended_at) == (6, 2, None)
    await asyncio.gather(*(pay_back(database, lambda _event_id: None) for _ in range(3)))
    await pay_back(database, lambda _event_id: None)
    await all_refunds_paid(till)
    run = await run_of(database, event)
    assert run is not None
    assert (run.asked, run.paid, run.failed, run.amount.amount) == (6, 6, 0, "392.00")
    assert run.ended_at is not None
    assert (await balances(till), await taken(till)) == ({}, [])
    assert await till.house.broken() == []
