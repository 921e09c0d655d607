"""The line against losses: however people join and come back and Valkey is emptied, nobody has two places,
no place has two people, and no place gets worse for whoever has a ticket or is in the register."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from tests.house import House
from valkey.asyncio import Valkey

from rowlock.platform.postgres import Database
from rowlock.waiting_room.line import NO_LINE, NOT_WHOLE, Asked, Line, Proven
from rowlock.waiting_room.numbering import give_numbers, note
from rowlock.waiting_room.shopping import Session, ShoppingSessions, Turn
from rowlock.waiting_room.store import SQL, room_of_row

SWITCH_ON = """
INSERT INTO waiting_rooms (event_id, mode, admit_per_minute, admit_min, admit_max, shopping_seconds, turn_seconds)
VALUES ($1, 'fifo', 600, 1, 50000, 600, 120) RETURNING line
"""
SCHEDULES = 40
ACTS = 30
PEOPLE = [bytes([number] * 12) for number in range(1, 7)]


class Queue:
    """One event's line, and what everybody was told by it."""

    def __init__(self, database: Database, valkey: "Valkey", event_id: int, name: str) -> None:
        self.database, self.valkey, self.event_id, self.name = database, valkey, event_id, name
        self.line = Line(valkey)
        self.tickets: dict[bytes, int] = {}
        self.registered: dict[bytes, int] = {}
        self.owners: dict[int, bytes] = {}

    @classmethod
    async def open(cls, house: House, valkey: "Valkey") -> "Queue":
        """The line of a new event."""
        event_id = await house.new_event()
        name = await house.database.cold.fetchval(SWITCH_ON, event_id)
        return cls(house.database, valkey, event_id, name)

    async def join(self, person: bytes) -> None:
        """Without a ticket: as who the person is."""
        number = await self.line.join(Asked(self.name, person))
        if number == NO_LINE:
            await give_numbers(self.database, self.line, self.event_id)
            number = await self.line.join(Asked(self.name, person))
        if number == NOT_WHOLE:
            await self.mend()
            number = await self.line.join(Asked(self.name, person))
        assert number <= self.registered.get(person, number)
        self._told(person, number)

    async def come_back(self, person: bytes) -> None:
        """With the ticket."""
        if person in self.tickets and await self.line.look(self.name) is not None:
            number = await self.line.keep(Proven(Asked(self.name, person), self.tickets[person]))
            assert number <= self.tickets[person]
            self._told(person, number)

    async def register(self, _nobody: bytes) -> None:
        """The worker writes down who joined."""
        state = await self.line.look(self.name)
        if state is None:
            return
        async with self.database.cold.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["lock_room"], self.event_id)
            assert row is not None
            await note(connection, room_of_row(row), state)
        await self.line.registered(self.name, state.registered, state.people)
        for at, person in enumerate(_each(state.people)):
            self.registered[person] = min(state.registered + at, self.registered.get(person, state.registered + at))

    async def lose(self, _nobody: bytes) -> None:
        """Valkey is emptied."""
        keys = [key async for key in self.valkey.scan_iter(match=f"{{line:{self.name}}}*")]
        if keys:
            await self.valkey.delete(*keys)

    async def mend(self) -> None:
        """The worker puts the register back."""
        state = await self.line.look(self.name)
        assert state is not None
        for chunk in await self.database.fetch(SQL["register_part"], self.event_id, 0, 0, 1_000):
            await self.line.put_back(self.name, chunk["first_no"], chunk["people"])
        assert await self.line.is_whole(self.name, state.registered)

    def _told(self, person: bytes, number: int) -> None:
        assert self.owners.setdefault(number, person) == person
        self.tickets[person] = min(number, self.tickets.get(person, number))


def _each(people: bytes) -> list[bytes]:
    return [people[at : at + 12] for at in range(0, len(people), 12)]


async def test_no_loss_gives_a_place_twice_or_takes_one_back(house: House, valkey: Valkey) -> None:
    for seed in range(SCHEDULES):
        dice, queue = random.Random(seed), await Queue.open(house, valkey)
        acts: list[Callable[[bytes], Awaitable[None]]] = [queue.join, queue.join, queue.come_back, queue.register]
        for _ in range(ACTS):
            act = queue.lose if dice.random() < 0.1 else dice.choice(acts)
            await act(dice.choice(PEOPLE))


async def test_many_joins_of_the_same_people_at_once_take_a_place_each(house: House, valkey: Valkey) -> None:
    queue = await Queue.open(house, valkey)
    await give_numbers(queue.database, queue.line, queue.event_id)
    processes = [queue.line, Line(valkey), Line(valkey)]
    joins = [line.join(Asked(queue.name, person)) for person in PEOPLE * 5 for line in processes]
    assert sorted(set(await asyncio.gather(*joins))) == list(range(len(PEOPLE)))


async def test_workers_that_begin_a_lost_line_at_once_give_no_number_twice(house: House, valkey: Valkey) -> None:
    queue = await Queue.open(house, valkey)
    for person in PEOPLE:
        await queue.join(person)
    await queue.lose(b"")
    await asyncio.gather(*(give_numbers(queue.database, Line(valkey), queue.event_id) for _ in range(5)))
    assert await queue.line.join(Asked(queue.name, PEOPLE[0])) == NOT_WHOLE, "a place is theirs, nobody knows which"
    assert await queue.line.find(Asked(queue.name, PEOPLE[0])) == NOT_WHOLE
    await queue.mend()
    newcomers = [bytes([number] * 12) for number in range(100, 140)]
    numbers = await asyncio.gather(*(queue.line.join(Asked(queue.name, person)) for person in newcomers))
    assert len(set(numbers)) == len(newcomers)
    assert min(numbers) > max(queue.tickets.values())


async def test_a_line_lost_again_while_it_is_mended_is_not_taken_for_whole(house: House, valkey: Valkey) -> None:
    queue = await Queue.open(house, valkey)
    await queue.join(PEOPLE[0])
    await queue.lose(b"")
    await give_numbers(queue.database, queue.line, queue.event_id)
    mended = await queue.line.look(queue.name)
    assert mended is not None
    await queue.lose(b"")
    await give_numbers(queue.database, queue.line, queue.event_id)
    assert not await queue.line.is_whole(queue.name, mended.registered)
    assert await queue.line.join(Asked(queue.name, PEOPLE[1])) == NOT_WHOLE


@pytest.mark.parametrize("processes", [1, 4])
async def test_a_place_opens_one_session_and_so_does_a_person(house: House, processes: int) -> None:
    """One place with four people's hands on it, and one person with four places, in several processes at once."""
    desks = [ShoppingSessions(house.database) for _ in range(processes)]

    async def enter(place: int, subject: str, number: int) -> Session:
        return await desks[number % processes].enter(Turn(house.event_id, 1, place, subject, 600))

    shared = await asyncio.gather(*(enter(7, f"guest:{number}", number) for number in range(4)))
    assert sorted(session.standing for session in shared) == ["open", "other", "other", "other"]
    greedy = await asyncio.gather(*(enter(20 + number, "guest:greedy", number) for number in range(4)))
    assert sorted(session.standing for session in greedy) == ["open", "other", "other", "other"]
    again = await asyncio.gather(*(enter(30, "guest:patient", number) for number in range(8)))
    assert {session.standing for session in again} == {"open"}
