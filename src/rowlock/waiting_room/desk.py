"""Joining a line and asking where one stands.

With a ticket, asking costs neither Valkey nor PostgreSQL: the ticket tells the number, the room in memory how far the
line is served.
"""

import contextlib
import math
from typing import NamedTuple

import msgspec

from rowlock.identity import Person
from rowlock.inventory import time_left
from rowlock.kernel.problems import Problem
from rowlock.platform.http.calls import RawHeaders, header
from rowlock.platform.postgres import Database, DatabaseDown
from rowlock.platform.postgres.pool import rerun
from rowlock.waiting_room.doorman import carried
from rowlock.waiting_room.line import NO_LINE, NO_NUMBERS, NOT_WHOLE, NOWHERE, Asked, Line, LineAway, Proven
from rowlock.waiting_room.model import QueueAnswer, QueueBoard, QueueBucket, QueueOdds, Room
from rowlock.waiting_room.numbering import give_numbers, near_a_loss
from rowlock.waiting_room.outlook import read_outlook
from rowlock.waiting_room.serving import people_below
from rowlock.waiting_room.shopping import ShoppingSessions, Turn
from rowlock.waiting_room.signing import Admission, QueueSeals, QueueTicket
from rowlock.waiting_room.store import SQL
from rowlock.waiting_room.waits import Promise, Wait, ahead_in, ask_again_s, wait_for
from rowlock.waiting_room.watch import RoomWatch

TICKET_HEADER = b"x-queue-ticket"
TICKET_COOKIE = "rowlock_queue_"
RETRY_AFTER_SECONDS = 2
REFRESH_SECONDS_IDLE = 30


class Standing(NamedTuple):
    """Somebody's place; `ticket` carries it."""

    room: Room
    ticket: QueueTicket
    person: Person | None


