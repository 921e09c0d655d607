"""The SQL functions of a sale in plain Python: one event, each call all at once, a ledger of what happened.

`test_books.py` holds these books against PostgreSQL; the simulation then runs the real Python on them.
"""

import asyncio
import dataclasses
import json
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from tests.simulation.payment_books import PaymentBooks
from tests.simulation.rows import EVENT_ID, OPENING, ORDER_FEE, PRICE, Booking, Kept, Payment, Refund, Row

AVAILABLE, HELD, BOOKED, BLOCKED = range(4)


class Books(PaymentBooks):
    """One event's bookings and payments. `clock` tells the database's time, in seconds since the opening."""

    def __init__(self, clock: Callable[[], float], seat_count: int, hold_seconds: int) -> None:
        self._clock = clock
        self._seat_count = seat_count
        self._hold_seconds = hold_seconds
        self.no_orphan_seats = False
        """Whether picks must leave no single seat behind."""
        self.lock = asyncio.Lock()
        self.bookings: dict[uuid.UUID, Booking] = {}
        self.payments: dict[uuid.UUID, Payment] = {}
        self.refunds: dict[uuid.UUID, Refund] = {}
        self.blocks: dict[int, uuid.UUID] = {}
        self.ledger: list[str] = []
        self._versions: Counter[int] = Counter()
        self.free_for: dict[uuid.UUID, int] = {}
        """How many seats were free, holds past their end not counted, when these last began to choose."""

    def copy(self) -> "Kept":
        """How everything stands, to go back to."""
        bookings = {one.id: dataclasses.replace(one) for one in self.bookings.values()}
        payments = {one.id: dataclasses.replace(one) for one in self.payments.values()}
        refunds = {one.payment_id: dataclasses.replace(one) for one in self.refunds.values()}
        return Kept(bookings, payments, refunds, dict(self.blocks), list(self.ledger), Counter(self._versions))

    def go_back(self, kept: "Kept") -> None:
        """Undo what has happened since."""
        self.bookings, self.payments, self.refunds, self.blocks, self.ledger, self._versions = kept

    @property
    def now(self) -> datetime:
        """The database's time."""
        return OPENING + timedelta(seconds=self._clock())

    def owners(self) -> dict[int, Booking]:
        """Who has which seat."""
        return {seat_no: booking for booking in self.bookings.values() if booking.live for seat_no in booking.seat_nos}

    def hold_seats(self, ids: list[uuid.UUID], _events: list[int], buyers: list[str], *terms: Any) -> list[Row]:  # noqa: ANN401
        first, last, seats, _holds_max, *told = terms
        now = told[0] if told else self.now
        wanted = _parts(seats, first, last)
        self._expire([booking for booking in self._over_due(now) if not set(booking.seat_nos).isdisjoint(seats)])
        before, granted = self._taken(), set[int]()
        rows = []
        for booking_id, buyer, seat_nos in zip(ids, buyers, wanted, strict=True):
            taken = [seat_no for seat_no in seat_nos if seat_no in before] or [
                seat_no for seat_no in seat_nos if seat_no in granted
            ]
            word = self._judge(booking_id, buyer, seat_nos, taken)
            if word == "held":
                granted.update(seat_nos)
                self._make(booking_id, buyer, seat_nos, now)
            stands = self.bookings[booking_id] if word in {"held", "replayed"} else None
            rows.append(_hold_row(word, stands, taken if word == "seat_unavailable" else ()))
        self._append("hold", [booking_id for booking_id, row in zip(ids, rows, strict=True) if row[0] == "held"])
        return rows

    hold_chosen_seats = hold_seats

    def _judge(self, booking_id: uuid.UUID, buyer: str, seat_nos: Sequence[int], taken: Sequence[int]) -> str:
        known = self.bookings.get(booking_id)
        if known is not None:
            return "replayed" if known.buyer == buyer else "event_not_found"
        if not all(0 <= seat_no < self._seat_count for seat_no in seat_nos):
            return "unknown_seat"
        return "seat_unavailable" if taken else "held"

    def _make(self, booking_id: uuid.UUID, buyer: str, seat_nos: tuple[int, ...], now: datetime) -> None:
        end = now + timedelta(seconds=self._hold_seconds)
        number = len(self.bookings) + 1
        self.bookings[booking_id] = Booking(booking_id, number, buyer, seat_nos, now, self._hold_seconds, end)

    def judge_holds(self, ids: list[uuid.UUID], _events: list[int], buyers: list[str], *terms: Any) -> list[Row]:  # noqa: ANN401
        first, last, seats, _holds_max = terms
        over_due = {seat_no for booking in self._over_due() for seat_no in booking.seat_nos}
        owned, rows = self._taken() - over_due, []
        for booking_id, buyer, seat_nos in zip(ids, buyers, _parts(seats, first, last), strict=True):
            taken = [seat_no for seat_no in seat_nos if seat_no in owned]
            word = self._judge(booking_id, buyer, seat_nos, taken)
            rows.append(
                Row.of(outcome=word, conflicts=taken, versions=[self._versions[seat_no] for seat_no in seat_nos])
            )
        return rows

    def hold_unchanged_seats(
        self,
        ids: list[uuid.UUID],
        events: list[int],
        buyers: list[str],
        *terms: Any,  # noqa: ANN401
    ) -> list[Row]:
        first, last, seats, holds_max, versions = terms
        wanted = _parts(seats, first, last)
        same = [
            place
            for place, seat_nos in enumerate(wanted)
            if versions[first[place] - 1 : last[place]] == [self._versions[seat_no] for seat_no in seat_nos]
        ]
        kept = [seat_no for place in same for seat_no in wanted[place]]
        ends = list(accumulate(len(wanted[place]) for place in same))
        starts = [end - len(wanted[place]) + 1 for place, end in zip(same, ends, strict=True)]
        names, whose = [ids[place] for place in same], [buyers[place] for place in same]
        held = iter(self.hold_seats(names, events, whose, starts, ends, kept, holds_max))
        return [next(held) if place in same else _hold_row("seat_changed") for place in range(len(wanted))]

    def exact_picture(self, _event_id: int) -> list[Row]:
        owners = self.owners()
        states = [self._state(owners.get(seat_no), seat_no) for seat_no in range(self._seat_count)]
        held = {seat_no: owners[seat_no] for seat_no, state in enumerate(states) if state == HELD}
        ends = [None if one.status == "PAYMENT_PENDING" else _us(one.hold_expires_at) for one in held.values()]
        return [Row.of(epoch=1, seq=len(self.ledger), states=states, held_nos=list(held), held_ends=ends)]

    def _state(self, owner: Booking | None, seat_no: int) -> int:
        if owner is None:
            return BLOCKED if seat_no in self.blocks else AVAILABLE
        return BOOKED if owner.status == "CONFIRMED" else HELD

    def begin_choice(self, ids: list[uuid.UUID], _events: list[int], buyers: list[str], *terms: Any) -> list[Row]:  # noqa: ANN401
        _holds_max, pictured, _epochs, seqs, _rows_max = terms
        over_due = {seat_no for booking in self._over_due() for seat_no in booking.seat_nos}
        self.free_for |= dict.fromkeys(ids, self._seat_count - len(self._taken() - over_due))
        words = [self._judge(booking_id, buyer, (), ()) for booking_id, buyer in zip(ids, buyers, strict=True)]
        events = [
            {
                "eventId": event_id, "epoch": 1, "seq": len(self.ledger), "prices": [PRICE],
                "orderFee": ORDER_FEE, "noOrphanSeats": self.no_orphan_seats, "offerNearest": False,
                "rows": [json.loads(row) for row in self.ledger[seq:]],
            }
            for event_id, seq in zip(pictured, seqs, strict=True)
        ]  # fmt: skip
        commands = [{"word": word, "onSaleAt": None} for word in words]
        return [Row.of(scene=json.dumps({"now": _us(self.now), "commands": commands, "events": events}))]

    def block_seats(self, ids: list[uuid.UUID], _events: list[int], *terms: Any) -> list[Row]:  # noqa: ANN401
        kinds, reasons, by, first, last, seats = terms
        self._expire([booking for booking in self._over_due() if not set(booking.seat_nos).isdisjoint(seats)])
        rows = []
        for place, seat_nos in enumerate(_parts(seats, first, last)):
            taken = [seat_no for seat_no in seat_nos if seat_no in self._taken()]
            if all(self.blocks.get(seat_no) == ids[place] for seat_no in seat_nos):
                word = "replayed"
            elif taken:
                word = "seat_unavailable"
            else:
                word = "blocked"
                self.blocks |= dict.fromkeys(seat_nos, ids[place])
                self._write([[kinds[place].replace("house", "block"), str(ids[place]), None, list(seat_nos),
                              reasons[place], by[place]]])  # fmt: skip
            rows.append(Row.of(outcome=word, blocked_at=self.now, conflicts=taken))
        return rows

    def unblock_seats(self, ids: list[uuid.UUID], _events: list[int], *terms: Any) -> list[Row]:  # noqa: ANN401
        reasons, by, first, last, seats = terms
        for place, seat_nos in enumerate(_parts(seats, first, last)):
            gone = [seat_no for seat_no in sorted(seat_nos) if self.blocks.pop(seat_no, None) is not None]
            if gone:
                self._write([["unblock", str(ids[place]), None, gone, reasons[place], by[place]]])
        return [Row.of(outcome="unblocked") for _ in ids]

    def extend_holds(self, ids: list[uuid.UUID], buyers: list[str], keys: list[str]) -> list[Row]:
        words = [self._extend(*command) for command in zip(ids, buyers, keys, strict=True)]
        return self._told_of(ids, words, {"extended": "extend"})

    def _extend(self, booking_id: uuid.UUID, buyer: str, key: str) -> str:
        booking = self._own(booking_id, buyer)
        if booking is None:
            return "not_found"
        latest = booking.held_at + timedelta(seconds=2 * booking.hold_seconds)
        if key and booking.extension_key == key:
            return "replayed"
        if booking.status == "PAYMENT_PENDING":
            return "payment_pending"
        if booking.status == "EXPIRED" or booking in self._over_due():
            return "hold_expired"
        if booking.status != "HOLD":
            return "booking_closed"
        if booking.extensions >= 2 or booking.hold_expires_at >= latest:
            return "no_more_extensions"
        end = min(self.now + timedelta(seconds=booking.hold_seconds), latest)
        booking.hold_expires_at = max(booking.hold_expires_at, end)
        booking.extensions, booking.extension_key = booking.extensions + 1, key
        return "extended"

    def release_bookings(self, ids: list[uuid.UUID], buyers: list[str]) -> list[Row]:
        words = [self._release(*command) for command in zip(ids, buyers, strict=True)]
        return self._told_of(ids, words, {"released": "release"})

    def _release(self, booking_id: uuid.UUID, buyer: str) -> str:
        booking = self._own(booking_id, buyer)
        if booking is None:
            return "not_found"
        words = {"RELEASED": "already_released", "PAYMENT_PENDING": "payment_pending", "EXPIRED": "hold_expired"}
        if booking.status == "HOLD":
            booking.status = "RELEASED"
            return "released"
        return words.get(booking.status, "booking_closed")

    def expire_holds(self, limit: int) -> list[Row]:
        due = sorted(self._over_due(), key=lambda booking: booking.hold_expires_at)[:limit]
        self._expire(due)
        ends = [booking.hold_expires_at for booking in self.bookings.values() if booking.status == "HOLD"]
        next_in = (min(ends) - self.now).total_seconds() if ends else None
        return [Row.of(expired=len(due), events=[EVENT_ID] if due else None, next_in_seconds=next_in)]

    def find_bookings(self, ids: list[uuid.UUID]) -> list[Row]:
        return [self._told(booking) for booking in self.bookings.values() if booking.id in ids]

    def _told(self, booking: Booking) -> Row:
        count = len(booking.seat_nos)
        payment = self.payments.get(booking.payment_id) if booking.payment_id is not None else None
        paying = payment if booking.status == "PAYMENT_PENDING" else None
        return Row.of(
            buyer=booking.buyer, id=booking.id, no=booking.no, event_id=EVENT_ID, seat_nos=list(booking.seat_nos),
            tier_nos=[0] * count, prices=[PRICE] * count, total=booking.total, price_list=1,
            order_fee=ORDER_FEE,
            status="EXPIRED" if booking in self._over_due() else booking.status,
            hold_expires_at=booking.hold_expires_at, extensions=booking.extensions, payment_id=booking.payment_id,
            expires_in=(booking.hold_expires_at - self.now).total_seconds(), instead_of=None, returned_seat_nos=[],
            code=None, list_prices=None,
            waits_for_buyer=None if paying is None else paying.phase == "challenged",
            paying_for=None if paying is None else (self.now - paying.started_at).total_seconds(),
        )  # fmt: skip

    def price_list(self, _event_id: int, _version: int) -> list[Row]:
        return [
            Row.of(order_fee=ORDER_FEE, order_fee_tax=0, tax_name="", tax_rate="", tier_no=0, price=PRICE, fee=0, tax=0)
        ]

    def _taken(self) -> set[int]:
        return self.owners().keys() | self.blocks.keys()

    def _over_due(self, now: datetime | None = None) -> list[Booking]:
        now = now or self.now
        return [
            booking for booking in self.bookings.values() if booking.status == "HOLD" and booking.hold_expires_at <= now
        ]

    def _expire(self, bookings: Sequence[Booking]) -> None:
        for booking in bookings:
            booking.status = "EXPIRED"
        self._append("expire", [booking.id for booking in bookings])

    def _told_of(self, ids: Sequence[uuid.UUID], words: Sequence[str], kinds: dict[str, str]) -> list[Row]:
        """The outcomes as rows; those that changed something stand in the ledger by their kind."""
        for word, kind in kinds.items():
            self._append(kind, [booking_id for booking_id, found in zip(ids, words, strict=True) if found == word])
        return [Row.of(outcome=word) for word in words]

    def _append(self, kind: str, ids: Sequence[uuid.UUID]) -> None:
        bookings = sorted((self.bookings[booking_id] for booking_id in ids), key=lambda booking: booking.no)
        ends = [_us(one.hold_expires_at) if kind in {"hold", "extend", "resume"} else None for one in bookings]
        if bookings:
            self._write([
                [kind, str(one.id), end, list(one.seat_nos)] for one, end in zip(bookings, ends, strict=True)
            ])  # fmt: skip

    def _write(self, changes: list[list[Any]]) -> None:
        """One row of the ledger. Whatever happens to a seat moves its version."""
        self.ledger.append(json.dumps(changes))
        for change in changes:
            self._versions.update(change[3])


def _parts(seats: list[int], first: list[int], last: list[int]) -> list[tuple[int, ...]]:
    """The seats of each command, out of those of all."""
    return [tuple(seats[start - 1 : stop]) for start, stop in zip(first, last, strict=True)]


def _us(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _hold_row(word: str, booking: Booking | None = None, conflicts: Sequence[int] = ()) -> Row:
    count = 0 if booking is None else len(booking.seat_nos)
    return Row.of(
        outcome=word,
        booking_no=None if booking is None else booking.no,
        held_at=None if booking is None else booking.held_at,
        expires_at=None if booking is None else booking.hold_expires_at,
        seat_nos=None if booking is None else list(booking.seat_nos),
        tier_nos=[0] * count,
        prices=[PRICE] * count,
        conflicts=list(conflicts),
        on_sale_at=None,
        price_list=None if booking is None else 1,
        order_fee=None if booking is None else ORDER_FEE,
    )
