"""The saga cut at every boundary: processes killed there, answers lost there, every step done twice."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.integration.payments.dies import STEPS, Step, wrap
from tests.integration.payments.till import QUIET, Till

from rowlock.bookings import Booking
from rowlock.identity import Person
from rowlock.inventory import SeatState
from rowlock.payments.provider import OutcomeUnknown
from rowlock.payments.reconciler import reconcile

BOUNDARIES = [(step, when) for step in STEPS for when in ("before", "after")]
ROOT = Path(__file__).parents[3]
SOLD = "CONFIRMED", ["captured"], ["captured"]


async def outcome(till: Till) -> tuple[str, list[str], list[str]]:
    """What became of it, when all that is left to do has been done twice."""
    for _ in range(2):
        await till.house.database.cold.execute(QUIET)
        await reconcile(till.house.database, till.api.cashier)
    assert await till.house.broken() == []
    return await till.status(), await till.phases(), await till.charges()


async def test_killed_anywhere_the_buyer_who_comes_back_pays_once_and_has_the_seats(till: Till) -> None:
    api, deaths = till.api, {}
    for number, (step, when) in enumerate(BOUNDARIES, start=1):
        person = Person(f"buyer:{step}-{when}", "buyer")
        pick = await api.desk.pick(str(till.house.event_id), [f"S-3-{number}"])
        booking = await api.desk.reserve(person, pick, None)
        deaths[f"{step} {when} {person.subject} {booking.booking_id}"] = person, booking
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.payments.dies", stdin=asyncio.subprocess.PIPE,
        env=os.environ | {"DATABASE_URL": till.house.database.url}, cwd=ROOT,
    )  # fmt: skip
    await dying.communicate("\n".join(deaths).encode())
    assert dying.returncode == 0
    for death, (person, booking) in deaths.items():
        answer = await api.cashier.confirm(person, booking.booking_id, "tok_ok", "key-1")
        assert isinstance(answer, Booking), death
    _, phases, charges = await outcome(till)
    assert phases == charges == ["captured"] * len(BOUNDARIES)
    assert (await till.house.states()).count(SeatState.BOOKED) == len(BOUNDARIES)


@pytest.mark.parametrize(("step", "when"), BOUNDARIES)
async def test_an_answer_lost_anywhere_ends_in_seats_that_are_paid_or_in_neither(
    till: Till, step: str, when: str
) -> None:
    """Nobody comes back: the reconciler alone settles it."""

    def lost(work: Step) -> Step:
        async def working(*arguments: object) -> None:
            if when == "after":
                await work(*arguments)
            wrap(till.api, step, lambda _broken: work)
            raise OutcomeUnknown("the line is cut")

        return working

    wrap(till.api, step, lost)
    await asyncio.gather(till.pay("tok_ok", "key-1"), return_exceptions=True)
    if (step, when) == ("begin", "before"):
        assert await outcome(till) == ("HOLD", [], [])
    elif (step, when) in {("begin", "after"), ("authorise", "before")}:
        assert await outcome(till) == ("HOLD", ["abandoned"], [])
    else:
        assert await outcome(till) == SOLD


@pytest.mark.parametrize("step", STEPS)
async def test_every_step_may_be_done_twice(till: Till, step: str) -> None:
    def twice(work: Step) -> Step:
        async def working(*arguments: Any) -> object:  # noqa: ANN401
            first, second = await asyncio.gather(work(*arguments), work(*arguments))
            return second if step != "settle" else first

        return working

    wrap(till.api, step, twice)
    assert isinstance(await till.pay("tok_ok", "key-1"), Booking)
    assert await outcome(till) == SOLD
    rows = await till.house.database.fetch("SELECT kind FROM money_ledger ORDER BY id")
    assert [row["kind"] for row in rows] == ["sale", "capture"]
