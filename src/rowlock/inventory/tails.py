"""The end of the ledger for those who follow it: what is new in many events at once, and what was before."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import asyncpg

from rowlock.inventory.store import SQL
from rowlock.kernel import limits
from rowlock.platform.postgres import Database


class LedgerEnd(NamedTuple):
    """Where an event's ledger ends now, how many physical seats it is about, and whether its sale's clock stands."""

    epoch: int
    seq: int
    seat_count: int
    clock_stopped: bool


class LedgerTail(NamedTuple):
    """The ledger rows of an event from `since` (not included) to `seq`, None when they are more than a follower reads.

    Another `epoch` than before: the history was begun anew.
    """

    event_id: int
    epoch: int
    seq: int
    since: int
    rows: Sequence[str] | None
    clock_stopped: bool = False
    """Whether the sale's clock stands now."""


async def read_tails(database: Database, positions: Mapping[int, int]) -> list[LedgerTail]:
    """What came after the given position of each event, in one query; events that do not exist are left out."""
    found = await database.fetch(SQL["ledgers_since"], list(positions), list(positions.values()), limits.SINCE_ROWS_MAX)
    return [_tail(row) for row in found]


async def read_end(database: Database, event_id: int) -> LedgerEnd | None:
    """Where the event's ledger ends; None when there is no such event."""
    row = await database.fetchrow(SQL["ledger_end"], event_id)
    return LedgerEnd(*row) if row is not None else None


async def read_rows(database: Database, event_id: int, since: int, seq: int) -> list[str]:
    """The rows after `since` up to `seq`, oldest first."""
    found = await database.fetch(SQL["changes_since"], event_id, since, seq - since)
    return [row["changes"] for row in found]


def _tail(row: asyncpg.Record) -> LedgerTail:
    rows = () if row["changes"] is None and row["seq"] <= row["since"] else row["changes"]
    return LedgerTail(row["event_id"], row["epoch"], row["seq"], row["since"], rows, row["clock_stopped"])
