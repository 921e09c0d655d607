"""Passing tickets on: offered to a mail address, taken by whoever signs in with the mailed link, once.

A ticket is the right to sit on a seat, and that is all that moves. Money stays between the buyer and us: what is paid
back goes to who paid. So a buyer cannot give back, or exchange, a seat that somebody else has the ticket for; they have
to pass it back first. Staff can: who calls an event off pays the buyer back, and the tickets end.
"""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from rowlock.bookings import BookingViews, no_booking
from rowlock.identity import Person
from rowlock.identity.accounts.directory import Account, Address, guests_of
from rowlock.identity.accounts.visits import digest, new_secret
from rowlock.kernel.ids import parse_booking_id, reference_of
from rowlock.kernel.problems import Problem
from rowlock.platform.mail import Mail, Postbox
from rowlock.platform.postgres import Database
from rowlock.seating import SeatPlace
from rowlock.seating.store import PlanShelf
from rowlock.tickets.letters import offer_letter
from rowlock.tickets.model import HeldTicket, HeldTickets, OfferBody, Transfer, TransferList
from rowlock.tickets.notices import SQL, Notices

OFFER_SECONDS = 7 * 24 * 3600

_PROBLEMS = {
    "not_confirmed": ("booking_closed", "Only tickets of paid bookings can be passed on."),
    "unknown_seat": ("unknown_seat", "Name seats of this booking, none of them given back, in seatIds."),
    "passed_on": ("passed_on", "Somebody else has one of these tickets."),
    "too_late": ("booking_closed", "The event has begun or was called off."),
    "already_offered": ("already_offered", "Some of these tickets are offered already. Withdraw that first."),
    "too_many": ("booking_closed", "These tickets were offered too often."),
    "ended": ("offer_ended", "The tickets are not offered any more: taken, withdrawn, or too late."),
    "own": ("invalid_request", "These tickets are yours already. The link is for somebody else."),
    "exchange_pending": ("exchange_pending", "The tickets are about to be exchanged. Try again in some minutes."),
}


class Offering(NamedTuple):
    """Who offers: their names, and what a mail calls them (empty: somebody)."""

    names: Sequence[str]
    called: str


