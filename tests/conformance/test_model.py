"""The engine against a plain model: many commands in a random order, every outcome and every seat foretold."""

import dataclasses
import random
import uuid
from datetime import timedelta
from enum import Enum, auto

import pytest
from tests.house import House, every_strategy

from rowlock.inventory import (
    BeginPayment,
    BeginWord,
    Block,
    BlockWord,
    Choose,
    Extend,
    ExtendWord,
    Hold,
    HoldOutcome,
    HoldWord,
    PartyWish,
    Release,
    ReleaseWord,
    SeatPicture,
    SeatReplica,
    SeatState,
    SettlePayment,
    SettleWord,
    Unblock,
    UnblockWord,
)
from rowlock.inventory.sweeper import sweep
from rowlock.kernel.ids import new_booking_id
from rowlock.kernel.limits import HOLD_EXTENSIONS_MAX

STEPS = 150
SEATS = 50
SEATS_WANTED = range(40)
"""Buyers crowd into these of the 50 seats, so that they meet."""

LONG_AGO = timedelta(minutes=10)


class Status(Enum):
    """Where a booking is. A lapsed hold's time has passed, but nobody has noticed yet."""

    HOLD = auto()
    LAPSED = auto()
    PENDING = auto()
    CONFIRMED = auto()
    EXPIRED = auto()
    RELEASED = auto()


EXTENDED = {
    Status.HOLD: ExtendWord.EXTENDED,
    Status.LAPSED: ExtendWord.HOLD_EXPIRED,
    Status.PENDING: ExtendWord.PAYMENT_PENDING,
    Status.CONFIRMED: ExtendWord.BOOKING_CLOSED,
    Status.EXPIRED: ExtendWord.HOLD_EXPIRED,
    Status.RELEASED: ExtendWord.BOOKING_CLOSED,
}
RELEASED = {
    Status.HOLD: ReleaseWord.RELEASED,
    Status.LAPSED: ReleaseWord.RELEASED,
    Status.PENDING: ReleaseWord.PAYMENT_PENDING,
    Status.CONFIRMED: ReleaseWord.BOOKING_CLOSED,
    Status.EXPIRED: ReleaseWord.HOLD_EXPIRED,
    Status.RELEASED: ReleaseWord.ALREADY_RELEASED,
}
BEGUN = {
    Status.HOLD: BeginWord.BEGUN,
    Status.LAPSED: BeginWord.HOLD_EXPIRED,
    Status.PENDING: BeginWord.ALREADY_BEGUN,
    Status.CONFIRMED: BeginWord.CONFIRMED,
    Status.EXPIRED: BeginWord.HOLD_EXPIRED,
    Status.RELEASED: BeginWord.BOOKING_CLOSED,
}
SEAT_OF = {
    Status.HOLD: SeatState.HELD,
    Status.LAPSED: SeatState.HELD,
    Status.PENDING: SeatState.HELD,
    Status.CONFIRMED: SeatState.BOOKED,
}
"""The state of a live booking's seats; the others have none."""


@dataclasses.dataclass
class Booking:
    """What the model knows of one booking."""

    hold: Hold
    status: Status
    extensions: int = 0
    payment_id: uuid.UUID | None = None


