"""A buyer in a simulation: calls the real desk and cashier, tries again under the same key, and notes what was told."""

import random
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
from tests.history.calls import Call, Kind, Word
from tests.simulation.asking import PAUSE_SECONDS_MAX, ask
from tests.simulation.rows import EVENT_ID
from tests.simulation.virtual_time import pass_time

from rowlock.bookings import Booking
from rowlock.bookings.model import BestAvailableBody
from rowlock.identity import Person
from rowlock.kernel.ids import booking_id_for_key
from rowlock.kernel.problems import Problem
from rowlock.payments.commands import Pending

if TYPE_CHECKING:
    from tests.simulation.schedule import Process, Schedule

WORDS: dict[str, Word] = {
    "HOLD": "held", "PAYMENT_PENDING": "pending", "CONFIRMED": "booked", "EXPIRED": "expired", "RELEASED": "closed",
}  # fmt: skip


class Buyer:
    """One person."""

    def __init__(self, name: str, schedule: "Schedule", dice: random.Random, seat_count: int) -> None:
        self._person = Person(name, "buyer")
        self._schedule = schedule
        self._dice = dice
        self._seats = [f"S-1-{place + 1}" for place in range(seat_count)]
        self._held: dict[str, tuple[str, ...]] = {}
        self._unheard: dict[str, float] = {}
        self._keys = 0

    async def shop(self, acts: int) -> None:
        """So many things, one after the other."""
        for _ in range(acts):
            await pass_time(self._dice.uniform(0, PAUSE_SECONDS_MAX))
            act = self._dice.choice([self._extend, self._release, self._confirm, self._confirm, self._look])
            if self._held and self._dice.random() < 0.6:
                await act(self._dice.choice(list(self._held)))
            else:
                await self._dice.choice([self._hold, self._choose])()

    async def look_at_everything(self) -> None:
        """At the end: how does each booking stand? And were seats chosen where no answer came?"""
        for name, asked_at in self._unheard.items():
            answer = await self._ask(lambda process: process.desk.find(self._person, self._booking_id(name)))  # noqa: B023
            if isinstance(answer, Booking):
                self._held[name] = tuple(seat.id for seat in answer.seats)
                self._note("hold", name, asked_at, None)
        for name in self._held:
            await self._look(name)

    async def _hold(self) -> None:
        name, seats = self._key("hold"), tuple(self._dice.sample(self._seats, self._dice.randint(1, 2)))
        asked_at = self._schedule.now()
        answer = await self._ask(lambda process: self._reserve(process, seats, name))
        if isinstance(answer, Problem):
            conflicts = answer.extra.get("conflicts", ())
            assert isinstance(conflicts, (list, tuple))
            if conflicts:  # else a single seat would have been left, which says nothing of these
                self._note("hold", name, asked_at, "taken", seats=seats, conflicts=tuple(conflicts))
            return
        self._held[name] = seats
        self._note("hold", name, asked_at, None if answer is None else "done", seats=seats, ends_at=_end(answer))

    async def _reserve(self, process: "Process", seats: tuple[str, ...], key: str) -> Booking:
        return await process.desk.reserve(self._person, await process.desk.pick("1", seats), key)

    async def _choose(self) -> None:
        """The best seats, whichever they are. What nobody answered may have been carried out all the same."""
        name, asked_at = self._key("choose"), self._schedule.now()
        wish = BestAvailableBody(
            event_id=EVENT_ID, quantity=self._dice.randint(1, 3), together=self._dice.random() < 0.5
        )
        answer = await self._ask(lambda process: self._reserve_best(process, wish, name))
        if isinstance(answer, Booking):
            self._held[name] = tuple(seat.id for seat in answer.seats)
            self._note("hold", name, asked_at, "done", ends_at=_end(answer))
        elif answer is None:
            self._unheard[name] = asked_at

    async def _reserve_best(self, process: "Process", wish: BestAvailableBody, key: str) -> Booking:
        return await process.desk.reserve_best(self._person, await process.desk.wish(wish), key)

    async def _extend(self, name: str) -> None:
        key, asked_at = self._key("extend"), self._schedule.now()
        answer = await self._ask(lambda process: process.desk.extend(self._person, _id(self._person, name), key))
        if isinstance(answer, Booking) and _end(answer) is not None:
            self._note("extend", name, asked_at, "done", ends_at=_end(answer))
        elif not isinstance(answer, Problem):
            self._note("extend", name, asked_at, None)

    async def _release(self, name: str) -> None:
        asked_at = self._schedule.now()
        answer = await self._ask(lambda process: _released(process, self._person, _id(self._person, name)))
        if not isinstance(answer, Problem):
            self._note("release", name, asked_at, None if answer is None else "done")

    async def _confirm(self, name: str) -> None:
        key, asked_at = self._key("pay"), self._schedule.now()
        card = self._dice.choice(["tok_ok", "tok_ok", "tok_ok", "tok_declined"])
        answer = await self._ask(
            lambda process: process.cashier.confirm(self._person, _id(self._person, name), card, key)
        )
        if isinstance(answer, Booking):
            self._note("confirm", name, asked_at, "done")
        elif isinstance(answer, Pending):
            self._note("confirm", name, asked_at, "pending")
        elif answer is None or answer.code == "payment_declined":
            self._note("confirm", name, asked_at, None)  # it bound the hold for a while, if it was ever begun

    async def _look(self, name: str) -> None:
        asked_at = self._schedule.now()
        answer = await self._ask(lambda process: process.desk.find(self._person, self._booking_id(name)))
        if isinstance(answer, Booking):
            self._note("look", name, asked_at, WORDS[answer.status])
        elif isinstance(answer, Problem):
            self._note("look", name, asked_at, "missing")

    async def _ask(self, work: "Callable[[Process], Awaitable[Any]]") -> Any:  # noqa: ANN401
        return await ask(self._schedule, self._dice, work)

    def _note(
        self,
        kind: Kind,
        name: str,
        asked_at: float,
        word: Word | None,
        *,
        seats: tuple[str, ...] = (),
        **more: Any,  # noqa: ANN401
    ) -> None:
        told_at = None if word is None else self._schedule.now()
        seats = seats or self._held[name]
        call = Call(
            kind=kind, booking=self._person.subject + name, seats=seats, asked_at=asked_at, told_at=told_at, word=word
        )
        self._schedule.calls.append(msgspec.structs.replace(call, **more))

    def _booking_id(self, name: str) -> uuid.UUID:
        return booking_id_for_key(self._person.subject, name)

    def _key(self, what: str) -> str:
        self._keys += 1
        return f"{what}-{self._keys}"


async def _released(process: "Process", person: Person, booking_id: str) -> bool:
    await process.desk.release(person, booking_id)
    return True


def _id(person: Person, name: str) -> str:
    return str(booking_id_for_key(person.subject, name))


def _end(answer: object) -> float | None:
    if not isinstance(answer, Booking) or answer.expires_at is None:
        return None
    return answer.expires_at.timestamp()