class Transfers:
    """Offers tickets, takes them, and knows who has which."""

    def __init__(
        self, database: Database, views: BookingViews, plans: PlanShelf, postbox: Postbox, notices: Notices
    ) -> None:
        self._database = database
        self._views = views
        self._plans = plans
        self._postbox = postbox
        self._notices = notices

    async def offering(self, person: Person, account: Account | None) -> Offering:
        """Under which names somebody has tickets."""
        guests = await guests_of(self._database, person.subject)
        return Offering([person.subject, *sorted(guests)], account.name if account is not None else "")

    async def offer(self, who: Offering, body: OfferBody, site: str) -> Transfer:
        """Offer tickets; the mail with the link is in the post when this returns. `site` is where the link leads.

        Problems: `booking_not_found`, `booking_closed`, `unknown_seat`, `already_offered`, `invalid_request`.
        """
        address, booking_id = Address.of(body.email), parse_booking_id(body.booking_id)
        row = await self._views.row(booking_id, None) if booking_id is not None else None
        if row is None or booking_id is None:
            raise no_booking(body.booking_id)
        seat_nos = await self._seat_nos(row.event_id, body.seat_ids)
        offer_id, secret = uuid.uuid4(), new_secret()
        told = await self._notices.booking_for(booking_id, address.typed)
        async with self._database.cold.acquire() as connection, connection.transaction():
            outcome = await connection.fetchval(
                SQL["offer_tickets"], offer_id, booking_id, seat_nos, who.names, address.typed, digest(secret),
                OFFER_SECONDS,
            )  # fmt: skip
            _judge(outcome, body.booking_id)
            (offered,) = await connection.fetch(SQL["offers_of"], who.names, booking_id, offer_id)
            seats = await self._places(offered["plan_id"], seat_nos)
            letter = offer_letter(told, seats, who.called, f"{site}/tickets#offer={secret}", offered["expires_at"])
            await self._postbox.send(connection, Mail(address.typed, letter))
        return await self._transfer(offered)

    async def take(self, account: Account, names: Sequence[str], secret: str) -> HeldTickets:
        """Take what a link offers; all tickets that the account holds from others now.

        Problems: `offer_ended`, `exchange_pending`, `invalid_request` for one's own tickets.
        """
        row = await self._database.fetchrow(SQL["take_tickets"], digest(secret), account.subject, names)
        assert row is not None
        if row["outcome"] != "taken":
            _judge(row["outcome"], "")
        return await self.held(names)

    async def withdraw(self, who: Offering, transfer_id: uuid.UUID) -> None:
        """Take an offer back; Problems `not_found`, `offer_ended` when it was taken or withdrawn before."""
        if await self._database.fetchrow(SQL["withdraw_offer"], transfer_id, who.names) is not None:
            return
        if not await self._database.fetch(SQL["offers_of"], who.names, None, transfer_id):
            raise Problem("not_found", "You offered no such tickets.")
        raise Problem("offer_ended", "These tickets are not offered any more.")

    async def offered(self, who: Offering, booking_id: uuid.UUID | None) -> TransferList:
        """What somebody offered, newest first; of one booking unless it is None."""
        rows = await self._database.fetch(SQL["offers_of"], who.names, booking_id, None)
        return TransferList(tuple([await self._transfer(row) for row in rows]))

    async def held(self, names: Sequence[str]) -> HeldTickets:
        """What somebody holds from others."""
        rows = await self._database.fetch(SQL["tickets_from_others"], names)
        return HeldTickets(tuple([await self._held(row) for row in rows]))

    async def _seat_nos(self, event_id: int, seat_ids: Sequence[str]) -> list[int]:
        sale = await self._views.sale(event_id)
        numbers = {sale[1].seat_nos.get(seat_id) for seat_id in seat_ids} if sale is not None else set()
        if not numbers or None in numbers:
            raise Problem("unknown_seat", "Name seats of this booking in seatIds.")
        return sorted(number for number in numbers if number is not None)

    async def _seat_ids(self, plan_id: int, seat_nos: Sequence[int]) -> tuple[str, ...]:
        plan = await self._plans.plan(plan_id)
        assert plan is not None
        return tuple(plan.seat_ids[seat_no] for seat_no in seat_nos)

    async def _places(self, plan_id: int, seat_nos: Sequence[int]) -> tuple[SeatPlace, ...]:
        plan = await self._plans.plan(plan_id)
        assert plan is not None
        return tuple(plan.place(seat_no) for seat_no in seat_nos)

    async def _transfer(self, row: asyncpg.Record) -> Transfer:
        return Transfer(
            transfer_id=str(row["id"]),
            booking_id=str(row["booking_id"]),
            seat_ids=await self._seat_ids(row["plan_id"], row["seat_nos"]),
            email=row["email"],
            state=row["state"],
            expires_at=row["expires_at"],
        )

    async def _held(self, row: asyncpg.Record) -> HeldTicket:
        (seat_id,) = await self._seat_ids(row["plan_id"], [row["seat_no"]])
        return HeldTicket(
            ticket_id=f"{reference_of(row['no'])}-{row['seat_nos'].index(row['seat_no']) + 1}",
            booking_id=str(row["booking_id"]),
            event_id=str(row["event_id"]),
            event_name=row["name"],
            starts_at=row["starts_at"],
            timezone=row["timezone"],
            place=f"{row['venue']}, {row['city']}" if row["city"] else row["venue"],
            seat_id=seat_id,
            since=row["since"],
        )


def _judge(outcome: str, booking_id: str) -> None:
    if outcome == "offered":
        return
    if outcome == "not_found":
        raise no_booking(booking_id)
    code, words = _PROBLEMS[outcome]
    raise Problem(code, words)
