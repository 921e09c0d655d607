"""Every booking of the ledger against its row and its payments."""

import asyncpg

from rowlock.inventory.proof.facts import SECOND_US, BookingFacts, short_hash, terms_hash
from rowlock.inventory.proof.findings import Faults
from rowlock.inventory.proof.prices import ListedPrices
from rowlock.inventory.store import SQL
from rowlock.platform.postgres import Connection

ERASED = "erased:"
"""What the names begin with that stand for people who were erased; nobody's tokens have such a subject."""
PAID_PHASES = {"authorised", "captured"}
PAID_STATES = {"CONFIRMED", "REFUNDED"}
"""A confirmed booking is captured as soon as its seats are booked; in between, it is only authorised."""
OPEN_PHASES = {"authorising", "challenged", "authorised"}
"""The provider is asked about these until they have an outcome."""
RECONCILED_AFTER_SECONDS = 60
"""How long after its hold's end a booking may wait for a payment that came to nothing; the reconciler needs seconds."""


class BookingCheck:
    """Looks bookings up by id, as many at a time as are handed in, and keeps only the faults."""

    def __init__(self, connection: Connection, now_us: int, prices: ListedPrices) -> None:
        self._connection = connection
        self._prices = prices
        self._now_us = now_us
        self.booking_faults = Faults()
        self.payment_faults = Faults()
        self.ending_faults = Faults()
        self.payments = 0
        self._erased: dict[str, str] = {}
        """Terms of bookings whose buyers were erased, by id: what is to be found restated in the ledger."""

    async def compare(self, told: dict[str, BookingFacts]) -> None:
        """Hold these bookings against their rows."""
        if not told:
            return
        rows = await self._connection.fetch(SQL["verify_bookings"], list(told))
        missing = told.keys() - {row["id"] for row in rows}
        for booking_id in sorted(missing):
            self.booking_faults.add(f"booking {booking_id} is in the ledger and not among the bookings")
        for row in rows:
            facts, found = told[row["id"]], _facts(row)
            if row["buyer"].startswith(ERASED):
                self._erased[row["id"]] = found.terms
                facts = facts._replace(terms=found.terms)
            contradictions = facts.contradicts(found)
            if contradictions:
                self.booking_faults.add(f"booking {row['id']}: {contradictions}")
            if row["total"] != sum(row["prices"]) + row["order_fee"]:
                self.booking_faults.add(f"booking {row['id']}: the total is not the sum of its prices and order fee")
            if fault := self._prices.contradicts(row):
                self.booking_faults.add(f"booking {row['id']}: {fault}")
            self._check_payments(row)

    def settle(self, restated: dict[str, str]) -> None:
        """Hold what became of forgotten buyers' bookings against what the ledger says of it."""
        for booking_id in sorted(self._erased.keys() | restated.keys()):
            if self._erased.get(booking_id) != restated.get(booking_id):
                self.booking_faults.add(f"booking {booking_id}: its buyer is not erased as the ledger says")

    def count(self, told: int, found: int) -> None:
        """Hold the number of bookings in the ledger against the number of rows."""
        if told != found:
            self.booking_faults.add(f"there are {found} bookings, the ledger tells of {told}")

    def _check_payments(self, row: asyncpg.Record) -> None:
        paid = row["payment_id"] if row["status"] in PAID_STATES else None
        self.payments += max(len(row["captured"]), paid is not None)
        for payment_id in row["captured"]:
            if payment_id != paid:
                self.payment_faults.add(f"payment {payment_id} is captured, its booking {row['id']} is {row['status']}")
        if paid is not None and row["phase"] not in PAID_PHASES and not row["uncollected"]:
            self.payment_faults.add(f"booking {row['id']} is confirmed, its payment is {row['phase'] or 'missing'}")
        if paid is not None and row["amount"] not in (None, row["due"]):
            self.payment_faults.add(f"booking {row['id']} costs {row['due']}, its payment {row['amount']}")
        for payment_id in row["unreturned"]:
            self.payment_faults.add(f"payment {payment_id} came too late for {row['id']} and does not go back")
        overdue = row["hold_expires_at"] + RECONCILED_AFTER_SECONDS * SECOND_US < self._now_us
        if row["status"] == "PAYMENT_PENDING" and row["phase"] not in OPEN_PHASES and overdue:
            phase = row["phase"] or "missing"
            self.ending_faults.add(f"booking {row['id']} waits for payment {row['payment_id']}, which is {phase}")


def _facts(row: asyncpg.Record) -> BookingFacts:
    return BookingFacts(
        event_id=row["event_id"],
        status=row["status"],
        seat_nos=tuple(row["seat_nos"]),
        held_at=row["held_at"],
        hold_seconds=row["hold_seconds"],
        hold_expires_at=row["hold_expires_at"],
        extensions=row["extensions"],
        extension="" if row["extension_key"] is None else short_hash(row["extension_key"]),
        payment_id=row["payment_id"] or "",
        closed_at=row["closed_at"],
        terms=terms_hash(
            booking_id=row["id"],
            no=row["no"],
            tier_nos=row["tier_nos"],
            prices=row["prices"],
            total=row["total"],
            price_list=row["price_list"],
            buyer=row["buyer"],
        ),
        returned=tuple(row["returned_seat_nos"]),
        retaken_at=row["retaken_at"],
        stood_still=row["stood_still"],
    )
