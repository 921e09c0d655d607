"""Giving paid seats back: by their buyer, by staff, or for other seats.

Seats, refund and posting change together in one statement (`return_seats_v1`); the provider hears of the refund
afterwards (`refund_runner`). A repeat of a wish finds what the first one did: the wish for given seats of a booking has
one id for good.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from rowlock.bookings import BookingDesk, BookingRow, BookingViews, no_booking
from rowlock.identity import Person
from rowlock.kernel import limits
from rowlock.kernel.money import Money, money
from rowlock.kernel.problems import Problem
from rowlock.payments.store import SQL
from rowlock.platform.postgres import Connection, Database
from rowlock.platform.postgres.pool import rerun
from rowlock.seating.store import ShelvedPlan

RefundKind = Literal["buyer", "organiser", "event_cancelled", "late_payment", "exchange", "uncollected"]


class RefundBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which seats go back; all that are left when none are named."""

    seat_ids: list[str] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=limits.NAME_CHARS_MAX)] = ""


class Refund(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Money on its way back. `due`: the provider has not said yet that it is paid; `failed`: it will not pay it."""

    refund_id: str
    booking_id: str
    kind: RefundKind
    seats: tuple[str, ...]
    amount: Money
    state: Literal["due", "paid", "failed"]
    asked_at: datetime


class RefundList(msgspec.Struct, frozen=True):
    """The refunds of a booking, oldest first."""

    items: tuple[Refund, ...]


class ExchangeBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The confirmed booking whose seats are given for those of the hold; all that are left when none are named."""

    from_booking_id: str
    seat_ids: list[str] | None = None


class Exchange(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What an exchange comes to: confirming the hold costs `due`; `back` is paid back then."""

    booking_id: str
    from_booking_id: str
    seats: tuple[str, ...]
    due: Money
    back: Money


class Returns:
    """Takes paid seats back."""

    def __init__(
        self,
        database: Database,
        desk: BookingDesk,
        views: BookingViews,
        *,
        window_hours: int,
        on_change: Callable[[int], None] = lambda _event_id: None,
    ) -> None:
        self._database = database
        self._desk = desk
        self._views = views
        self._window_hours = window_hours
        self._on_change = on_change

    async def give_back(self, person: Person, booking_id: str, body: RefundBody) -> Refund:
        """The buyer's own wish.

        Problems: `booking_not_found`, `refund_window_closed`, `already_returned`, `not_paid`, `unknown_seat`,
        `payment_pending`, `exchange_pending`.
        """
        row = await self._desk.own_row(person, booking_id)
        plan = await self._plan_of(row)
        seats = _seat_nos(plan, row, body.seat_ids)
        request_id = _wish_id(row.id, seats)
        terms = "buyer", [row.buyer], "buyer", body.reason, self._window_hours
        rows = await rerun(lambda: self._database.hot.fetch(SQL["return_seats"], [row.id], [request_id], seats, *terms))
        self._judge(rows[0]["outcome"], row)
        return await self._refund(request_id, row)

    async def staff_give_back(
        self, connection: Connection, event_id: int, booking_id: uuid.UUID, body: RefundBody, name: str
    ) -> tuple[uuid.UUID, BookingRow]:
        """Staff's wish, within their transaction, at any time; the id of the refund. Problems as `give_back`'s."""
        row = await self._views.row(booking_id, None)
        if row is None or row.event_id != event_id:
            raise no_booking(str(booking_id))
        plan = await self._plan_of(row)
        seats = _seat_nos(plan, row, body.seat_ids)
        request_id = _wish_id(row.id, seats)
        terms = "organiser", [row.buyer], name, body.reason, None
        rows = await connection.fetch(SQL["return_seats"], [row.id], [request_id], seats, *terms)
        self._judge(rows[0]["outcome"], row)
        return request_id, row

    async def told(self, request_id: uuid.UUID, row: BookingRow) -> Refund:
        """A refund that has just been asked for, once its transaction is over."""
        self._on_change(row.event_id)
        return await self._refund(request_id, row)

    async def list(self, person: Person, booking_id: str) -> RefundList:
        """What went back for one's booking."""
        row = await self._desk.own_row(person, booking_id)
        return RefundList(tuple(await self._refunds(row)))

    async def own(self, person: Person, booking_id: str) -> BookingRow:
        """The person's booking; Problem `booking_not_found`."""
        return await self._desk.own_row(person, booking_id)

    async def exchange(self, person: Person, hold: BookingRow, body: ExchangeBody) -> Exchange:
        """Pay for a hold with seats of a confirmed booking; they go back when the hold is confirmed.

        Problems: `booking_not_found`, `hold_expired`, `booking_closed`, `not_paid`, `other_event`, `unknown_seat`,
        `already_returned`, `refund_window_closed`, `exchange_pending`.
        """
        row = await self._desk.own_row(person, body.from_booking_id)
        plan = await self._plan_of(row)
        seats = _seat_nos(plan, row, body.seat_ids)
        if seats is None:
            seats = [seat_no for seat_no in row.seat_nos if seat_no not in row.returned]
        arguments = hold.id, row.id, seats, row.buyer, self._window_hours
        rows = await rerun(lambda: self._database.hot.fetch(SQL["note_exchange"], *arguments))
        outcome, due, back = rows[0]
        self._judge(outcome, row)
        currency = await self._currency_of(row)
        given = tuple(plan.seat_ids[seat_no] for seat_no in seats)
        return Exchange(
            booking_id=str(hold.id), from_booking_id=str(row.id), seats=given, due=money(due, currency),
            back=money(back, currency),
        )  # fmt: skip

    def _judge(self, outcome: str, row: BookingRow) -> None:
        """Raise what stands against a wish."""
        if outcome in {"returned", "replayed", "noted"}:
            self._on_change(row.event_id)
            return
        if outcome == "window_closed":
            raise Problem(
                "refund_window_closed",
                f"Tickets can be given back until {self._window_hours} hours before the event. Yours stay valid.",
            )
        code, words = _PROBLEMS.get(outcome, ("booking_not_found", f"You have no booking {row.id}."))
        raise Problem(code, words)

    async def _refund(self, request_id: uuid.UUID, row: BookingRow) -> Refund:
        return next(refund for refund in await self._refunds(row) if refund.refund_id == str(request_id))

    async def _refunds(self, row: BookingRow) -> Sequence[Refund]:
        plan = await self._plan_of(row)
        rows = await self._database.fetch(SQL["refunds_of_booking"], row.id)
        return [
            Refund(
                refund_id=str(one["request_id"]), booking_id=str(row.id), kind=one["kind"],
                seats=tuple(plan.seat_ids[seat_no] for seat_no in one["seat_nos"]),
                amount=money(one["amount"], one["currency"]), state=one["state"], asked_at=one["asked_at"],
            )
            for one in rows
        ]  # fmt: skip

    async def _plan_of(self, row: BookingRow) -> ShelvedPlan:
        sale = await self._views.sale(row.event_id)
        assert sale is not None
        return sale[1]

    async def _currency_of(self, row: BookingRow) -> str:
        sale = await self._views.sale(row.event_id)
        assert sale is not None
        return sale[0].currency


def _seat_nos(plan: ShelvedPlan, row: BookingRow, seat_ids: list[str] | None) -> list[int] | None:
    """The numbers of seats that are named, in order; None when none are."""
    if seat_ids is None:
        return None
    numbers = {plan.seat_nos.get(seat_id) for seat_id in seat_ids}
    if not numbers or not numbers <= set(row.seat_nos):
        raise Problem("unknown_seat", "Name seats of this booking in seatIds.")
    return sorted(number for number in numbers if number is not None)


def _wish_id(booking_id: uuid.UUID, seats: list[int] | None) -> uuid.UUID:
    named = "all" if seats is None else " ".join(map(str, seats))
    return uuid.uuid5(booking_id, f"return {named}")


_PROBLEMS = {
    "passed_on": ("passed_on", "Somebody else has tickets for these seats. Ask them to pass them back first."),
    "already_returned": ("already_returned", "These seats were given back before."),
    "not_confirmed": ("not_paid", "Only tickets that are paid can be given back."),
    "not_captured": ("payment_pending", "The payment is still being taken. Try again shortly."),
    "exchange_pending": ("exchange_pending", "An exchange of these seats is under way. Try again shortly."),
    "unknown_seat": ("unknown_seat", "Name seats of this booking in seatIds."),
    "hold_expired": ("hold_expired", "The hold has expired. Your tickets stay as they were."),
    "booking_closed": ("booking_closed", "What is to be exchanged for must be a hold."),
    "other_event": ("other_event", "Seats can be exchanged for others of the same event."),
}
"""The problem's code and its words, by the outcome of return_seats_v1 and note_exchange_v1."""