class Sale:
    """Sends random commands to the engine and foretells each outcome from its own list of bookings."""

    def __init__(self, house: House, dice: random.Random) -> None:
        self._house = house
        self._engine = house.engine()
        self._dice = dice
        self._bookings: list[Booking] = []
        self._blocked: set[int] = set()

    def states(self, seat_count: int) -> list[SeatState]:
        """What every seat must be."""
        states = [
            SeatState.BLOCKED if seat_no in self._blocked else SeatState.AVAILABLE for seat_no in range(seat_count)
        ]
        for booking in self._bookings:
            if booking.status in SEAT_OF:
                for seat_no in booking.hold.seat_nos:
                    states[seat_no] = SEAT_OF[booking.status]
        return states

    async def step(self) -> None:
        """One random command."""
        newcomers = (self.hold, self.hold, self.hold, self.choose, self.lapse, self.sweep, self.block, self.unblock)
        await self._dice.choice(newcomers)()
        if self._bookings:
            known = (self.extend, self.release, self.begin_payment, self.begin_payment, self.settle, self.settle)
            await self._dice.choice(known)(self._dice.choice(self._bookings[-6:]))

    async def hold(self) -> None:
        """Hold seats; a lapsed hold does not stand in the way. Who is refused may leave it to the sweeper to end it."""
        command = self._house.hold_of(*self._wanted(SEATS_WANTED))
        met = self._on(command.seat_nos)
        lapsed = [booking for booking in met if booking.status is Status.LAPSED]
        owned = {seat_no for booking in met if booking not in lapsed for seat_no in booking.hold.seat_nos}
        owned |= self._blocked & set(command.seat_nos)
        outcome = await self._engine.hold(command)
        assert outcome.word is (HoldWord.SEAT_UNAVAILABLE if owned else HoldWord.HELD)
        assert set(outcome.conflicts) == owned & set(command.seat_nos)
        for booking in lapsed:
            if not owned or await self._house.status(booking.hold) == "EXPIRED":
                booking.status = Status.EXPIRED
        if not owned:
            self._bookings.append(Booking(command, Status.HOLD))
            assert (await self._engine.hold(command)).word is HoldWord.REPLAYED

    async def choose(self) -> None:
        """A party is given free seats of the engine's choice, or there are not enough; lapsed holds count as free."""
        booking_id, size = new_booking_id(), self._dice.randint(1, 4)
        states = enumerate(self.states(SEATS))
        owned = {seat_no for seat_no, state in states if state is not SeatState.AVAILABLE}
        for booking in self._bookings:
            if booking.status is Status.LAPSED:
                owned -= set(booking.hold.seat_nos)
        outcome = await self._engine.choose(
            Choose(booking_id, self._house.event_id, f"buyer:{booking_id}", PartyWish(size))
        )
        if not isinstance(outcome, HoldOutcome):
            assert SEATS - len(owned) < size
            return
        assert len(set(outcome.seat_nos) - owned) == size
        for booking in self._on(outcome.seat_nos):
            booking.status = Status.EXPIRED
        command = self._house.hold_of(*outcome.seat_nos, booking_id=booking_id)
        self._bookings.append(Booking(command, Status.HOLD))

    async def lapse(self) -> None:
        """A hold of free seats whose time has passed since."""
        free = [seat_no for seat_no in SEATS_WANTED if seat_no not in self._blocked and not self._on((seat_no,))]
        if free:
            hold = await self._house.old_hold(*self._wanted(free), ago=LONG_AGO)
            self._bookings.append(Booking(hold, Status.LAPSED))

    async def block(self) -> None:
        """Keep seats from sale; a lapsed hold does not stand in the way, and is ended."""
        seats = set(self._wanted(SEATS_WANTED))
        met = self._on(tuple(seats))
        for booking in met:
            if booking.status is Status.LAPSED:
                booking.status = Status.EXPIRED
        owned = {seat_no for booking in self._on(tuple(seats)) for seat_no in booking.hold.seat_nos} | self._blocked
        command = Block(uuid.uuid4(), self._house.event_id, "house", "Guests", "organiser:one", tuple(seats))
        outcome = await self._engine.block(command)
        assert set(outcome.conflicts) == owned & seats
        assert outcome.word is (BlockWord.SEAT_UNAVAILABLE if owned & seats else BlockWord.BLOCKED)
        if not owned & seats:
            self._blocked |= seats
            assert (await self._engine.block(command)).word is BlockWord.REPLAYED

    async def unblock(self) -> None:
        """Put seats back on sale, whether they are blocked or not."""
        seats = tuple(self._wanted(SEATS_WANTED))
        command = Unblock(uuid.uuid4(), self._house.event_id, "No guests", "organiser:one", seats)
        assert await self._engine.unblock(command) is UnblockWord.UNBLOCKED
        self._blocked -= set(seats)

    async def sweep(self) -> None:
        """Every lapsed hold is expired, and nothing else."""
        lapsed = [booking for booking in self._bookings if booking.status is Status.LAPSED]
        expired, _, _ = await sweep(self._house.database)
        assert expired == len(lapsed)
        for booking in lapsed:
            booking.status = Status.EXPIRED

    async def extend(self, booking: Booking) -> None:
        """Ask for more time."""
        command = Extend(booking.hold.booking_id, booking.hold.buyer, f"key-{self._dice.random()}")
        expected = EXTENDED[booking.status]
        if expected is ExtendWord.EXTENDED and booking.extensions == HOLD_EXTENSIONS_MAX:
            expected = ExtendWord.NO_MORE_EXTENSIONS
        assert await self._engine.extend(self._house.event_id, command) is expected
        booking.extensions += expected is ExtendWord.EXTENDED

    async def release(self, booking: Booking) -> None:
        """Give the seats back."""
        expected = RELEASED[booking.status]
        command = Release(booking.hold.booking_id, booking.hold.buyer)
        assert await self._engine.release(self._house.event_id, command) is expected
        if expected is ReleaseWord.RELEASED:
            booking.status = Status.RELEASED

    async def begin_payment(self, booking: Booking) -> None:
        """Begin a new payment."""
        expected = BEGUN[booking.status]
        payment_id = uuid.uuid4()
        command = BeginPayment(booking.hold.booking_id, booking.hold.buyer, payment_id)
        begun = await self._engine.begin_payment(self._house.event_id, command)
        assert begun.word is expected
        if expected is BeginWord.BEGUN:
            booking.status, booking.payment_id = Status.PENDING, payment_id

    async def settle(self, booking: Booking) -> None:
        """The provider speaks, of the booking's payment or of one nobody knows."""
        paid = self._dice.random() < 0.5
        expected = SettleWord.NOT_PENDING
        if paid and booking.payment_id is None:
            expected = SettleWord.LATE
        elif booking.status is Status.PENDING:
            expected = SettleWord.CONFIRMED if paid else SettleWord.RESUMED
        elif booking.status is Status.CONFIRMED and paid:
            expected = SettleWord.ALREADY_CONFIRMED
        command = SettlePayment(booking.hold.booking_id, booking.payment_id or uuid.uuid4(), paid)
        assert await self._engine.settle_payment(self._house.event_id, command) is expected
        if expected is SettleWord.CONFIRMED:
            booking.status = Status.CONFIRMED
        elif expected is SettleWord.RESUMED:
            booking.status, booking.payment_id = Status.HOLD, None

    def _wanted(self, seat_nos: range | list[int]) -> list[int]:
        return self._dice.sample(seat_nos, min(len(seat_nos), self._dice.randint(1, 3)))

    def _on(self, seat_nos: tuple[int, ...]) -> list[Booking]:
        """The live bookings that own any of these seats."""
        live = [booking for booking in self._bookings if booking.status in SEAT_OF]
        return [booking for booking in live if not set(seat_nos).isdisjoint(booking.hold.seat_nos)]


