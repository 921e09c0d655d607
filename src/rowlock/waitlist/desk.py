"""Joining a waiting list, asking how one's entry stands, leaving it; and how staff see a list."""

import math
import uuid
from datetime import timedelta

import asyncpg

from rowlock.bookings import BookingViews, price_cap
from rowlock.catalog import SaleFacts
from rowlock.identity import Person
from rowlock.identity.accounts.directory import Accounts, Address, known_language
from rowlock.inventory import PARTY_MAX, Release, surely_nothing, time_left
from rowlock.kernel.ids import parse_number_id
from rowlock.kernel.money import money
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Database
from rowlock.platform.postgres.pool import rerun
from rowlock.waiting_room.watch import RoomWatch
from rowlock.waitlist.model import (
    EntryStatus,
    PartyCount,
    PartyTerms,
    WaitlistEntry,
    WaitlistFigures,
    WishBody,
    wishes_of,
)
from rowlock.waitlist.seats import Seats
from rowlock.waitlist.store import SQL


class WaitlistDesk:
    """One process's desk for all waiting lists."""

    def __init__(
        self,
        database: Database,
        views: BookingViews,
        seats: Seats,
        rooms: RoomWatch,
        accounts: Accounts,
        *,
        seats_per_booking_max: int,
    ) -> None:
        self._database = database
        self._views = views
        self._seats = seats
        self._rooms = rooms
        self._accounts = accounts
        self._seats_max = min(PARTY_MAX, seats_per_booking_max)

    async def join(self, event_id: str, body: WishBody, person: Person) -> WaitlistEntry:
        """Stand on the list, or change what one waits for and keep the place.

        Problems: `event_not_found`, `invalid_request`, `too_many_seats`, `seats_fit` when there is no need to wait,
        `offer_stands` while seats are kept for the person, `not_on_sale` once the sale is over.
        """
        facts = await self._facts(event_id)
        terms = self._terms(body, facts)
        address = Address.of(body.email) if body.email else None
        await self._refuse_needless(facts, terms)
        if await self._accounts.address_behind(person.subject) is not None:
            address = None  # the account's own is written to
        standing = await self._row(facts.event_id, person)
        subject = standing["subject"] if standing is not None and standing["ended_at"] is None else person.subject
        async with self._database.cold.acquire() as connection, connection.transaction():
            await connection.execute(SQL["open_list"], facts.event_id)
            found = await connection.fetchval(
                SQL["join"],
                uuid.uuid4(),
                facts.event_id,
                subject,
                terms.size,
                terms.together,
                terms.accessible,
                list(terms.tier_nos),
                terms.total_max,
                None if address is None else address.typed,
                known_language(body.language),
            )
        if found is None:
            raise Problem("offer_stands", "Seats are kept for you already: pay for them, or leave the list first.")
        return await self.entry(event_id, person)

    async def entry(self, event_id: str, person: Person) -> WaitlistEntry:
        """How the person's entry stands, the last one if it has ended; Problem `not_on_waitlist` without any."""
        facts = await self._facts(event_id)
        row = await self._row(facts.event_id, person)
        if row is None:
            raise Problem("not_on_waitlist", "You are not on the waiting list of this event.")
        has_account = await self._accounts.address_behind(row["subject"]) is not None
        return _told(row, facts, by_mail=has_account or row["email"] is not None)

    async def leave(self, event_id: str, person: Person) -> None:
        """Leave the list; seats that are offered go to the next. Problem `not_on_waitlist`."""
        facts = await self._facts(event_id)
        row = await self._row(facts.event_id, person)
        if row is None or row["ended_at"] is not None:
            raise Problem("not_on_waitlist", "You are not on the waiting list of this event.")
        if row["status"] == "offered":
            await self._seats.engine.release(facts.event_id, Release(row["booking_id"], row["subject"]))
            self._seats.replica.freed(facts.event_id)
            await rerun(lambda: self._database.cold.execute(SQL["settle_offers"], facts.event_id))
        else:
            await rerun(lambda: self._database.cold.execute(SQL["leave"], row["id"]))

    async def figures(self, event_id: str, person: Person) -> WaitlistFigures:
        """The list as staff see it; Problem `event_not_found`, also where the event is another organiser's."""
        facts = await self._facts(event_id)
        if not person.works_for(facts.organiser_id):
            raise Problem("event_not_found", f"There is no event {event_id}.")
        rows = await self._database.fetch(SQL["figures"], facts.event_id)
        waiting = tuple(PartyCount(row["size"], row["entries"]) for row in rows if row["status"] == "waiting")
        ended = {
            status: sum(row["entries"] for row in rows if row["status"] == status)
            for status in ("offered", "bought", "lapsed", "declined", "left", "closed")
        }
        wanted = sum(count.party_size * count.parties for count in waiting)
        return WaitlistFigures(event_id=event_id, waiting=waiting, seats_wanted=wanted, **ended)

    async def _facts(self, event_id: str) -> SaleFacts:
        number = parse_number_id(event_id)
        sale = await self._views.sale(number) if number is not None else None
        if sale is None:
            raise Problem("event_not_found", f"There is no event {event_id}.")
        return sale[0]

    def _terms(self, body: WishBody, facts: SaleFacts) -> PartyTerms:
        if body.party_size > self._seats_max:
            raise Problem(
                "too_many_seats",
                f"A party has at most {self._seats_max} seats; {body.party_size} were asked for.",
                seatsMax=self._seats_max,
            )
        if body.accessible > body.party_size:
            raise Problem("invalid_request", f"accessible: {body.accessible} of {body.party_size} people cannot be.")
        unknown = [name for name in body.tiers if name not in facts.tiers]
        if unknown:
            raise Problem(
                "invalid_request", f"tiers: the event has no tier {unknown[0]!r}; it has {', '.join(facts.tiers)}."
            )
        tier_nos = tuple(dict.fromkeys(facts.tiers.index(name) for name in body.tiers))
        return PartyTerms(body.party_size, body.together, body.accessible, tier_nos, price_cap(body.max_total, facts))

    async def _refuse_needless(self, facts: SaleFacts, terms: PartyTerms) -> None:
        """Who can have seats now has no need to wait. What only choosing could tell is left to the worker's first look.

        In front of a line this is not asked: nobody there can have seats now.
        """
        row = await self._database.fetchrow(SQL["is_over"], facts.event_id)
        if row is None or row["over"]:
            raise Problem("not_on_sale", "The sale of this event is over.")
        if self._rooms.room(facts.event_id) is not None or terms.accessible or terms.total_max is not None:
            return
        chart, picture = (
            await self._seats.charts.chart(facts.plan_id),
            await self._seats.replica.picture(facts.event_id),
        )
        assert chart is not None
        assert picture is not None
        free = [seat_no for seat_no, state in enumerate(picture.states()) if not state]
        if any(surely_nothing(chart, free, wish) is None for wish in wishes_of(terms)):
            raise Problem("seats_fit", "There are free seats for you: choose them now, you need not wait.")

    async def _row(self, event_id: int, person: Person) -> asyncpg.Record | None:
        return await self._database.fetchrow(SQL["entry_of"], event_id, person.subject)


