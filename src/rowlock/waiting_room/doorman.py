"""Who may take seats while a room is on: people whose turn it is, in the session that their turn opened."""

import asyncio
import contextlib
from datetime import datetime

from starlette.requests import cookie_parser

from rowlock.identity import Person
from rowlock.kernel.problems import Problem
from rowlock.platform.http.calls import RawHeaders, header
from rowlock.platform.postgres import DatabaseDown
from rowlock.waiting_room.model import Room
from rowlock.waiting_room.overflow import Overflow
from rowlock.waiting_room.shopping import Session, ShoppingSessions, Turn
from rowlock.waiting_room.signing import Admission, QueueSeals
from rowlock.waiting_room.watch import RoomWatch

ADMISSION_HEADER = b"x-admission"
ADMISSION_COOKIE = "rowlock_admission_"
QUEUE_PATH = "/api/v1/events/{}/queue"


class Doorman:
    """Stands in front of every call that takes seats."""

    def __init__(self, watch: RoomWatch, seals: QueueSeals, sessions: ShoppingSessions) -> None:
        self._watch = watch
        self._seals = seals
        self._sessions = sessions
        self.overflow: Overflow | None = None
        """Where rooms open by themselves: told of everybody who comes."""
        self._endings: set[asyncio.Task[None]] = set()

    def guards(self, event_id: int) -> bool:
        """Whether there is anybody to be kept out."""
        if self.overflow is not None:
            self.overflow.note(event_id)
        return self._watch.room(event_id) is not None

    async def let_in(self, event_id: int, person: Person, headers: RawHeaders) -> None:
        """Return when the person may take seats of the event.

        Problems: `admission_needed` without a turn, `admission_refused` for one that is not theirs, of another event or
        not known any more, `admission_ended` when the session is over.
        """
        room = self._watch.room(event_id)
        if room is None:
            return
        self._check(await self.session(room, person, headers), room)

    def bought(self, event_id: int, person: Person) -> None:
        """The person has bought: their session ends, so that the next may come. Nobody waits for it; the worker ends
        what this process does not get to."""
        room = self._watch.room(event_id)
        if room is not None:
            ending = asyncio.create_task(self._end(room, person))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    async def _end(self, room: Room, person: Person) -> None:
        with contextlib.suppress(DatabaseDown):
            await self._sessions.end(room.event_id, room.round, person.subject, "purchase")

    def forget(self) -> None:
        """Ask anew how sessions stand, rather than believe what was true a second ago."""
        self._sessions.forget()

    def watches(self, event_id: int, person: Person | None, headers: RawHeaders) -> bool:
        """Whether somebody may follow the seats of an event as they change: while a room is on, who holds a turn."""
        room = self._watch.room(event_id)
        if room is None:
            return True
        return person is not None and self._admission(room, person, headers) is not None

    async def session(self, room: Room, person: Person, headers: RawHeaders) -> Session:
        """The session that the admission of a call opens or has opened. Problems as `let_in`."""
        text = carried(headers, ADMISSION_HEADER, f"{ADMISSION_COOKIE}{room.event_id}")
        if not text:
            raise Problem(
                "admission_needed",
                "Seats of this event go to those whose turn it is. Join the line; the admission goes in X-Admission.",
                queue=QUEUE_PATH.format(room.event_id),
            )
        admission = self._admission(room, person, headers)
        if admission is None:
            raise Problem(
                "admission_refused",
                "This admission was not made for you and this sale, or not made here.",
                queue=QUEUE_PATH.format(room.event_id),
            )
        return await self.enter(room, person, admission)

    async def enter(self, room: Room, person: Person, admission: Admission) -> Session:
        """The session of an admission: opened now, or as it stands. One that was not used in its time opens nothing."""
        old = admission.ends_at < self._watch.now_seconds() and room.paused_at is None
        seconds = 0 if old else room.shopping_seconds
        session = await self._sessions.enter(Turn(room.event_id, room.round, admission.number, person.subject, seconds))
        if session.standing == "none":
            raise Problem(
                "admission_refused",
                "This admission is old. Ask for your place again: your turn still stands.",
                queue=QUEUE_PATH.format(room.event_id),
            )
        return session

    def _admission(self, room: Room, person: Person, headers: RawHeaders) -> Admission | None:
        text = carried(headers, ADMISSION_HEADER, f"{ADMISSION_COOKIE}{room.event_id}")
        admission = self._seals.read_admission(text)
        if (
            admission is None
            or admission.event_id != room.event_id
            or admission.round != room.round
            or admission.person != self._seals.person(room.event_id, person.subject)
        ):
            return None
        return admission

    def _check(self, session: Session, room: Room) -> None:
        if session.standing == "other":
            raise Problem(
                "admission_refused",
                "This place in the line, or you, have been let in already.",
                queue=QUEUE_PATH.format(room.event_id),
            )
        ends_at: datetime | None = session.ends_at
        over = session.standing == "ended" or (ends_at is not None and ends_at <= self._watch.now())
        if over and not (room.paused_at is not None and session.standing != "ended"):
            raise Problem(
                "admission_ended",
                "Your time to shop is over. What you hold is still yours until its own time ends.",
                queue=QUEUE_PATH.format(room.event_id),
            )


def carried(headers: RawHeaders, name: bytes, cookie: str) -> str | None:
    """What a request carries in a header line, else in a cookie."""
    text = header(headers, name)
    if text is not None:
        return text
    cookies = header(headers, b"cookie")
    return cookie_parser(cookies).get(cookie) if cookies and cookie in cookies else None
