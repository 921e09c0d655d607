"""A buyer in a simulation: calls the real desk and cashier, tries again under the same key, and notes what was told."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
from tests.history.calls import Call, Kind, Word
from tests.simulation.virtual_time import pass_time

from rowlock.bookings import Booking
from rowlock.identity import Person
from rowlock.kernel.ids import booking_id_for_key
from rowlock.kernel.problems import Problem
from rowlock.payments.commands import Pending
from rowlock.payments.provider import OutcomeUnknown
from rowlock.platform.postgres import DatabaseDown

if TYPE_CHECKING:
    from tests.simulation.schedule import Process, Schedule

ANSWER_SECONDS = 3.0
TRIES_MAX = 6
PAUSE_SECONDS_MAX = 1.0
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
        self._keys = 0

    async def shop(self, acts: int) -> None:
        """So many things, one after the other."""
        for _ in range(acts):
            await pass_time(self._dice.uniform(0, PAUSE_SECONDS_MAX))
            act = self._dice.choice([self._extend, self._release, self._confirm, self._confirm, self._look])
            if self._held and self._dice.random() < 0.6:
                await act(self._dice.choice(list(self._held)))
            else:
                await self._hold()

    async def look_at_everything(self) -> None:
        """At the end: how does each booking stand?"""
        for name in self._held:
            await self._look(name)

    async def _hold(self) -> None:
        name, seats = self._key("hold"), tuple(self._dice.sample(self._seats, self._dice.randint(1, 2)))
        asked_at = self._schedule.now()
        answer = await self._ask(lambda process: self._reserve(process, seats, name))
        if isinstance(answer, Problem):
            conflicts = answer.extra["conflicts"]
            assert isinstance(conflicts, list)
            self._note("hold", name, asked_at, "taken", seats=seats, conflicts=tuple(conflicts))
            return
        self._held[name] = seats
        self._note("hold", name, asked_at, None if answer is None else "done", seats=seats, ends_at=_end(answer))

    async def _reserve(self, process: "Process", seats: tuple[str, ...], key: str) -> Booking:
        return await process.desk.reserve(self._person, await process.desk.pick("1", seats), key)

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
        answer = await self._ask(
            lambda process: process.desk.find(self._person, booking_id_for_key(self._person.subject, name))
        )
        if isinstance(answer, Booking):
            self._note("look", name, asked_at, WORDS[answer.status])
        elif isinstance(answer, Problem):
            self._note("look", name, asked_at, "missing")

    async def _ask(self, work: "Callable[[Process], Awaitable[Any]]") -> Any:  # noqa: ANN401
        """An answer or a problem; None when none came, however often it was asked for."""
        for _ in range(self._dice.randint(1, TRIES_MAX)):
            task = self._schedule.process().spawn(work)
            done, _ = await asyncio.wait({task}, timeout=ANSWER_SECONDS)
            task.add_done_callback(_hear)
            if done and not task.cancelled():
                error = task.exception()
                if error is None:
                    return task.result()
                if isinstance(error, Problem):
                    return error
                if not isinstance(error, (DatabaseDown, OutcomeUnknown)):
                    self._schedule.surprises.append(f"a request ended with {error!r}")
            await pass_time(self._dice.uniform(0, PAUSE_SECONDS_MAX))
        return None

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


def _hear(task: "asyncio.Task[Any]") -> None:
    """Nobody waits for it any more, so its fault is not lost on anybody."""
    if not task.cancelled():
        task.exception()
