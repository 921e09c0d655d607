"""The proof of the books: postings against bookings, payments and refunds, event by event."""

from collections.abc import AsyncIterator, Sequence

from rowlock.inventory.proof.findings import Faults, Finding, Invariant
from rowlock.money.seals import prove_seals
from rowlock.money.store import SQL
from rowlock.platform.postgres import Connection

ACCOUNTS = (
    "buyer", "provider", "organiser", "fees", "tax", "refunds_due", "exchange", "disputed", "provider_fees",
)  # fmt: skip
"""Every account there is; docs/money.md says what each is for."""
_CHECKS: Sequence[tuple[Invariant, str, str, bool]] = (
    ("M1", "check_postings", "count_postings", True),
    ("M2", "check_sales", "count_postings", False),
    ("M3", "check_providers", "count_postings", False),
    ("M4", "check_payments", "count_payments", False),
    ("M5", "check_refunds", "count_refunds", False),
)
"""Invariant, its statement, the one that counts what it looks at, and whether it wants to know the accounts."""


async def prove_money(connection: Connection, event_id: int | None) -> AsyncIterator[Finding]:
    """Check the books of one event or all, a finding an invariant; without an event, the seals as well.

    Each event is checked on one snapshot; sales may go on meanwhile.
    """
    for row in await connection.fetch(SQL["events_with_money"], event_id):
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            async for finding in prove_event(connection, row["event_id"]):
                yield finding
    if event_id is None:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield await prove_seals(connection)


async def prove_event(connection: Connection, event_id: int) -> AsyncIterator[Finding]:
    """Check the books of one event, as the caller's transaction sees them."""
    for invariant, check, count, knows_accounts in _CHECKS:
        faults = Faults()
        arguments = [event_id, list(ACCOUNTS)] if knows_accounts else [event_id]
        async for fault in connection.cursor(SQL[check], *arguments):
            faults.add(fault["fault"])
        yield faults.finding(event_id, invariant, await connection.fetchval(SQL[count], event_id))
