"""Choosing seats and holding them in one step: no buyer can take a seat between the choice and the hold.

One transaction a flush: `begin_choice_v1` locks the events and says what happened since this process looked last; every
command of the flush chooses in order of arrival from the picture that makes; `hold_seats_v1` writes what they chose, as
conditionally as any other hold; commit. Afterwards the pictures know nothing of it: they learn it from the ledger.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from rowlock.inventory.choice import (
    FreeSeats,
    NothingFits,
    PartyWish,
    equivalent_seats,
    judge_pick,
    seats_for_party,
)
from rowlock.inventory.exact import ExactPicture, ExactPictures
from rowlock.inventory.ledger import Change
from rowlock.inventory.model import ChoiceOutcome, Choose, Hold, HoldOutcome, HoldWord
from rowlock.inventory.store import SQL, hold_chosen_seats, offer_substitutes
from rowlock.kernel import limits
from rowlock.kernel.clock import moment_of_us
from rowlock.platform.postgres import Connection, Database
from rowlock.platform.postgres.pool import rerun


class _Standing(msgspec.Struct, frozen=True, rename="camel"):
    """How one command stands; `HELD` when nothing speaks against it but the seats."""

    word: HoldWord
    on_sale_at: int | None


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    """One locked event. `rows` is None when the picture is too far behind."""

    event_id: int
    epoch: int
    seq: int
    prices: tuple[int, ...]
    order_fee: int
    no_orphan_seats: bool
    offer_nearest: bool
    rows: tuple[tuple[Change, ...], ...] | None


class _Scene(msgspec.Struct, frozen=True):
    """The answer of begin_choice_v1; `now` in microseconds since 1970."""

    now: int
    commands: tuple[_Standing, ...]
    events: tuple[_Event, ...]


_read_scene = msgspec.json.Decoder(_Scene).decode


class _OutdatedPicture(Exception):  # noqa: N818  a state of this process
    """A picture cannot be brought up to date, or turned out not to be."""

    def __init__(self, event_ids: Sequence[int]) -> None:
        super().__init__(f"the pictures of events {event_ids} are outdated")
        self.event_ids = event_ids


class SeatChooser:
    """Carries out choices; the engine sees to it that no two flushes of one event run at once in this process."""

    def __init__(self, database: Database, pictures: ExactPictures, *, seats_max: int, holds_max: int) -> None:
        self._database = database
        self._pictures = pictures
        self._seats_max = seats_max
        self._holds_max = holds_max

    async def choose(self, commands: Sequence[Choose]) -> list[ChoiceOutcome]:
        """Choose and hold seats for distinct buyers in order of arrival."""
        for _ in range(limits.CHOICE_ATTEMPTS_MAX):
            events = list(dict.fromkeys(command.event_id for command in commands))
            known = await asyncio.gather(*(self._pictures.picture(event_id) for event_id in events))
            pictures = {event_id: one for event_id, one in zip(events, known, strict=True) if one is not None}
            try:
                return await rerun(lambda: self._step(commands, pictures))  # noqa: B023  awaited at once
            except _OutdatedPicture as outdated:
                # A lapsed hold looks free, but a seat that a code had opened is blocked again once it is closed.
                await self._database.hot.fetch(SQL["expire_holds"], limits.LAPSED_HOLDS_CLOSED_MAX)
                for event_id in outdated.event_ids:
                    self._pictures.forget(event_id)
        raise RuntimeError(f"no picture was up to date in {limits.CHOICE_ATTEMPTS_MAX} tries")

    async def _step(self, commands: Sequence[Choose], pictures: Mapping[int, ExactPicture]) -> list[ChoiceOutcome]:
        async with self._database.hot.acquire() as connection, connection.transaction():
            scene = await self._begin(connection, commands, pictures)
            flush = _Flush(pictures, scene, self._seats_max)
            try:
                outcomes = [flush.outcome(*pair) for pair in zip(commands, scene.commands, strict=True)]
                held = await hold_chosen_seats(connection, flush.holds, self._holds_max, moment_of_us(scene.now))
            finally:
                flush.give_back()
            refused = [hold.event_id for hold, outcome in zip(flush.holds, held, strict=True) if not outcome.stands]
            if refused:
                raise _OutdatedPicture(refused)
            held = await self._offered(connection, flush, held, scene)
        granted = iter(held)
        return [next(granted) if outcome is None else outcome for outcome in outcomes]

    async def _offered(
        self, connection: Connection, flush: "_Flush", held: Sequence[HoldOutcome], scene: _Scene
    ) -> list[HoldOutcome]:
        """The holds, those in the place of other seats made offers."""
        ends = iter(await offer_substitutes(connection, list(flush.wanted.values()), moment_of_us(scene.now)))
        return [
            msgspec.structs.replace(outcome, expires_at=next(ends), instead_of=flush.wanted[hold.booking_id].seat_nos)
            if hold.booking_id in flush.wanted
            else outcome
            for hold, outcome in zip(flush.holds, held, strict=True)
        ]

    async def _begin(
        self, connection: Connection, commands: Sequence[Choose], pictures: Mapping[int, ExactPicture]
    ) -> _Scene:
        """Lock the events and bring their pictures up to the lock's moment."""
        text = await connection.fetchval(
            SQL["begin_choice"],
            [command.booking_id for command in commands],
            [command.event_id for command in commands],
            [command.buyer for command in commands],
            self._holds_max,
            list(pictures),
            [picture.epoch for picture in pictures.values()],
            [picture.seq for picture in pictures.values()],
            limits.CHOICE_ROWS_MAX,
        )
        scene = _read_scene(text)
        outdated = []
        for event in scene.events:
            if event.rows is None:
                outdated.append(event.event_id)
                continue
            picture = pictures[event.event_id]
            picture.follow(event.seq, event.rows)
            picture.lapse(scene.now)
        if outdated:
            raise _OutdatedPicture(outdated)
        return scene