class QueueDesk:
    """One process's desk for all lines."""

    def __init__(
        self, database: Database, watch: RoomWatch, line: Line, seals: QueueSeals, sessions: ShoppingSessions
    ) -> None:
        self._database = database
        self._watch = watch
        self._line = line
        self._seals = seals
        self._sessions = sessions
        self._put_back_already: set[tuple[int, int, int]] = set()

    def has_ticket(self, event_id: int, headers: RawHeaders) -> bool:
        """Whether a request carries a ticket of the line. Problem `invalid_request` for one that is none."""
        room = self._watch.room(event_id)
        return room is not None and self._ticket(room, headers) is not None

    async def join(self, event_id: int, person: Person, headers: RawHeaders) -> QueueAnswer:
        """Take a place, once: whoever has one, or brings a ticket, keeps it.

        Problems: `line_closed` when nobody is taken any more, `unavailable` while places cannot be given,
        `invalid_request` for a ticket that is none.
        """
        room = self._watch.room(event_id)
        phase = "idle" if room is None else self._watch.phase(room)
        if room is None or phase in {"idle", "ended"}:
            return self._outside(event_id, room)
        ticket = self._ticket(room, headers)
        if ticket is None:
            ticket = await self._take_place(room, person)
        elif ticket.person != self._seals.person(event_id, person.subject):
            await self._know_also(room, person, ticket)
        return await self.tell(Standing(room, ticket, person))

    async def status(self, event_id: int, person: Person | None, headers: RawHeaders) -> QueueAnswer:
        """Where the bearer of a ticket stands, or the person; joins nobody."""
        room = self._watch.room(event_id)
        if room is None or self._watch.phase(room) in {"idle", "ended"}:
            return self._outside(event_id, room)
        ticket = self._ticket(room, headers)
        if ticket is None and person is not None:
            ticket = await self._place_of(room, person)
        if ticket is None:
            return self._outside(event_id, room)
        return await self.tell(Standing(room, ticket, person))

    async def ticket(self, event_id: int, person: Person | None, headers: RawHeaders) -> QueueTicket | None:
        """The ticket a request carries, of any round of the event, else the place the person has now; None without."""
        text = carried(headers, TICKET_HEADER, f"{TICKET_COOKIE}{event_id}")
        ticket = self._seals.read_ticket(text)
        room = self._watch.room(event_id)
        if ticket is None and person is not None and room is not None:
            ticket = await self._place_of(room, person)
        return ticket if ticket is not None and ticket.event_id == event_id else None

    async def leave(self, event_id: int, person: Person) -> None:
        """Stop shopping, so that the next may come; a place that was not used stays."""
        room = self._watch.room(event_id)
        if room is not None:
            await self._sessions.end(event_id, room.round, person.subject, "leave")

    def board(self, event_id: int) -> QueueBoard:
        """What everybody may know of the line."""
        return board_of(self._watch, event_id)

    def bucket(self, event_id: int, bucket: int) -> QueueBucket:
        """What everybody with about so many ahead may be told alike."""
        room, ahead = self._watch.room(event_id), ahead_in(bucket)
        if room is None:
            return QueueBucket(ahead=ahead, refresh_interval_seconds=REFRESH_SECONDS_IDLE)
        wait, odds = foreseen(room, ahead, self._opens_in(room))
        return QueueBucket(
            ahead=ahead,
            wait_time=None if wait is None else math.ceil(wait.high_s / 60),
            wait_time_formatted="" if wait is None else wait_range(wait),
            wait_changed=why_changed(room),
            odds=odds,
            refresh_interval_seconds=ask_again_s(wait),
        )

    def _opens_in(self, room: Room) -> int:
        """Seconds until somebody may be called."""
        return max(0, math.ceil((room.opens_at - self._watch.now()).total_seconds()))

    async def tell(self, standing: Standing) -> QueueAnswer:
        """All that somebody with a place is told."""
        room, ticket, person = standing
        rank = await self._rank(room, ticket)
        answer = self._answer(room, in_waiting_room=True, ticket=self._seals.ticket(ticket))
        if not self._called(room, rank):
            return self._before(answer, room, rank)
        if person is None:
            return msgspec.structs.replace(answer, in_waiting_room=False, admitted=True)
        return await self._at_turn(answer, standing, person)

    async def _at_turn(self, answer: QueueAnswer, standing: Standing, person: Person) -> QueueAnswer:
        """It is this place's turn: an admission for the person, unless the place has been used."""
        room, ticket, _ = standing
        session = await self._sessions.enter(Turn(room.event_id, room.round, ticket.number, person.subject, 0))
        if session.standing in {"ended", "other"}:
            return self._outside(room.event_id, room)
        now = self._watch.now()
        admission = Admission(
            room.event_id,
            room.round,
            ticket.number,
            self._seals.person(room.event_id, person.subject),
            int(now.timestamp()) + room.turn_seconds,
        )
        left = None if session.ends_at is None else max(0, math.ceil(time_left(session.ends_at, now).total_seconds()))
        return msgspec.structs.replace(
            answer,
            in_waiting_room=False,
            admitted=True,
            admission_token=self._seals.admission(admission),
            shopping_ends_in=left,
        )

    def _before(self, answer: QueueAnswer, room: Room, rank: int | None) -> QueueAnswer:
        """It is not this place's turn yet."""
        opens_in = self._opens_in(room)
        if rank is None:
            return msgspec.structs.replace(
                answer, opens_in=opens_in, refresh_interval_seconds=ask_again_s(Wait(0, opens_in))
            )
        ahead = max(0, people_below(rank, room.holes) - people_below(room.served, room.holes))
        wait, odds = foreseen(room, ahead, opens_in)
        return msgspec.structs.replace(
            answer,
            position=ahead + 1,
            ahead=ahead,
            opens_in=opens_in or None,
            wait_time=None if wait is None else math.ceil(wait.high_s / 60),
            wait_time_known=wait is not None,
            wait_time_formatted="" if wait is None else wait_range(wait),
            wait_changed=why_changed(room),
            odds=odds,
            refresh_interval_seconds=ask_again_s(wait),
            closed=room.closed_behind is not None and rank >= room.closed_behind,
        )

    def _outside(self, event_id: int, room: Room | None) -> QueueAnswer:
        """Told to who has no place: where no room is on, everybody may shop."""
        if room is None:
            return QueueAnswer(
                event_id=str(event_id),
                phase="idle",
                mode="off",
                in_waiting_room=False,
                admitted=True,
                refresh_interval_seconds=REFRESH_SECONDS_IDLE,
            )
        return self._answer(room, in_waiting_room=False, ticket=None)

    def _answer(self, room: Room, *, in_waiting_room: bool, ticket: str | None) -> QueueAnswer:
        return QueueAnswer(
            event_id=str(room.event_id),
            phase=self._watch.phase(room),
            mode=room.mode,
            in_waiting_room=in_waiting_room,
            admitted=False,
            refresh_interval_seconds=REFRESH_SECONDS_IDLE,
            message=room.message,
            paused=room.paused_at is not None,
            queue_ticket=ticket,
        )

    def _called(self, room: Room, rank: int | None) -> bool:
        """Whether that rank has had its turn. A pause calls nobody new and sends nobody away."""
        if room.mode == "passthrough":
            return True
        return rank is not None and rank < room.served

    def _ticket(self, room: Room, headers: RawHeaders) -> QueueTicket | None:
        """The ticket that a request carries, if it is of this line; one in the header has to be one of ours."""
        text = header(headers, TICKET_HEADER)
        if text is not None:
            ticket = self._seals.read_ticket(text)
            if ticket is None:
                raise Problem("invalid_request", "X-Queue-Ticket: this is not a ticket of ours.")
        else:
            ticket = self._seals.read_ticket(carried(headers, TICKET_HEADER, f"{TICKET_COOKIE}{room.event_id}"))
        return ticket if ticket is not None and (ticket.event_id, ticket.round) == (room.event_id, room.round) else None

    async def _take_place(self, room: Room, person: Person) -> QueueTicket:
        """The place of the person: their own, else the next."""
        asked = self._asked(room, person)
        try:
            if room.mode == "reject":
                number = await self._line.find(asked)
                if number == NOWHERE:
                    raise Problem("line_closed", "Nobody can join this line any more.")
            else:
                number = await self._line.join(asked)
                if number == NO_NUMBERS:
                    await give_numbers(self._database, self._line, room.event_id)
                    number = await self._line.join(asked)
        except LineAway:
            number = NO_LINE
        if number == NOT_WHOLE and room.mode != "passthrough":
            raise _places_away()
        if number < 0:
            return self._without_line(room, asked)
        return QueueTicket(room.event_id, room.round, number, asked.person)

    def _without_line(self, room: Room, asked: Asked) -> QueueTicket:
        """Nobody can look up who stands where: let the person in without a place, or ask to wait."""
        if room.mode != "passthrough" and room.without_line == "failClosed":
            raise _places_away()
        number = -1 - int.from_bytes(asked.person[:7], "big")
        return QueueTicket(room.event_id, room.round, number, asked.person)

    async def _place_of(self, room: Room, person: Person) -> QueueTicket | None:
        """The place a person has, on whichever device they took it; None without one, or while nobody can tell."""
        asked = self._asked(room, person)
        try:
            number = await self._line.find(asked)
        except LineAway:
            return None
        return None if number in {NOWHERE, NOT_WHOLE} else QueueTicket(room.event_id, room.round, number, asked.person)

    async def _know_also(self, room: Room, person: Person, ticket: QueueTicket) -> None:
        """Somebody brings a ticket that was made for another name of theirs: the place is found by this one, too."""
        with contextlib.suppress(LineAway):
            await self._line.keep(Proven(self._asked(room, person), ticket.number))

    async def _rank(self, room: Room, ticket: QueueTicket) -> int | None:
        if ticket.number >= (room.drawn or 0) and near_a_loss(room.holes, ticket.number):
            await self._put_back(room, ticket)
        return self._watch.rank(room, ticket.number)

    async def _put_back(self, room: Room, ticket: QueueTicket) -> None:
        """The line lost this place, the ticket proves it: note it again, where everybody finds it."""
        if (room.event_id, room.round, ticket.number) in self._put_back_already:
            return
        asked = Asked(room.line, ticket.person)
        with contextlib.suppress(LineAway, DatabaseDown):
            await self._line.keep(Proven(asked, ticket.number))
            await rerun(lambda: self._database.cold.execute(SQL["put_back_person"], *ticket))
            self._put_back_already.add((room.event_id, room.round, ticket.number))

    def _asked(self, room: Room, person: Person) -> Asked:
        return Asked(room.line, self._seals.person(room.event_id, person.subject))


