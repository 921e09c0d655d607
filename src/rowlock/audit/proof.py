"""The log's own proof: its rows rebuilt into the chain of hashes, by code that shares nothing with what wrote them."""

import hashlib
import json
from typing import NamedTuple

from rowlock.audit.store import SQL
from rowlock.platform.postgres import Connection

FIRST_HASH = hashlib.sha256(b"rowlock audit log").digest()
ROWS_FETCHED = 1_000


class AuditProof(NamedTuple):
    """How many rows were looked at, and what is wrong with the first that is not as it was written, if any is."""

    rows: int
    fault: str | None


async def prove_audit_log(connection: Connection) -> AuditProof:
    """Replay the log on one snapshot. Rows come through a cursor, so memory does not grow with the log."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        head = await connection.fetchrow(SQL["audit_head"])
        rows, last = 0, FIRST_HASH
        async for row in connection.cursor(SQL["audit_rows"], prefetch=ROWS_FETCHED):
            rows += 1
            if row["no"] != rows:
                return AuditProof(rows, f"row {rows} is missing")
            *told, before, digest = row.values()
            line = json.dumps(told, ensure_ascii=False, separators=(", ", ": "))
            if before != last or hashlib.sha256(last + line.encode()).digest() != digest:
                return AuditProof(rows, f"row {rows} is not as it was written")
            last = digest
        if head is None or (head["no"], head["hash"]) != (rows, last):
            return AuditProof(rows, f"the log ends at {rows}, its head says {None if head is None else head['no']}")
    return AuditProof(rows, None)
