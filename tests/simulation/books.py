"""The SQL functions of a sale in plain Python: one event, no locks, no batches, each call all at once.

`test_books.py` holds these books against PostgreSQL; the simulation then runs the real Python on them.
"""

import dataclasses
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

OPENING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
EVENT_ID = 1
PRICE = 4950
LIVE_PHASES = {"authorising", "challenged", "authorised", "captured"}


class Row:
    """A row by position and by name, as asyncpg has it."""

    def __init__(self, values: dict[str, object]) -> None:
        self._named = values
        self._placed = tuple(values.values())

    @classmethod
    def of(cls, **values: object) -> "Row":
        """A row of these columns."""
        return cls(values)

    def __getitem__(self, key: int | str) -> Any:  # noqa: ANN401
        return self._named[key] if isinstance(key, str) else self._placed[key]

    def __iter__(self) -> Iterator[object]:
        return iter(self._placed)


@dataclasses.dataclass
class Booking:
    """A row of bookings."""

    id: uuid.UUID
    no: int
    buyer: str
    seat_nos: tuple[int, ...]
    held_at: datetime
    hold_seconds: int
    hold_expires_at: datetime
    status: str = "HOLD"
    extensions: int = 0
    extension_key: str | None = None
    payment_id: uuid.UUID | None = None

    @property
    def live(self) -> bool:
        """Whether it has its seats."""
        return self.status in {"HOLD", "PAYMENT_PENDING", "CONFIRMED"}


@dataclasses.dataclass
class Payment:
    """A row of payments."""

    id: uuid.UUID
    booking_id: uuid.UUID
    provider_key: str
    token: str
    amount: int
    currency: str
    phase: str
    next_action_url: str | None
    decline_reason: str | None
    started_at: datetime
    updated_at: datetime