def _told(row: asyncpg.Record, facts: SaleFacts, *, by_mail: bool) -> WaitlistEntry:
    held = row["status"] == "offered" and row["booking_status"] == "HOLD"
    left = max(0, math.ceil(time_left(row["hold_expires_at"], row["now"]).total_seconds())) if held else None
    return WaitlistEntry(
        event_id=str(facts.event_id),
        status=_status(row, left),
        party_size=row["size"],
        together=row["together"],
        accessible=row["accessible"],
        tiers=tuple(facts.tiers[tier_no] for tier_no in row["tier_nos"]),
        max_total=None if row["total_max"] is None else money(row["total_max"], facts.currency),
        joined_at=row["joined_at"],
        told_by_mail=by_mail,
        ahead=row["ahead"],
        booking_id=None if row["booking_id"] is None else str(row["booking_id"]),
        offer_ends_at=None if not left else row["now"] + timedelta(seconds=left),
        offer_ends_in=left,
    )


def _status(row: asyncpg.Record, seconds_left: int | None) -> EntryStatus:
    """How an entry stands now, which the worker may not have written down yet."""
    status: EntryStatus = row["status"]
    if status != "offered":
        return status
    if row["booking_status"] in {"CONFIRMED", "REFUNDED"}:
        return "bought"
    if row["booking_status"] == "RELEASED":
        return "declined"
    return "lapsed" if row["booking_status"] == "EXPIRED" or seconds_left == 0 else "offered"
