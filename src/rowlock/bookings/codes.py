"""Codes that buyers have: put on a hold, taken off it, or used to hold what is not on sale to all.

Whoever tries codes at random learns nothing: what is unknown, over, used up or meant for other events is answered
alike, after the same work. Why a good code does nothing for a hold is told: it tells no more than success would.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence

import msgspec

from rowlock.bookings.commands import (
    BookingDesk,
    Pick,
    booking_closed,
    code_not_valid,
    hold_expired,
    no_booking,
    payment_pending,
)
from rowlock.bookings.model import Booking, BookingRow
from rowlock.bookings.views import SQL, BookingViews
from rowlock.catalog import SaleFacts
from rowlock.identity import Person
from rowlock.inventory import InventoryEngine, Reprice, RepriceWord, RestorePrices
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Database
from rowlock.pricing import Parts, PriceListShelf
from rowlock.pricing.codes import Code, Unsuited, written

TRIES_MAX = 3
"""Times that a hold may have changed between reading its prices and lowering them."""
NO_CODE = uuid.UUID(int=0)


class CodeDesk:
    """What buyers may do with codes."""

    def __init__(
        self,
        database: Database,
        engine: InventoryEngine,
        desk: BookingDesk,
        views: BookingViews,
        price_lists: PriceListShelf,
    ) -> None:
        self._database = database
        self._engine = engine
        self._desk = desk
        self._views = views
        self._price_lists = price_lists

    async def reserve(self, person: Person, pick: Pick, key: str | None, text: str) -> Booking:
        """Hold these seats with a code. Seats that can be had without it are held even where it counts for nothing.

        Problems: those of a hold, `code_not_valid` for an access code that may not be used again.
        """
        code = await self._find(pick.facts, text)
        if code is not None and code.kind == "access":
            return await self._desk.reserve_by_code(person, pick, key, code.id)
        booking = await self._desk.reserve(person, pick, key)
        return await self.tried(person, booking, text)

    async def tried(self, person: Person, booking: Booking, text: str) -> Booking:
        """A fresh hold with the code on it, or as it is with the reason why not: no wrong code costs anybody seats."""
        try:
            return await self.apply(person, booking.booking_id, text)
        except Problem as problem:
            if problem.code != "code_not_valid":
                raise
            return msgspec.structs.replace(booking, code_refused=str(problem.extra["reason"]))

    async def apply(self, person: Person, booking_id: str, text: str) -> Booking:
        """Put a code on a hold. Problems: `booking_not_found`, `code_not_valid`, those of what is no hold any more."""
        for _ in range(TRIES_MAX):
            row = await self._desk.own_row(person, booking_id)
            word = await self._engine.reprice(row.event_id, await self._lowered(row, text))
            if word is not RepriceWord.CHANGED:
                break
        if word in {RepriceWord.REPRICED, RepriceWord.REPLAYED}:
            return await self._desk.find(person, row.id)
        raise _problem(word, booking_id)

    async def remove(self, person: Person, booking_id: str) -> Booking:
        """Take the code off a hold; one without a code is left as it is. Problems as `apply`."""
        row = await self._desk.own_row(person, booking_id)
        word = await self._engine.reprice(row.event_id, RestorePrices(row.id, row.buyer))
        if word in {RepriceWord.REPRICED, RepriceWord.REPLAYED}:
            return await self._desk.find(person, row.id)
        raise _problem(word, booking_id)

    async def _lowered(self, row: BookingRow, text: str) -> Reprice:
        """The command that lowers the prices of a hold; of an unknown code, one that will be refused."""
        sale = await self._views.sale(row.event_id)
        assert sale is not None
        facts = sale[0]
        code = await self._find(facts, text)
        price_list = await self._price_lists.price_list(row.event_id, row.price_list)
        parts = [price_list.tiers[tier_no] for tier_no in row.tier_nos]
        if code is None or code.kind == "access":
            return _command(row, NO_CODE, row.prices, parts, row.order_fee)
        tiers = [facts.tiers[tier_no] for tier_no in row.tier_nos]
        unsuited = code.unsuited(tiers, facts.currency)
        if unsuited is not None:
            raise code_not_valid("not_valid" if unsuited is Unsuited.CURRENCY else str(unsuited))
        lowered = code.off(list(zip(tiers, parts, strict=True)), row.order_fee)
        return _command(row, code.id, [one.price for one in lowered.tickets], lowered.tickets, lowered.order_fee)

    async def _find(self, facts: SaleFacts, text: str) -> Code | None:
        rows = await self._database.fetch(SQL["find_code"], facts.organiser_id, facts.event_id, written(text))
        if not rows:
            return None
        row = rows[0]
        tiers = None if row["tiers"] is None else tuple(row["tiers"])
        return Code(
            row["id"], row["code"], row["kind"], row["percent"], row["amount"], row["currency"], tiers, row["seats_min"]
        )


def _command(
    row: BookingRow, code_id: uuid.UUID, prices: Sequence[int], parts: Sequence[Parts], order_fee: int
) -> Reprice:
    fees, taxes = tuple(one.fee for one in parts), tuple(one.tax for one in parts)
    return Reprice(row.id, row.buyer, code_id, row.total, tuple(prices), fees, taxes, order_fee)


_PROBLEMS: Mapping[RepriceWord, Callable[[str], Problem]] = {
    RepriceWord.NOT_FOUND: no_booking,
    RepriceWord.HOLD_EXPIRED: hold_expired,
    RepriceWord.PAYMENT_PENDING: payment_pending,
    RepriceWord.BOOKING_CLOSED: booking_closed,
}


def _problem(word: RepriceWord, booking_id: str) -> Problem:
    known = _PROBLEMS.get(word)
    return code_not_valid(str(word)) if known is None else known(booking_id)
