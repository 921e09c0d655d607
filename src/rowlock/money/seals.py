"""Seals over the ledger of money: hashes chained onto each other, made by the worker so that no sale waits for one."""

import asyncio
import hashlib

import structlog

from rowlock.inventory.proof.findings import Faults, Finding
from rowlock.money.store import SQL
from rowlock.platform.postgres import Connection, Database
from rowlock.platform.postgres.pool import TRANSIENT_ERRORS

ROWS_PER_SEAL_MAX = 20_000
ROUND_SECONDS = 5.0
FIRST_HASH = hashlib.sha256(b"rowlock money ledger").digest()

log = structlog.get_logger(__name__)


async def seal(database: Database) -> int:
    """Seal what no seal has yet, one seal's worth; how many postings there were."""
    sealed: int = await database.cold.fetchval(SQL["seal_money"], ROWS_PER_SEAL_MAX)
    return sealed


async def seal_forever(database: Database, stopping: asyncio.Event) -> None:
    """Seal every few seconds until `stopping` is set."""
    while not stopping.is_set():
        sealed = 0
        try:
            sealed = await seal(database)
        except TRANSIENT_ERRORS as error:
            log.warning("sealing_failed", error=str(error))
        if sealed < ROWS_PER_SEAL_MAX:
            try:
                await asyncio.wait_for(stopping.wait(), ROUND_SECONDS)
            except TimeoutError:
                continue


async def prove_seals(connection: Connection) -> Finding:
    """Make every seal anew from the postings as the caller's transaction sees them; and none may be left out."""
    faults, last, rows, expected = Faults(), FIRST_HASH, 0, 0
    async for row in connection.cursor(SQL["seals"]):
        expected += 1
        rows += row["rows"]
        if row["no"] != expected or row["prev_hash"] != last:
            faults.add(f"seal {row['no']} does not follow the one before")
            expected = row["no"]
        if row["found"] != row["hash"] or row["there"] != row["rows"]:
            faults.add(f"seal {row['no']}: postings {row['ids']} are not as they were")
        last = row["hash"]
    for row in await connection.fetch(SQL["unsealed_postings"]):
        faults.add(row["fault"])
    return faults.finding(None, "M6", rows)