class MapViewer:
    """A client with one snapshot and all the changes since."""

    def __init__(self, house: House, snapshot: SeatPicture) -> None:
        self._house = house
        self._replica = SeatReplica(house.database)
        self._seq = snapshot.seq
        self._states = dict(enumerate(snapshot.states()))

    async def look(self) -> list[int]:
        """The seats as this client has them after asking for what changed."""
        known = await self._replica.picture(self._house.event_id)
        assert known is not None
        known.checked_at = 0.0  # too old to be served again
        told = await self._replica.changes_since(self._house.event_id, self._seq)
        assert told is not None
        picture, changes = told
        assert changes is not None
        self._states.update(changes)
        self._seq = picture.seq
        return list(self._states.values())


async def fresh_snapshot(house: House) -> SeatPicture:
    """The seats as a process sees them that never looked before."""
    picture = await SeatReplica(house.database).picture(house.event_id)
    assert picture is not None
    return picture


@every_strategy
@pytest.mark.parametrize("seed", range(4))
async def test_the_engine_does_what_the_model_foretells(house: House, seed: int) -> None:
    dice = random.Random(seed)
    sale = Sale(house, dice)
    seat_count = len(await house.states())
    viewer = MapViewer(house, await fresh_snapshot(house))
    for _ in range(STEPS):
        await sale.step()
        expected = sale.states(seat_count)
        assert await house.states() == expected
        assert list((await fresh_snapshot(house)).states()) == expected
        if dice.random() < 0.5:  # else a later look has more to catch up with
            assert await viewer.look() == expected
    assert await viewer.look() == await house.states()
    assert await house.broken() == []
