"""Reading bookings and putting them into the words of the API."""

import math
import uuid
from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from rowlock.bookings.model import (
    BookedSeat,
    Booking,
    BookingList,
    BookingRow,
    BookingStatus,
    LoweredPrices,
    OpenPayment,
    Patience,
    Substitute,
    TaxLine,
    Ticket,
)
from rowlock.catalog import SaleFacts, SaleFactsShelf
from rowlock.identity.accounts import guests_of
from rowlock.inventory import STANDSTILL
from rowlock.kernel import limits
from rowlock.kernel.ids import REFERENCE_BITS, reference_of
from rowlock.kernel.money import money
from rowlock.platform.batching import Gatherer
from rowlock.platform.postgres import Database, load_queries
from rowlock.platform.postgres.pool import rerun
from rowlock.pricing import Parts, PriceList, PriceListShelf
from rowlock.pricing.model import NOTHING
from rowlock.seating.store import PlanShelf, ShelvedPlan

SQL = load_queries("rowlock.bookings")

BOOKINGS_PER_PAGE = 50


class BookingViews:
    """Bookings as their owners see them."""

    def __init__(
        self,
        database: Database,
        facts: SaleFactsShelf,
        shelf: PlanShelf,
        price_lists: PriceListShelf,
        patience: Patience,
    ) -> None:
        self._database = database
        self._facts = facts
        self._shelf = shelf
        self._price_lists = price_lists
        self.patience = patience
        self._rows = Gatherer[uuid.UUID, BookingRow | None]("bookings", self._find_all)

    async def row(self, booking_id: uuid.UUID, buyer: str | None) -> BookingRow | None:
        """The booking if it is the buyer's (None: anybody's); a hold whose time has passed reads EXPIRED.

        What a guest holds is also that of the account which joined the guest. That costs a look only where the booking
        stands under another name than the one who asks.
        """
        row = await self._rows.ask(booking_id)
        if row is None or buyer is None or row.buyer == buyer:
            return row
        return row if row.buyer in await guests_of(self._database, buyer) else None

    async def _find_all(self, ids: Sequence[uuid.UUID]) -> list[BookingRow | None]:
        rows = await rerun(lambda: self._database.hot.fetch(SQL["find_bookings"], ids))
        found = {row["id"]: _booking_row(row, self.patience) for row in rows}
        return [found.get(number) for number in ids]

    async def find(self, booking_id: uuid.UUID, buyer: str) -> Booking | None:
        """The buyer's booking, None when they have none of that id."""
        row = await self.row(booking_id, buyer)
        return None if row is None else await self.tell(row)

    async def tell(self, row: BookingRow) -> Booking:
        """The booking in the words of the API."""
        sale = await self.sale(row.event_id)
        assert sale is not None
        return await self.priced(row, *sale)

    async def priced(self, row: BookingRow, facts: SaleFacts, plan: ShelvedPlan) -> Booking:
        """The same, of an event whose facts and plan are at hand."""
        return booking_of(row, facts, plan, await self._price_lists.price_list(row.event_id, row.price_list))

    async def sale(self, event_id: int) -> tuple[SaleFacts, ShelvedPlan] | None:
        """What an event sells from; None when there is no such event."""
        facts = await self._facts.facts(event_id)
        plan = await self._shelf.plan(facts.plan_id) if facts is not None else None
        return None if facts is None or plan is None else (facts, plan)

    async def list(self, buyer: str, status: BookingStatus | None, below: int | None) -> BookingList:
        """A page of the buyer's bookings and those of the guests they were, newest first, below the cursor."""
        top = 1 << REFERENCE_BITS if below is None else below
        names = [buyer, *await guests_of(self._database, buyer)]
        rows = await self._database.report(SQL["list_bookings"], names, top, status, BOOKINGS_PER_PAGE + 1)
        page = [_booking_row(row, self.patience) for row in rows[:BOOKINGS_PER_PAGE]]
        more = len(rows) > BOOKINGS_PER_PAGE
        items = [await self.tell(row) for row in page]
        return BookingList(tuple(items), str(page[-1].no) if more else None)


