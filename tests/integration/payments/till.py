"""A booking to pay for, and what became of it."""

import uuid

from tests.house import House

from rowlock.app import Api
from rowlock.bookings import Booking
from rowlock.identity import Person
from rowlock.payments.commands import Pending

BUYER = Person("buyer:one", "buyer")
QUIET = (
    "UPDATE payments SET updated_at = updated_at - interval '20 minutes', "
    "started_at = started_at - interval '20 minutes'"
)
LAPSED = (
    "UPDATE bookings SET held_at = held_at - interval '1 day', hold_expires_at = hold_expires_at - interval '1 day'"
)


class Till:
    """An api of our own and a booking to pay for."""

    def __init__(self, api: Api, house: House, booking: Booking) -> None:
        self.api = api
        self.house = house
        self.booking = booking

    async def pay(self, token: str, key: str | None = None) -> Booking | Pending:
        return await self.api.cashier.confirm(BUYER, self.booking.booking_id, token, key)

    async def status(self) -> str:
        return (await self.api.desk.find(BUYER, uuid.UUID(self.booking.booking_id))).status

    async def phases(self) -> list[str]:
        rows = await self.house.database.fetch("SELECT phase FROM payments ORDER BY started_at")
        return [row["phase"] for row in rows]

    async def charges(self) -> list[str]:
        rows = await self.house.database.fetch("SELECT state FROM mock_charges ORDER BY created_at")
        return [row["state"] for row in rows]
