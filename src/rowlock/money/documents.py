"""Receipts and credit notes: a posted sale or refund on paper, numbered without gaps, and the same for good.

What is printed is frozen with the number; the PDF is made from that whenever it is asked for. Nothing in it says who
bought: who has the booking has the paper, and erasing a person changes none.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import asyncpg
import msgspec

from rowlock.kernel.ids import reference_of
from rowlock.money.store import SQL
from rowlock.platform.jobs.messages import together
from rowlock.platform.postgres import Connection, Database
from rowlock.seating.store import PlanShelf

Series = Literal["R", "C"]
"""Receipts and credit notes, each with numbers of its own."""
WITHOUT_PAPER = frozenset({"late_payment"})
"""Money that goes back without ever having bought anything: there is no receipt to take back."""


class Seller(msgspec.Struct, frozen=True):
    """Who sells, as the law wants it; `address` has lines."""

    name: str
    address: str
    tax_id: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is printed but the number and the day. Amounts in minor units; `lines` name seats, then a fee."""

    seller: Seller
    reference: str
    event: str
    starts_at: datetime
    timezone: str
    place: str
    currency: str
    language: str
    lines: tuple[tuple[str, str, int], ...]
    order_fee: int
    total: int
    fees: int
    tax: int
    for_receipt: str = ""


class Wanted(NamedTuple):
    """A paper to be written: a receipt, or with `refund_id` the credit note of a refund and the seats it gave back."""

    booking_id: uuid.UUID
    refund_id: uuid.UUID | None = None
    seat_nos: Sequence[int] | None = None


class Document(msgspec.Struct, frozen=True):
    """One numbered paper."""

    series: Series
    number: str
    booking_id: uuid.UUID
    issued_at: datetime
    facts: Facts


_facts = msgspec.json.Decoder(Facts)


def printed_number(organiser_id: int, series: str, number: int) -> str:
    """How a number is written: `R1-000042` is the 42nd receipt of organiser 1."""
    return f"{series}{organiser_id}-{number:06d}"


class Documents:
    """Issues papers and finds them again."""

    def __init__(self, database: Database, plans: PlanShelf) -> None:
        self._database = database
        self._plans = plans

    async def write_receipts(self, told: Mapping[str, Any]) -> None:
        """The task behind `booking.confirmed`."""
        await together([Wanted(uuid.UUID(message["bookingId"])) for message in told["messages"]], self._receipts)

    async def write_credit_notes(self, told: Mapping[str, Any]) -> None:
        """The task behind `booking.refunded`."""
        wanted = [
            Wanted(uuid.UUID(refund["bookingId"]), uuid.UUID(refund["refundId"]), refund["seatNos"])
            for refund in told["messages"]
            if refund["kind"] not in WITHOUT_PAPER
        ]
        if wanted:
            await together(wanted, self._credit_notes)

    async def receipt(self, booking_id: uuid.UUID) -> str | None:
        """The number of a booking's receipt, issued now if it was not yet; None where nothing was sold."""
        return (await self._receipts([Wanted(booking_id)])).get(booking_id)

    async def of_booking(self, booking_id: uuid.UUID) -> list[Document]:
        """A booking's papers, the receipt first."""
        rows = await self._database.fetch(SQL["documents_of_booking"], booking_id)
        return [document_of(row) for row in rows]

    async def _receipts(self, wanted: Sequence[Wanted]) -> dict[uuid.UUID, str]:
        async with self._database.cold.acquire() as connection, connection.transaction():
            return await self._issue(connection, "R", wanted, {})

    async def _credit_notes(self, wanted: Sequence[Wanted]) -> None:
        async with self._database.cold.acquire() as connection, connection.transaction():
            receipts = await self._issue(connection, "R", [Wanted(one.booking_id) for one in wanted], {})
            await self._issue(connection, "C", wanted, receipts)

    async def _issue(
        self, connection: Connection, series: Series, wanted: Sequence[Wanted], receipts: Mapping[uuid.UUID, str]
    ) -> dict[uuid.UUID, str]:
        """The numbers of these papers by their bookings, drawn now where they were not yet.

        `receipts` are those that credit notes name.
        """
        bookings, refunds, seats = zip(*wanted, strict=True)
        rows = await connection.fetch(SQL["facts_to_print"], bookings, refunds, [_json(seat_nos) for seat_nos in seats])
        papers = [
            (row["organiser_id"], row["booking_id"], row["refund_id"], _json(await self._frozen(row, receipts)))
            for row in rows
        ]
        if not papers:
            return {}
        organisers, bookings, refunds, facts = zip(*papers, strict=True)
        issued = await connection.fetch(SQL["issue_documents"], organisers, series, bookings, refunds, facts)
        return {one["booking_id"]: printed_number(one["organiser_id"], series, one["number"]) for one in issued}

    async def _frozen(self, row: asyncpg.Record, receipts: Mapping[uuid.UUID, str]) -> Facts:
        plan = await self._plans.plan(row["plan_id"])
        assert plan is not None
        seats = [plan.place(seat_no).in_words(row["language"]) for seat_no in row["seat_nos"]]
        return Facts(
            seller=Seller(row["seller"], row["address"], row["tax_id"]),
            reference=reference_of(row["no"]),
            event=row["event_name"],
            starts_at=row["starts_at"],
            timezone=row["timezone"],
            place=f"{row['venue']}, {row['city']}" if row["city"] else row["venue"],
            currency=row["currency"],
            language=row["language"],
            lines=tuple(zip(seats, row["tiers"], row["prices"], strict=True)),
            order_fee=row["total"] - sum(row["prices"]),
            total=row["total"],
            fees=row["fees"],
            tax=row["tax"],
            for_receipt=receipts.get(row["booking_id"], ""),
        )


def _json(what: object) -> str | None:
    """What a jsonb parameter takes."""
    return msgspec.json.encode(what).decode() if what is not None else None


def document_of(row: asyncpg.Record) -> Document:
    """A stored paper."""
    number = printed_number(row["organiser_id"], row["series"], row["number"])
    return Document(row["series"], number, row["booking_id"], row["issued_at"], _facts.decode(row["facts"]))


async def set_organiser_papers(
    connection: Connection, organiser_id: int, legal_name: str, address: str, tax_id: str
) -> None:
    """Say who an organiser is on the papers to come; `address` has lines."""
    await connection.execute(SQL["set_organiser_papers"], organiser_id, legal_name, address, tax_id)
