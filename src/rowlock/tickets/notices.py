"""Telling buyers what became of their bookings: one mail for each thing to tell, however often it is heard of."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from rowlock.platform.jobs.messages import each, together
from rowlock.platform.mail import Letter, Mail, Postbox
from rowlock.platform.postgres import Database, load_queries
from rowlock.seating.store import PlanShelf
from rowlock.tickets.letters import ToldBooking, confirmed_letter, kept_letter, lost_letter, refund_letter, taken_letter

SQL = load_queries("rowlock.tickets")

Kind = Literal["confirmed", "lapsed", "refund", "taken", "kept"]


class Notice(NamedTuple):
    """One thing to tell a buyer: `about` sets apart what is told of a booking more than once."""

    booking: ToldBooking
    kind: Kind
    about: str
    letter: Callable[[], Letter]


class Notices:
    """Writes to buyers. `site` is the address of our pages, empty when nobody vouches for one."""

    def __init__(self, database: Database, plans: PlanShelf, postbox: Postbox, site: str) -> None:
        self._database = database
        self._plans = plans
        self._postbox = postbox
        self._site = site.rstrip("/")

    async def tell_confirmed(self, told: Mapping[str, Any]) -> None:
        """The task behind `booking.confirmed` messages: tickets to whoever has an address."""
        found = await self.bookings([UUID(message["bookingId"]) for message in told["messages"]])
        await self._send(
            [
                Notice(booking, "confirmed", "", partial(confirmed_letter, booking, self._site))
                for booking in found
                if booking.status == "CONFIRMED"
            ]
        )

    async def tell_lapsed(self, told: Mapping[str, Any]) -> None:
        """The task behind `booking.lapsed` messages: the seats were let go, and nobody knows of the payment."""
        found = await self.bookings([UUID(message["bookingId"]) for message in told["messages"]])
        await self._send(
            [
                Notice(booking, "lapsed", "", partial(lost_letter, booking, "lapsed"))
                for booking in found
                if booking.status == "EXPIRED"
            ]
        )

    async def tell_refunded(self, told: Mapping[str, Any]) -> None:
        """The task behind `booking.refunded` messages: why seats went back, and what money; not of what was free."""
        refunds = [one for one in told["messages"] if one["amount"] > 0 or one["kind"] == "uncollected"]
        found = {booking.id: booking for booking in await self.bookings([UUID(one["bookingId"]) for one in refunds])}
        await self._send(
            [
                Notice(booking, "refund", one["refundId"], partial(_refund, booking, one))
                for one in refunds
                if (booking := found.get(UUID(one["bookingId"]))) is not None
            ]
        )

    async def tell_kept(self, told: Mapping[str, Any]) -> None:
        """The task behind `waitlist.offered` messages: seats are kept for somebody who waited for them."""
        until = {UUID(one["bookingId"]): datetime.fromisoformat(one["until"]) for one in told["messages"]}
        await self._send(
            [
                Notice(booking, "kept", "", partial(kept_letter, booking, self._site, until[booking.id]))
                for booking in await self.bookings(list(until))
                if booking.status == "HOLD"
            ]
        )

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
                letter = partial(taken_letter, giver, row["taker"])
                await self._send([Notice(giver, "taken", message["transferId"], letter)])

        await each(told["messages"], tell)

    async def _send(self, notices: Sequence[Notice]) -> None:
        """Mail what was not mailed before."""
        if notices:
            await together(notices, self._send_once)

    async def _send_once(self, notices: Sequence[Notice]) -> None:
        """What was told and the mails are one transaction."""
        wanted = {(notice.booking.id, notice.kind, notice.about): notice for notice in notices}
        async with self._database.cold.acquire() as connection, connection.transaction():
            for told_now in await connection.fetch(SQL["mark_told"], *zip(*wanted, strict=True)):
                notice = wanted[tuple(told_now)]
                await self._postbox.send(connection, Mail(notice.booking.address, notice.letter()))

    async def _told(self, row: asyncpg.Record) -> ToldBooking:
        plan = await self._plans.plan(row["plan_id"])
        assert plan is not None
        return ToldBooking(
            id=row["id"],
            no=row["no"],
            event_id=row["event_id"],
            status=row["status"],
            seats=tuple(plan.place(seat_no) for seat_no in row["seat_nos"]),
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


def _refund(booking: ToldBooking, refund: Mapping[str, Any]) -> Letter:
    if refund["kind"] == "uncollected":
        return lost_letter(booking, "uncollected")
    return refund_letter(booking, refund["kind"], refund["amount"])
