"""Receipts and credit notes: a posted sale or refund on paper, numbered without gaps, and the same for good.

What is printed is frozen with the number; the PDF is made from that whenever it is asked for. Nothing in it says who
bought: who has the booking has the paper, and erasing a person changes none.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import asyncpg
import msgspec

from rowlock.kernel.ids import reference_of
from rowlock.money.store import SQL
from rowlock.platform.jobs.messages import each
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
        await each(told["messages"], lambda message: self.receipt(uuid.UUID(message["bookingId"])))

    async def write_credit_notes(self, told: Mapping[str, Any]) -> None:
        """The task behind `booking.refunded`."""
        await each([one for one in told["messages"] if one["kind"] not in WITHOUT_PAPER], self._credit_note)

    async def receipt(self, booking_id: uuid.UUID) -> str | None:
        """The number of a booking's receipt, issued now if it was not yet; None where nothing was sold."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            return await self._issue(connection, booking_id, None, None)

    async def of_booking(self, booking_id: uuid.UUID) -> list[Document]:
        """A booking's papers, the receipt first."""
        rows = await self._database.fetch(SQL["documents_of_booking"], booking_id)
        return [document_of(row) for row in rows]

    async def _credit_note(self, refund: Mapping[str, Any]) -> None:
        booking_id, refund_id = uuid.UUID(refund["bookingId"]), uuid.UUID(refund["refundId"])
        async with self._database.cold.acquire() as connection, connection.transaction():
            receipt = await self._issue(connection, booking_id, None, None)
            await self._issue(connection, booking_id, refund_id, refund["seatNos"], receipt or "")

    async def _issue(
        self,
        connection: Connection,
        booking_id: uuid.UUID,
        refund_id: uuid.UUID | None,
        seat_nos: Sequence[int] | None,
        for_receipt: str = "",
    ) -> str | None:
        row = await connection.fetchrow(SQL["facts_to_print"], booking_id, refund_id, seat_nos)
        if row is None:
            return None
        facts = msgspec.json.encode(await self._frozen(row, for_receipt)).decode()
        series: Series = "R" if refund_id is None else "C"
        issued = await connection.fetchrow(
            SQL["issue_document"], row["organiser_id"], series, booking_id, refund_id, facts
        )
        assert issued is not None
        return printed_number(row["organiser_id"], series, issued["number"])

    async def _frozen(self, row: asyncpg.Record, for_receipt: str) -> Facts:
        plan = await self._plans.plan(row["plan_id"])
        assert plan is not None
        seats = [plan.seat_ids[seat_no] for seat_no in row["seat_nos"]]
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
            for_receipt=for_receipt,
        )


def document_of(row: asyncpg.Record) -> Document:
    """A stored paper."""
    number = printed_number(row["organiser_id"], row["series"], row["number"])
    return Document(row["series"], number, row["booking_id"], row["issued_at"], _facts.decode(row["facts"]))


async def set_organiser_papers(
    connection: Connection, organiser_id: int, legal_name: str, address: str, tax_id: str
) -> None:
    """Say who an organiser is on the papers to come; `address` has lines."""
    await connection.execute(SQL["set_organiser_papers"], organiser_id, legal_name, address, tax_id)
