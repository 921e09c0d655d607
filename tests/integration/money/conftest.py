"""The running API, a worker beside it, and somebody who buys and gives back."""

import uuid

import pytest
from tests.integration.http.conftest import BoxOffice, Caller, Json, office
from tests.integration.worker import Worker

from rowlock.inventory.proof import Finding
from rowlock.money.proof import prove_money
from rowlock.payments.store import SQL

__all__ = ["office"]


class Trade:
    """Sales and refunds of one house, and what the proof of its books says."""

    def __init__(self, office: BoxOffice, worker: Worker) -> None:
        self.office = office
        self.worker = worker
        self.database = office.house.database

    async def sell(self, *seats: str, caller: Caller | None = None) -> Json:
        """A paid booking of these seats."""
        buyer = caller or self.office.caller()
        booking = await self.office.hold(buyer, *seats)
        paid = await buyer.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": "tok_ok"})
        assert paid.status_code == 200, paid.text
        answer: Json = paid.json()
        return answer

    async def give_back(self, booking: Json, *seat_nos: int) -> uuid.UUID:
        """Give seats of a paid booking back (all of them without numbers); the wish's id."""
        wish = uuid.uuid4()
        wanted = [uuid.UUID(booking["bookingId"])], [wish], list(seat_nos) or None
        rows = await self.database.fetch(
            SQL["return_seats"], *wanted, "organiser", [None], "staff", "Asked for it", None
        )
        assert [row["outcome"] for row in rows] == ["returned"]
        return wish

    async def findings(self) -> list[Finding]:
        """Everything that the proof of the books finds."""
        async with self.database.cold.acquire() as connection:
            return [finding async for finding in prove_money(connection, None)]

    async def broken(self) -> set[str]:
        """The invariants that do not hold."""
        return {finding.invariant for finding in await self.findings() if not finding.holds}


@pytest.fixture
def worker(office: BoxOffice) -> Worker:
    """A worker that works when it is told to."""
    return Worker(office)


@pytest.fixture
def trade(office: BoxOffice, worker: Worker) -> Trade:
    """The house's trade."""
    return Trade(office, worker)
