"""The engine: commands of many callers gathered into few calls."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from rowlock.inventory import store
from rowlock.inventory.chooser import SeatChooser
from rowlock.inventory.model import (
    Accept,
    AcceptWord,
    BeginOutcome,
    BeginPayment,
    Block,
    BlockOutcome,
    ChoiceOutcome,
    Choose,
    CodeWord,
    Extend,
    ExtendWord,
    Hold,
    HoldOutcome,
    HoldWithCode,
    Release,
    ReleaseWord,
    Reprice,
    RepriceWord,
    RestorePrices,
    SettlePayment,
    SettleWord,
    Shorten,
    Unblock,
    UnblockWord,
)
from rowlock.inventory.strategies import HoldStrategy
from rowlock.platform.batching import Kind, Lane
from rowlock.platform.postgres import Database
from rowlock.platform.postgres.pool import SEAT_FLUSHES_MAX

BookingCommand = TypeVar("BookingCommand", Accept, Shorten, Extend, Release, BeginPayment, SettlePayment)
Word = TypeVar("Word")
Command = TypeVar("Command")
Outcome = TypeVar("Outcome")


class SeatEngine:
    """Implements `InventoryEngine`: one lane of micro-batches over the set-based seat functions, a line of it an event.

    How holds are decided is the strategy's affair. An event is never in two flushes at once, so one process never
    stands in its own way on an event's lock. `on_commit` hears the event and the buyer of every command
    that was carried out.
    """

    def __init__(
        self,
        database: Database,
        strategy: HoldStrategy,
        chooser: SeatChooser,
        on_flush: Callable[[str, int], None] = lambda _kind, _size: None,
        on_commit: Callable[[int, str | None], None] = lambda _event_id, _buyer: None,
    ) -> None:
        self._database = database
        self._strategy = strategy
        self._chooser = chooser
        self._on_commit = on_commit
        self._lane = Lane(on_flush, flushes_max=SEAT_FLUSHES_MAX)
        self._hold = Kind[Hold, HoldOutcome]("hold", strategy.hold, lambda command: command.buyer)
        self._choose = Kind[Choose, ChoiceOutcome]("choose", self._choose_and_follow, lambda command: command.buyer)
        self._accept = self._of_bookings("accept", store.accept_substitutes)
        self._shorten = self._of_bookings("shorten", store.shorten_holds)
        self._hold_with_code = Kind[HoldWithCode, HoldOutcome | CodeWord](
            "hold_with_code", self._hold_by_codes, lambda command: command.hold.buyer
        )
        self._reprice = Kind[Reprice | RestorePrices, RepriceWord](
            "reprice", lambda commands: store.reprice_holds(database, commands), lambda command: command.booking_id
        )
        self._extend = self._of_bookings("extend", store.extend_holds)
        self._release = self._of_bookings("release", store.release_bookings)
        self._begin = self._of_bookings("begin", store.begin_payments)
        self._settle = self._of_bookings("settle", store.settle_payments)
        self._block = Kind[Block, BlockOutcome](
            "block", lambda commands: store.block_seats(database, commands), lambda command: command.event_id
        )
        self._unblock = Kind[Unblock, UnblockWord](
            "unblock", lambda commands: store.unblock_seats(database, commands), lambda command: command.event_id
        )

    async def hold(self, command: Hold) -> HoldOutcome:
        """Hold seats, all or none."""
        return await self._submit(self._hold, command, command.event_id, command.buyer)

    async def choose(self, command: Choose) -> ChoiceOutcome:
        """Choose seats and hold them."""
        return await self._submit(self._choose, command, command.event_id, command.buyer)

    async def accept(self, event_id: int, command: Accept) -> AcceptWord:
        """Accept seats that were offered."""
        return await self._submit(self._accept, command, event_id, command.buyer)

    async def shorten(self, event_id: int, command: Shorten) -> datetime | None:
        """Make a fresh hold end sooner."""
        return await self._submit(self._shorten, command, event_id, None)

    async def extend(self, event_id: int, command: Extend) -> ExtendWord:
        """Extend a hold."""
        return await self._submit(self._extend, command, event_id, command.buyer)

    async def hold_with_code(self, command: HoldWithCode) -> HoldOutcome | CodeWord:
        """Hold seats by an access code, which the strategy hears of."""
        return await self._submit(self._hold_with_code, command, command.hold.event_id, command.hold.buyer)

    async def reprice(self, event_id: int, command: Reprice | RestorePrices) -> RepriceWord:
        """Put a code on a hold or take it off."""
        return await self._submit(self._reprice, command, event_id, command.buyer)

    async def release(self, event_id: int, command: Release) -> ReleaseWord:
        """Release a hold."""
        return await self._submit(self._release, command, event_id, command.buyer)

    async def begin_payment(self, event_id: int, command: BeginPayment) -> BeginOutcome:
        """Bind a hold to a payment."""
        return await self._submit(self._begin, command, event_id, command.buyer)

    async def settle_payment(self, event_id: int, command: SettlePayment) -> SettleWord:
        """Confirm or resume a hold whose payment has an outcome."""
        return await self._submit(self._settle, command, event_id, None)

    async def block(self, command: Block) -> BlockOutcome:
        """Take free seats from sale."""
        return await self._submit(self._block, command, command.event_id, None)

    async def unblock(self, command: Unblock) -> UnblockWord:
        """Put blocked seats back on sale."""
        return await self._submit(self._unblock, command, command.event_id, None)

    def held_up(self) -> int:
        """How many commands stand behind an event that is stuck, while others go on."""
        return self._lane.held_up()

    async def drain(self) -> None:
        """Wait until every queued command has its outcome."""
        await self._lane.drain()

    async def _submit(
        self, kind: Kind[Command, Outcome], command: Command, event_id: int, buyer: str | None
    ) -> Outcome:
        """Carry a command out, then say that the event's seats, and the buyer's holds, may be others now."""
        outcome = await self._lane.submit(kind, command, event_id)
        self._on_commit(event_id, buyer)
        return outcome

    async def _choose_and_follow(self, commands: Sequence[Choose]) -> list[ChoiceOutcome]:
        """Choosing holds the event's lock, whatever the strategy; the strategy hears of what was held."""
        outcomes = await self._chooser.choose(commands)
        await self._strategy.follow([command.booking_id for command in commands])
        return outcomes

    async def _hold_by_codes(self, commands: Sequence[HoldWithCode]) -> list[HoldOutcome | CodeWord]:
        outcomes = await store.hold_with_codes(self._database, commands)
        await self._strategy.follow([command.hold.booking_id for command in commands])
        return outcomes

    def _of_bookings(
        self, name: str, carry_out: Callable[[Database, Sequence[BookingCommand]], Awaitable[list[Word]]]
    ) -> Kind[BookingCommand, Word]:
        """A kind of command about bookings that stand already; the strategy hears of each."""

        async def flush(commands: Sequence[BookingCommand]) -> list[Word]:
            words = await carry_out(self._database, commands)
            await self._strategy.follow([command.booking_id for command in commands])
            return words

        return Kind(name, flush, lambda command: command.booking_id)
