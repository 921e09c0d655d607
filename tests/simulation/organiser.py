"""An organiser in a simulation: keeps seats from sale for a while and puts them back.

To the checker of histories a block is a hold that ends by itself only after the end of time.
"""

import random
import uuid
from typing import TYPE_CHECKING

from tests.history.calls import Call
from tests.simulation.asking import ask
from tests.simulation.rows import EVENT_ID
from tests.simulation.virtual_time import pass_time

from rowlock.inventory import Block, BlockOutcome, BlockWord, Unblock

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

PAUSE_SECONDS_MAX = 4.0
END_OF_TIME = 1e12
BY = "organiser:simulated"


class SeatKeeper:
    """Blocks one seat or two at a time."""

    def __init__(self, schedule: "Schedule", dice: random.Random, seat_ids: list[str]) -> None:
        self._schedule = schedule
        self._dice = dice
        self._seat_ids = seat_ids

    async def work(self) -> None:
        """Block, wait, unblock, until the sale is over."""
        while True:
            await pass_time(self._dice.uniform(0, PAUSE_SECONDS_MAX))
            seat_nos = tuple(self._dice.sample(range(len(self._seat_ids)), self._dice.randint(1, 2)))
            block = Block(self._new_id(), EVENT_ID, "house", "for friends", BY, seat_nos)
            if await self._block(block):
                await pass_time(self._dice.uniform(0, PAUSE_SECONDS_MAX))
                await self._unblock(block)

    async def _block(self, block: Block) -> bool:
        """Whether the seats may be blocked now."""
        asked_at, answer = self._schedule.now(), None
        try:
            answer = await ask(self._schedule, self._dice, lambda process: process.engine.block(block))
        finally:
            self._note_block(block, asked_at, answer)
        return answer is None or answer.word is not BlockWord.SEAT_UNAVAILABLE

    def _note_block(self, block: Block, asked_at: float, answer: BlockOutcome | None) -> None:
        seats, now = self._seats(block.seat_nos), self._schedule.now()
        name = str(block.block_id)
        if answer is None:
            call = Call(kind="hold", booking=name, seats=seats, asked_at=asked_at)
        elif answer.word is BlockWord.SEAT_UNAVAILABLE:
            call = Call(
                kind="hold", booking=name, seats=seats, asked_at=asked_at, told_at=now, word="taken",
                conflicts=self._seats(answer.conflicts),
            )  # fmt: skip
        else:
            call = Call(
                kind="hold", booking=name, seats=seats, asked_at=asked_at, told_at=now, word="done", ends_at=END_OF_TIME
            )
        self._schedule.calls.append(call)

    async def _unblock(self, block: Block) -> None:
        asked_at, answer = self._schedule.now(), None
        command = Unblock(self._new_id(), EVENT_ID, "they did not come", BY, block.seat_nos)
        try:
            answer = await ask(self._schedule, self._dice, lambda process: process.engine.unblock(command))
        finally:
            told_at, word = (None, None) if answer is None else (self._schedule.now(), "done")
            name, seats = str(block.block_id), self._seats(block.seat_nos)
            self._schedule.calls.append(
                Call(kind="release", booking=name, seats=seats, asked_at=asked_at, told_at=told_at, word=word)  # type: ignore[arg-type]
            )

    def _seats(self, seat_nos: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self._seat_ids[seat_no] for seat_no in seat_nos)

    def _new_id(self) -> uuid.UUID:
        return uuid.UUID(int=self._dice.getrandbits(128))
