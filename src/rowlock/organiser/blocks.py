"""Seats an organiser keeps from sale: house seats and kills, each with its reason, and their release."""

import uuid
from collections.abc import Collection, Sequence

from rowlock.catalog import SaleFactsShelf
from rowlock.identity import Person
from rowlock.identity.pseudonyms import pseudonym_of, subjects_behind
from rowlock.inventory import Block, BlockWord, InventoryEngine, Unblock, UnblockWord
from rowlock.inventory.store import SeatBlock, seat_blocks, seats_of_block
from rowlock.kernel.ids import booking_id_for_key, new_booking_id, parse_booking_id, parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.organiser.model import BlockBody, BlockItem, BlockList, UnblockBody
from rowlock.platform.postgres import Database
from rowlock.seating.store import PlanShelf, ShelvedPlan


class BlockDesk:
    """What an organiser may do with the seats of an event on sale."""

    def __init__(self, database: Database, engine: InventoryEngine, facts: SaleFactsShelf, shelf: PlanShelf) -> None:
        self._database = database
        self._engine = engine
        self._facts = facts
        self._shelf = shelf

    async def block(self, event_id: str, body: BlockBody, by: Person, key: str | None) -> BlockItem:
        """Take free seats from sale, all or none. With a key, its repeat finds the same block again.

        Problems: `event_not_found`, `invalid_request`, `unknown_seat`, `seat_unavailable` with the seats in the way.
        """
        number, plan = await self._plan(event_id, by)
        seat_nos = _seat_nos(plan, body.seat_ids, body.sections)
        block_id = booking_id_for_key(by.subject, key) if key is not None else new_booking_id()
        name = await self._name_of(by)
        outcome = await self._engine.block(Block(block_id, number, body.kind, body.reason, name, seat_nos))
        if outcome.word is BlockWord.SEAT_UNAVAILABLE:
            taken = [plan.seat_ids[seat_no] for seat_no in outcome.conflicts]
            words = f"{len(taken)} of the seats are not free. None was blocked."
            raise Problem("seat_unavailable", words, conflicts=taken)
        if outcome.at is None:
            raise _no_event(event_id)
        return _item(SeatBlock(block_id, body.kind, body.reason, by.subject, outcome.at, seat_nos), plan)

    async def count(self, event_id: str, body: BlockBody | UnblockBody, by: Person) -> int:
        """How many seats a change names. Problems: `event_not_found`, `invalid_request`, `unknown_seat`."""
        _, plan = await self._plan(event_id, by)
        return len(_seat_nos(plan, body.seat_ids, body.sections))

    async def seats_of_block(self, event_id: str, block_id: str, by: Person) -> tuple[str, ...]:
        """The seats of a block that are blocked still. Problem `event_not_found`."""
        number, plan = await self._plan(event_id, by)
        block = parse_booking_id(block_id)
        standing = await seat_blocks(self._database, number, block) if block is not None else ()
        return tuple(plan.seat_ids[seat_no] for found in standing for seat_no in found.seat_nos)

    async def list(self, event_id: str, by: Person) -> BlockList:
        """Who blocked what, and why, oldest first. Problem `event_not_found`."""
        number, plan = await self._plan(event_id, by)
        blocks = await seat_blocks(self._database, number)
        people = await subjects_behind(self._database, (block.by for block in blocks))
        named = (block._replace(by=people.get(block.by, block.by)) for block in blocks)
        return BlockList(tuple(_item(block, plan) for block in named))

    async def release(self, event_id: str, body: UnblockBody, by: Person) -> None:
        """Put seats back on sale; those that are not blocked are left as they are.

        Problems: `event_not_found`, `invalid_request`, `unknown_seat`.
        """
        number, plan = await self._plan(event_id, by)
        await self._unblock(number, _seat_nos(plan, body.seat_ids, body.sections), body.reason, by)

    async def release_block(self, event_id: str, block_id: str, reason: str, by: Person) -> None:
        """Put all seats of a block back on sale, those too that somebody holds by a code, once they are given back.

        Nothing happens when the block has none any more. Problem `event_not_found`.
        """
        number, _ = await self._plan(event_id, by)
        block = parse_booking_id(block_id)
        seat_nos = await seats_of_block(self._database, number, block) if block is not None else ()
        if seat_nos:
            await self._unblock(number, seat_nos, reason, by)

    async def _unblock(self, event_id: int, seat_nos: Sequence[int], reason: str, by: Person) -> None:
        unblock = Unblock(uuid.uuid4(), event_id, reason, await self._name_of(by), tuple(seat_nos))
        word = await self._engine.unblock(unblock)
        if word is UnblockWord.EVENT_NOT_FOUND:
            raise _no_event(str(event_id))

    async def _name_of(self, person: Person) -> str:
        """Who it was, as ledger and audit log may keep it for good."""
        async with self._database.cold.acquire() as connection:
            return await pseudonym_of(connection, person.subject)

    async def _plan(self, event_id: str, by: Person) -> tuple[int, ShelvedPlan]:
        number = parse_number_id(event_id)
        facts = await self._facts.facts(number) if number is not None else None
        plan = await self._shelf.plan(facts.plan_id) if facts is not None else None
        if number is None or facts is None or plan is None or not by.works_for(facts.organiser_id):
            raise _no_event(event_id)
        return number, plan


def _seat_nos(plan: ShelvedPlan, seat_ids: Sequence[str], sections: Collection[str]) -> tuple[int, ...]:
    """The seats named and all seats of the sections named, each once."""
    unknown = [seat_id for seat_id in seat_ids if seat_id not in plan.seat_nos]
    if unknown:
        raise Problem("unknown_seat", f"The event has no seat {unknown[0]}.", unknown=unknown)
    strange = sorted(set(sections) - {section.id for section in plan.plan.sections})
    if strange:
        raise Problem("invalid_request", f"sections: the plan has no section {strange[0]!r}.", unknown=strange)
    seats = {plan.seat_nos[seat_id] for seat_id in seat_ids}
    if sections:
        seats |= {placed.seat_no for placed in plan.plan.placed_seats() if placed.section.id in sections}
    if not seats:
        raise Problem("invalid_request", "Name at least one seat in seatIds or one section in sections.")
    return tuple(sorted(seats))


def _item(block: SeatBlock, plan: ShelvedPlan) -> BlockItem:
    seat_ids = tuple(plan.seat_ids[seat_no] for seat_no in block.seat_nos)
    return BlockItem(str(block.block_id), block.kind, block.reason, block.by, block.at, seat_ids)


def _no_event(event_id: str) -> Problem:
    return Problem("event_not_found", f"There is no event {event_id}.")