class Books:
    """One event's bookings and payments. `clock` tells the database's time, in seconds since the opening."""

    def __init__(self, clock: Callable[[], float], seat_count: int, hold_seconds: int) -> None:
        self._clock = clock
        self._seat_count = seat_count
        self._hold_seconds = hold_seconds
        self.bookings: dict[uuid.UUID, Booking] = {}
        self.payments: dict[uuid.UUID, Payment] = {}

    @property
    def now(self) -> datetime:
        """The database's time."""
        return OPENING + timedelta(seconds=self._clock())

    def owners(self) -> dict[int, Booking]:
        """Who has which seat."""
        return {seat_no: booking for booking in self.bookings.values() if booking.live for seat_no in booking.seat_nos}

    def hold_seats(
        self, ids: list[uuid.UUID], _events: list[int], buyers: list[str],
        first: list[int], last: list[int], seats: list[int], _holds_max: int,
    ) -> list[Row]:  # fmt: skip
        wanted = [tuple(seats[first[place] - 1 : last[place]]) for place in range(len(ids))]
        self._expire([booking for booking in self._over_due() if not set(booking.seat_nos).isdisjoint(seats)])
        before, granted = set(self.owners()), set[int]()
        rows = []
        for booking_id, buyer, seat_nos in zip(ids, buyers, wanted, strict=True):
            taken = [seat_no for seat_no in seat_nos if seat_no in before] or [
                seat_no for seat_no in seat_nos if seat_no in granted
            ]
            rows.append(self._hold(booking_id, buyer, seat_nos, taken))
            if rows[-1][0] == "held":
                granted.update(seat_nos)
        return rows

    def _hold(self, booking_id: uuid.UUID, buyer: str, seat_nos: tuple[int, ...], taken: list[int]) -> Row:
        known = self.bookings.get(booking_id)
        if known is not None:
            return _hold_row("replayed", known) if known.buyer == buyer else _hold_row("event_not_found")
        if not all(0 <= seat_no < self._seat_count for seat_no in seat_nos):
            return _hold_row("unknown_seat")
        if taken:
            return _hold_row("seat_unavailable", conflicts=taken)
        end = self.now + timedelta(seconds=self._hold_seconds)
        made = Booking(booking_id, len(self.bookings) + 1, buyer, seat_nos, self.now, self._hold_seconds, end)
        self.bookings[booking_id] = made
        return _hold_row("held", made)

    def extend_holds(self, ids: list[uuid.UUID], buyers: list[str], keys: list[str]) -> list[Row]:
        return [Row.of(outcome=self._extend(*command)) for command in zip(ids, buyers, keys, strict=True)]

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
        return [Row.of(outcome=self._release(*command)) for command in zip(ids, buyers, strict=True)]

    def _release(self, booking_id: uuid.UUID, buyer: str) -> str:
        booking = self._own(booking_id, buyer)
        if booking is None:
            return "not_found"
        words = {"RELEASED": "already_released", "PAYMENT_PENDING": "payment_pending", "EXPIRED": "hold_expired"}
        if booking.status == "HOLD":
            booking.status = "RELEASED"
            return "released"
        return words.get(booking.status, "booking_closed")

    def begin_payments(self, ids: list[uuid.UUID], buyers: list[str], payments: list[uuid.UUID]) -> list[Row]:
        return [Row.of(outcome=self._begin(*command)) for command in zip(ids, buyers, payments, strict=True)]

    def _begin(self, booking_id: uuid.UUID, buyer: str, payment_id: uuid.UUID) -> str:
        booking = self._own(booking_id, buyer)
        if booking is None:
            return "not_found"
        if booking.payment_id == payment_id:
            return "replayed"
        if booking.status == "EXPIRED" or booking in self._over_due():
            return "hold_expired"
        words = {"CONFIRMED": "confirmed", "PAYMENT_PENDING": "already_begun", "RELEASED": "booking_closed"}
        if booking.status == "HOLD":
            booking.status, booking.payment_id = "PAYMENT_PENDING", payment_id
            return "begun"
        return words[booking.status]

    def settle_payments(self, ids: list[uuid.UUID], payments: list[uuid.UUID], paid: list[bool]) -> list[Row]:
        return [Row.of(outcome=self._settle(*command)) for command in zip(ids, payments, paid, strict=True)]

    def _settle(self, booking_id: uuid.UUID, payment_id: uuid.UUID, paid: bool) -> str:
        booking = self.bookings.get(booking_id)
        if booking is None:
            return "not_found"
        if booking.payment_id != payment_id:
            return "not_pending"
        if booking.status == "CONFIRMED" and paid:
            return "already_confirmed"
        if booking.status != "PAYMENT_PENDING":
            return "not_pending"
        if paid:
            booking.status = "CONFIRMED"
            return "confirmed"
        booking.status, booking.payment_id = "HOLD", None
        return "resumed"

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
        return Row.of(
            buyer=booking.buyer, id=booking.id, no=booking.no, event_id=EVENT_ID, seat_nos=list(booking.seat_nos),
            tier_nos=[0] * count, prices=[PRICE] * count,
            status="EXPIRED" if booking in self._over_due() else booking.status,
            hold_expires_at=booking.hold_expires_at, extensions=booking.extensions, payment_id=booking.payment_id,
            expires_in=(booking.hold_expires_at - self.now).total_seconds(), instead_of=None,
        )  # fmt: skip

    def start_payments(self, ids: list[uuid.UUID], bookings: list[uuid.UUID], _provider: str, *terms: Any) -> list[Row]:  # noqa: ANN401
        for payment_id, booking_id, token, amount, currency in zip(ids, bookings, *terms, strict=True):
            live = any(one.booking_id == booking_id and one.phase in LIVE_PHASES for one in self.payments.values())
            if payment_id not in self.payments and not live:
                self.payments[payment_id] = Payment(
                    payment_id, booking_id, str(payment_id), token, amount, currency, "authorising", None, None,
                    self.now, self.now,
                )  # fmt: skip
        return self.find_payments(ids)

    def note_phases(self, *columns: Any) -> list[Row]:  # noqa: ANN401
        return [self._note(*note) for note in zip(*columns, strict=True)]

    def _note(self, payment_id: uuid.UUID, phase: str, url: str | None, reason: str | None, earlier: str) -> Row:
        payment = self.payments[payment_id]
        if payment.phase in earlier.split(","):
            payment.phase, payment.next_action_url, payment.decline_reason = phase, url, reason
            payment.updated_at = self.now
        return Row.of(id=payment_id, phase=payment.phase)

    def find_payments(self, ids: list[uuid.UUID]) -> list[Row]:
        found = [self.payments[payment_id] for payment_id in ids if payment_id in self.payments]
        return [
            Row.of(
                id=one.id, booking_id=one.booking_id, provider_key=one.provider_key, token=one.token,
                amount=one.amount, currency=one.currency, phase=one.phase, next_action_url=one.next_action_url,
                decline_reason=one.decline_reason,
            )
            for one in found
        ]  # fmt: skip

    def open_payments(self, quiet: float, limit: int, challenge: float) -> list[Row]:
        quiet_since, abandoned = self.now - timedelta(seconds=quiet), self.now - timedelta(seconds=challenge)
        rows = [
            Row.of(
                id=payment.id, booking_id=payment.booking_id, phase=payment.phase, event_id=EVENT_ID,
                abandoned=payment.started_at < abandoned,
            )
            for payment in sorted(self.payments.values(), key=lambda payment: payment.updated_at)
            if payment.phase in LIVE_PHASES - {"captured"} and payment.updated_at < quiet_since
        ]  # fmt: skip
        return rows[:limit]

    def bookings_without_payment(self) -> list[Row]:
        return [
            Row.of(booking_id=booking.id, event_id=EVENT_ID, payment_id=booking.payment_id)
            for booking in self.bookings.values()
            if booking.status == "PAYMENT_PENDING" and booking.hold_expires_at < self.now and not self._pursued(booking)
        ]

    def _pursued(self, booking: Booking) -> bool:
        payment = self.payments.get(booking.payment_id) if booking.payment_id is not None else None
        return payment is not None and payment.phase not in {"declined", "voided"}

    def _own(self, booking_id: uuid.UUID, buyer: str) -> Booking | None:
        booking = self.bookings.get(booking_id)
        return booking if booking is not None and booking.buyer == buyer else None

    def _over_due(self) -> list[Booking]:
        return [
            booking
            for booking in self.bookings.values()
            if booking.status == "HOLD" and booking.hold_expires_at <= self.now
        ]

    @staticmethod
    def _expire(bookings: Sequence[Booking]) -> None:
        for booking in bookings:
            booking.status = "EXPIRED"


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
    )