def booking_of(row: BookingRow, facts: SaleFacts, plan: ShelvedPlan, price_list: PriceList) -> Booking:
    """Put a stored booking into the words of the API."""
    seats = tuple(
        BookedSeat(plan.seat_ids[seat_no], facts.tiers[tier_no], money(price, facts.currency), seat_no in row.returned)
        for seat_no, tier_no, price in zip(row.seat_nos, row.tier_nos, row.prices, strict=True)
    )
    parts = price_list.parts(row.tier_nos) if row.lowered is None else _lowered_parts(row, row.lowered, price_list)
    reference = reference_of(row.no)
    holds, confirmed = row.status == "HOLD", row.status == "CONFIRMED"
    tickets = tuple(
        Ticket(f"{reference}-{place}", seat.id) for place, seat in enumerate(seats, start=1) if not seat.returned
    )
    expires_in = max(0, math.floor(row.expires_in))
    wanted = tuple(plan.seat_ids[seat_no] for seat_no in row.instead_of)
    return Booking(
        booking_id=str(row.id),
        reference=reference,
        event_id=str(row.event_id),
        status=row.status,
        seats=seats,
        total=money(row.total, facts.currency),
        order_fee=money(row.order_fee, facts.currency) if row.order_fee else None,
        fees=money(parts.fee, facts.currency) if parts.fee else None,
        taxes=(TaxLine(price_list.tax_name, price_list.tax_rate, money(parts.tax, facts.currency)),)
        if price_list.tax_rate
        else None,
        code=row.code,
        discount=None if row.lowered is None else money(row.lowered.total_before - row.total, facts.currency),
        expires_at=row.hold_expires_at if holds else None,
        expires_in=expires_in if holds else None,
        clock_stopped=row.clock_stopped and holds,
        extensions_left=limits.HOLD_EXTENSIONS_MAX - row.extensions if holds else None,
        tickets=tickets if confirmed else None,
        substitute=Substitute(wanted, row.hold_expires_at, expires_in) if holds and wanted else None,
        payment=row.payment,
    )


def _lowered_parts(row: BookingRow, lowered: LoweredPrices, price_list: PriceList) -> Parts:
    order_fee = price_list.order_fee if row.order_fee else NOTHING
    return Parts(row.total, lowered.fees + order_fee.fee, lowered.taxes + order_fee.tax)


def _lowered(row: asyncpg.Record) -> LoweredPrices:
    before = sum(row["list_prices"]) + row["list_order_fee"]
    return LoweredPrices(before, sum(row["code_fees"]), sum(row["code_taxes"]))


def _open_payment(row: asyncpg.Record, patience: Patience) -> OpenPayment | None:
    waits: bool | None = row["waits_for_buyer"]
    return None if waits is None else OpenPayment(patience.left(row["paying_for"], waits_for_buyer=waits), waits)


def _booking_row(row: asyncpg.Record, patience: Patience) -> BookingRow:
    ends_at, expires_in, stopped = row["hold_expires_at"], row["expires_in"], row["hold_expires_at"] >= STANDSTILL
    if stopped:
        left = (ends_at - STANDSTILL).total_seconds()
        ends_at, expires_in = ends_at - timedelta(seconds=expires_in - left), left
    return BookingRow(
        id=row["id"],
        buyer=row["buyer"],
        no=row["no"],
        event_id=row["event_id"],
        seat_nos=tuple(row["seat_nos"]),
        tier_nos=tuple(row["tier_nos"]),
        prices=tuple(row["prices"]),
        total=row["total"],
        price_list=row["price_list"],
        order_fee=row["order_fee"],
        status=row["status"],
        hold_expires_at=ends_at,
        expires_in=expires_in,
        extensions=row["extensions"],
        payment_id=row["payment_id"],
        instead_of=tuple(row["instead_of"] or ()),
        returned=tuple(row["returned_seat_nos"]),
        code=row["code"],
        lowered=None if row["list_prices"] is None else _lowered(row),
        payment=_open_payment(row, patience),
        clock_stopped=stopped,
    )