def _places_away() -> Problem:
    return Problem(
        "unavailable",
        "Places in this line cannot be given at the moment. Places that were given stand.",
        retryAfter=RETRY_AFTER_SECONDS,
    )


def foreseen(room: Room, ahead: int, opens_in: int) -> tuple[Wait | None, QueueOdds | None]:
    """The wait and the odds of whoever has so many ahead; before the worker has looked, what the pace says."""
    outlook = read_outlook(room.outlook)
    if outlook is None:
        promise = Promise(room.admit_per_minute, 0.0, "as_promised" if room.calls else "paused")
        return wait_for(ahead, promise, opens_in), None
    return outlook.wait(ahead, opens_in), QueueOdds.of(outlook.odds(ahead))


def why_changed(room: Room) -> str:
    """Why waits are not what they were, if they were changed at all."""
    outlook = read_outlook(room.outlook)
    return "" if outlook is None or outlook.promise.why == "as_promised" else outlook.promise.why


def wait_range(wait: Wait) -> str:
    """A wait as a range in minutes, for it is never known to the minute."""
    low, high = wait.low_s // 60, math.ceil(wait.high_s / 60)
    return f"{low}-{high} min" if low else f"under {high} min"


def board_of(watch: RoomWatch, event_id: int) -> QueueBoard:
    """The line as everybody may see it, from memory."""
    room = watch.room(event_id)
    if room is None:
        return QueueBoard(event_id=str(event_id), phase="idle", mode="off")
    return QueueBoard(
        event_id=str(event_id),
        phase=watch.phase(room),
        mode=room.mode,
        round=room.round,
        served=people_below(room.served, room.holes),
        joined=people_below(room.joined, room.holes),
        per_minute=room.admit_per_minute if room.calls else 0,
        message=room.message,
        paused=room.paused_at is not None,
        opens_at=room.opens_at,
        drawn=room.drawn,
        closed_behind=room.closed_behind,
    )
