"""Telling buyers what became of their bookings: one mail for each thing to tell, however often it is heard of."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from rowlock.platform.jobs.messages import each
from rowlock.platform.mail import Letter, Mail, Postbox
from rowlock.platform.postgres import Database, load_queries
from rowlock.seating.store import PlanShelf
from rowlock.tickets.letters import ToldBooking, confirmed_letter, refund_letter, taken_letter

SQL = load_queries("rowlock.tickets")

Kind = Literal["confirmed", "refund", "taken"]


class Notices:
    """Writes to buyers. `site` is the address of our pages, empty when nobody vouches for one."""

    def __init__(self, database: Database, plans: PlanShelf, postbox: Postbox, site: str) -> None:
        self._database = database
        self._plans = plans
        self._postbox = postbox
        self._site = site.rstrip("/")

    async def tell_confirmed(self, told: Mapping[str, Any]) -> None:
        """The task behind `booking.confirmed` messages: tickets to whoever has an address."""
        ids = [UUID(message["bookingId"]) for message in told["messages"]]

        async def tell(booking: ToldBooking) -> None:
            if booking.status == "CONFIRMED":
                await self.send_once(booking, "confirmed", "", confirmed_letter(booking, self._site))

        await each(await self.bookings(ids), tell)

    async def tell_refunded(self, told: Mapping[str, Any]) -> None:
        """The task behind `booking.refunded` messages: money goes back, and why; not where nothing was ever taken."""
        refunds = [message for message in told["messages"] if message["amount"] > 0]
        found = {booking.id: booking for booking in await self.bookings([UUID(one["bookingId"]) for one in refunds])}

        async def tell(refund: Mapping[str, Any]) -> None:
            booking = found.get(UUID(refund["bookingId"]))
            if booking is not None:
                letter = refund_letter(booking, refund["kind"], refund["amount"])
                await self.send_once(booking, "refund", refund["refundId"], letter)

        await each(refunds, tell)

    async def bookings(self, ids: Sequence[UUID]) -> list[ToldBooking]:
        """Those of these bookings whose buyers can be written to."""
        rows = await self._database.fetch(SQL["bookings_to_tell_of"], ids)
        return [await self._told(row) for row in rows if row["address"] is not None]

    async def booking_for(self, booking_id: UUID, address: str) -> ToldBooking:
        """A booking as somebody else than its buyer is told of it."""
        (row,) = await self._database.fetch(SQL["bookings_to_tell_of"], [booking_id])
        return replace(await self._told(row), address=address, name="")

    async def tell_passed_on(self, told: Mapping[str, Any]) -> None:
        """The task behind `tickets.passed_on` messages: whoever gave tickets learns that they were taken."""

        async def tell(message: Mapping[str, Any]) -> None:
            (row,) = await self._database.fetch(SQL["offer_to_tell_of"], UUID(message["transferId"]))
            if row["address"] is not None:
                giver = await self.booking_for(row["booking_id"], row["address"])
                giver = replace(giver, name=row["name"], language=row["language"])
                await self.send_once(giver, "taken", message["transferId"], taken_letter(giver, row["taker"]))

        await each(told["messages"], tell)

    async def send_once(self, booking: ToldBooking, kind: Kind, about: str, letter: Letter) -> None:
        """Mail the buyer unless that was done: what was told and the mail are one transaction."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            if await connection.fetchval(SQL["mark_told"], booking.id, kind, about) is not None:
                await self._postbox.send(connection, Mail(booking.address, letter))

    async def _told(self, row: asyncpg.Record) -> ToldBooking:
        plan = await self._plans.plan(row["plan_id"])
        assert plan is not None
        return ToldBooking(
            id=row["id"],
            no=row["no"],
            event_id=row["event_id"],
            status=row["status"],
            seats=tuple(plan.seat_ids[seat_no] for seat_no in row["seat_nos"]),
            tiers=tuple(row["tiers"]),
            prices=tuple(row["prices"]),
            total=row["total"],
            fees=row["fees"],
            taxes=row["taxes"],
            currency=row["currency"],
            event_name=row["event_name"],
            starts_at=row["starts_at"],
            timezone=row["timezone"],
            place=f"{row['venue']}, {row['city']}" if row["city"] else row["venue"],
            address=row["address"] or "",
            name=row["name"],
            language=row["language"] or "en",
        )
