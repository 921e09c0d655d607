"""The proof looks at one moment: it holds at any time, however the sale goes on around it."""

import asyncio
import random

from tests.house import House

from rowlock.inventory import Release

SELLERS = 4
PROOFS = 8
"""Proofs during which seats changed hands."""


async def test_every_invariant_holds_while_seats_change_hands(house: House) -> None:
    await house.new_event()
    proven = asyncio.Event()
    changes = 0

    async def sell(engine_number: int) -> None:
        nonlocal changes
        engine, dice = house.engine(), random.Random(engine_number)
        while not proven.is_set():
            command = house.hold_of(*dice.sample(range(50), 3))
            if (await engine.hold(command)).stands:
                changes += 1
                await engine.release(house.event_id, Release(command.booking_id, command.buyer))

    async with asyncio.TaskGroup() as selling:
        for number in range(SELLERS):
            selling.create_task(sell(number))
        disturbed = 0
        while disturbed < PROOFS:
            before = changes
            assert await house.broken() == []
            disturbed += changes > before
        proven.set()
