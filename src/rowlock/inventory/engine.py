"""The row-lock strategy: lanes of micro-batches over the set-based seat functions."""

from collections.abc import Callable

from rowlock.inventory import store
from rowlock.inventory.model import (
    BeginPayment,
    BeginWord,
    Extend,
    ExtendWord,
    Hold,
    HoldOutcome,
    Release,
    ReleaseWord,
    SettlePayment,
    SettleWord,
)
from rowlock.platform.batching import Kind, Lane
from rowlock.platform.postgres import Database
from rowlock.platform.postgres.pool import HOT_CONNECTIONS


class RowLockEngine:
    """Implements `InventoryEngine` on PostgreSQL's row locks.

    An event always uses the same lane, so one process never stands in its own way on an event's lock.
    """

    def __init__(
        self,
        database: Database,
        holds_max: int,
        on_flush: Callable[[str, int], None] = lambda _kind, _size: None,
    ) -> None:
        self._lanes = [Lane(on_flush) for _ in range(HOT_CONNECTIONS)]
        self._hold = Kind[Hold, HoldOutcome](
            "hold",
            lambda commands: store.hold_seats(database, commands, holds_max),
            lambda command: command.buyer,
        )
        self._extend = Kind[Extend, ExtendWord](
            "extend",
            lambda commands: store.extend_holds(database, commands),
            lambda command: command.booking_id,
        )
        self._release = Kind[Release, ReleaseWord](
            "release",
            lambda commands: store.release_bookings(database, commands),
            lambda command: command.booking_id,
        )
        self._begin = Kind[BeginPayment, BeginWord](
            "begin",
            lambda commands: store.begin_payments(database, commands),
            lambda command: command.booking_id,
        )
        self._settle = Kind[SettlePayment, SettleWord](
            "settle",
            lambda commands: store.settle_payments(database, commands),
            lambda command: command.booking_id,
        )

    async def hold(self, command: Hold) -> HoldOutcome:
        """Hold seats, all or none."""
        return await self._lane(command.event_id).submit(self._hold, command)

    async def extend(self, event_id: int, command: Extend) -> ExtendWord:
        """Extend a hold."""
        return await self._lane(event_id).submit(self._extend, command)

    async def release(self, event_id: int, command: Release) -> ReleaseWord:
        """Release a hold."""
        return await self._lane(event_id).submit(self._release, command)

    async def begin_payment(self, event_id: int, command: BeginPayment) -> BeginWord:
        """Bind a hold to a payment."""
        return await self._lane(event_id).submit(self._begin, command)

    async def settle_payment(self, event_id: int, command: SettlePayment) -> SettleWord:
        """Confirm or resume a hold whose payment has an outcome."""
        return await self._lane(event_id).submit(self._settle, command)

    async def drain(self) -> None:
        """Wait until every queued command has its outcome."""
        for lane in self._lanes:
            await lane.drain()

    def _lane(self, event_id: int) -> Lane:
        return self._lanes[event_id % len(self._lanes)]
