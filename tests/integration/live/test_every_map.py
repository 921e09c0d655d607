"""The property: after any sequence of commands and mishaps every viewer's map equals a fresh snapshot."""

import random
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.live.conftest import LiveHouse
from tests.integration.live.test_hints import NEW_EPOCH

from rowlock.inventory import BeginPayment, Block, Extend, Hold, SettlePayment, Unblock
from rowlock.inventory.sweeper import sweep
from rowlock.live.client import SeatStream, Way
from rowlock.platform.valkey.hints import HintPublisher

SEATS = 50
OLD = timedelta(seconds=301)


class Evening:
    """One event, what happens in it, and those who watch."""

    def __init__(self, place: LiveHouse, chance: random.Random) -> None:
        self.place = place
        self.chance = chance
        self.holds: list[Hold] = []
        self.viewers: list[SeatStream] = []
        self.hints = place.api.hints

    def seats(self) -> list[int]:
        """Some seats."""
        return self.chance.sample(range(SEATS), self.chance.randint(1, 3))

    async def hold(self) -> None:
        """Somebody wants seats and may get them."""
        command = self.place.house.hold_of(*self.seats())
        if (await self.place.api.engine.hold(command)).stands:
            self.holds.append(command)

    async def lapse(self) -> None:
        """A hold that nobody gave back, found by the sweeper."""
        free = [seat_no for seat_no, state in enumerate(await self.place.house.states()) if state == 0]
        if free:
            await self.place.house.old_hold(self.chance.choice(free), ago=OLD)
        await sweep(self.place.house.database)

    async def release(self) -> None:
        """A hold is given back."""
        if self.holds:
            await self.place.release(self.holds.pop(self.chance.randrange(len(self.holds))))

    async def extend(self) -> None:
        """A hold gets more time: a row of the ledger that changes no seat."""
        if self.holds:
            hold = self.chance.choice(self.holds)
            await self.place.api.engine.extend(hold.event_id, Extend(hold.booking_id, hold.buyer, uuid.uuid4().hex))

    async def pay(self) -> None:
        """A hold is paid for, or the payment fails."""
        if self.holds:
            hold, payment = self.holds.pop(), uuid.uuid4()
            engine, paid = self.place.api.engine, self.chance.random() < 0.7
            await engine.begin_payment(hold.event_id, BeginPayment(hold.booking_id, hold.buyer, payment))
            await engine.settle_payment(hold.event_id, SettlePayment(hold.booking_id, payment, paid))

    async def block(self) -> None:
        """An organiser takes seats from sale, or puts some back."""
        event_id, seats = self.place.house.event_id, tuple(self.seats())
        if self.chance.random() < 0.5:
            await self.place.api.engine.block(Block(uuid.uuid4(), event_id, "house", "guests", "organiser:x", seats))
        else:
            await self.place.api.engine.unblock(Unblock(uuid.uuid4(), event_id, "none came", "organiser:x", seats))

    async def join(self) -> None:
        """Somebody begins to watch, one way or another."""
        viewer = self.place.viewer(self.chance.choice(get_args(Way)))
        self.viewers.append(await viewer.__aenter__())

    async def cut(self) -> None:
        """A viewer is cut off, at whatever point."""
        if self.viewers:
            await self.chance.choice(self.viewers).cut()

    async def resume(self) -> None:
        """All who were cut off come back."""
        for viewer in self.viewers:
            if viewer.state == "closed":
                viewer.resume()

    async def replace_gateway(self) -> None:
        """The gateway dies, and another takes its place."""
        await self.place.kill_gateway()
        await self.place.open_gateway()

    async def lose_hints(self) -> None:
        """From now on nobody tells the gateway of what this api does, or again somebody does."""
        silent = HintPublisher(None)
        engine = self.place.api.engine
        engine._on_commit = (silent if self.chance.random() < 0.5 else self.hints).committed

    async def be_replanned(self) -> None:
        """The event's history begins anew."""
        await self.place.house.database.cold.execute(NEW_EPOCH, self.place.house.event_id)

    async def end(self) -> None:
        """Every map must be that of a fresh snapshot."""
        await self.resume()
        try:
            for viewer in self.viewers:
                await self.place.current(viewer)
        finally:
            for viewer in self.viewers:
                await viewer.cut()


STEPS: dict[str, Callable[[Evening], Awaitable[None]]] = {
    "hold": Evening.hold, "release": Evening.release, "lapse": Evening.lapse, "extend": Evening.extend,
    "pay": Evening.pay, "block": Evening.block, "join": Evening.join, "cut": Evening.cut, "resume": Evening.resume,
    "replace gateway": Evening.replace_gateway, "lose hints": Evening.lose_hints, "replan": Evening.be_replanned,
}  # fmt: skip
OFTEN = ["hold", "release", "join", "cut", "resume", "pay", "block"]
steps = st.lists(st.one_of(st.sampled_from(OFTEN), st.sampled_from(list(STEPS))), min_size=5, max_size=30)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.randoms(use_true_random=False))
async def test_after_any_sequence_every_map_equals_a_fresh_snapshot(
    place: LiveHouse, names: list[str], chance: random.Random
) -> None:
    place.house.event_id = await place.house.new_event()
    evening = Evening(place, chance)
    await evening.join()
    try:
        for name in names:
            await STEPS[name](evening)
    finally:
        await evening.end()