class _Flush:
    """The choices of one flush: what one command is given, the next does not see."""

    def __init__(self, pictures: Mapping[int, ExactPicture], scene: _Scene, seats_max: int) -> None:
        self._pictures = pictures
        self._seats_max = seats_max
        self._events = {event.event_id: event for event in scene.events}
        self._chosen: Counter[int] = Counter()
        self.holds: list[Hold] = []
        self.wanted: dict[uuid.UUID, Hold] = {}  # of the holds that stand in for other seats: what was wanted

    def outcome(self, command: Choose, standing: _Standing) -> ChoiceOutcome | None:
        """The command's refusal, or None when seats were found: they are the next of `holds`."""
        if standing.word is not HoldWord.HELD:
            on_sale_at = None if standing.on_sale_at is None else moment_of_us(standing.on_sale_at)
            return HoldOutcome(standing.word, on_sale_at=on_sale_at)
        event = self._events[command.event_id]
        seats = self._pictures[command.event_id].seats
        found = self._found(command, event, seats)
        if not isinstance(found, tuple):
            return found
        seats.take(found)
        self._chosen[command.event_id] += 1
        self.holds.append(Hold(command.booking_id, command.event_id, command.buyer, found))
        return None

    def _found(self, command: Choose, event: _Event, seats: FreeSeats) -> tuple[int, ...] | ChoiceOutcome:
        wish = command.wish
        if isinstance(wish, PartyWish):
            found = seats_for_party(seats, event.prices, _without_order_fee(wish, event.order_fee))
            if isinstance(found, NothingFits):
                least, ahead = found.total_min + event.order_fee, self._chosen[command.event_id]
                return msgspec.structs.replace(found, total_min=least, seq=event.seq, ahead=ahead)
            return found
        conflicts = tuple(seat_no for seat_no in wish.seat_nos if not seats.free[seat_no])
        if not conflicts:
            orphans = judge_pick(seats, wish.seat_nos, self._seats_max) if event.no_orphan_seats else None
            return wish.seat_nos if orphans is None else orphans
        if wish.nearest and event.offer_nearest:
            equivalent = equivalent_seats(seats, wish.seat_nos, neatly=event.no_orphan_seats)
            if equivalent is not None:
                self.wanted[command.booking_id] = Hold(
                    command.booking_id, command.event_id, command.buyer, wish.seat_nos
                )
                return equivalent
        return HoldOutcome(HoldWord.SEAT_UNAVAILABLE, conflicts=conflicts)

    def give_back(self) -> None:
        """Put the pictures back to the ledger's word."""
        for hold in self.holds:
            self._pictures[hold.event_id].seats.give(hold.seat_nos)


def _without_order_fee(wish: PartyWish, order_fee: int) -> PartyWish:
    """The wish with what is left of its price cap for the seats."""
    if wish.total_max is None or not order_fee:
        return wish
    return msgspec.structs.replace(wish, total_max=max(0, wish.total_max - order_fee))
