"""What is kept for repeated requests against the bookings it tells of."""

import json

import asyncpg

from rowlock.inventory.proof.findings import Faults, Finding
from rowlock.inventory.store import SQL
from rowlock.kernel.ids import booking_id_for_key
from rowlock.platform.postgres import Connection

ROWS_FETCHED = 1_000


async def check_kept_answers(connection: Connection, event_id: int | None) -> Finding:
    """Every kept answer tells of a booking of its owner, and a confirmation of one that is still confirmed.

    The booking that a key made has the id that follows from the key, so there can be no second one.
    """
    faults, looked_at = Faults(), 0
    async for row in connection.cursor(SQL["verify_kept_answers"], event_id, prefetch=ROWS_FETCHED):
        looked_at += 1
        fault = _fault(row)
        if fault is not None:
            faults.add(f"key {row['key']} of {row['owner']}: {fault}")
    return faults.finding(event_id, "I5", looked_at)


def _fault(row: asyncpg.Record) -> str | None:
    answer = json.loads(row["answer"])
    if row["id"] is None or (row["buyer"] != row["owner"] and not row["joined"]):
        return f"its answer tells of booking {answer['bookingId']}, which is not there"
    if str(row["event_id"]) != answer["eventId"]:
        return f"booking {row['id']} is of event {row['event_id']}, the answer said {answer['eventId']}"
    if "location" in row["headers"] and row["id"] != booking_id_for_key(row["owner"], row["key"]):
        return f"booking {row['id']} was not made under this key"
    if answer["status"] == "CONFIRMED" and row["status"] not in {"CONFIRMED", "REFUNDED"}:
        return f"booking {row['id']} was confirmed to its buyer and is {row['status']}"
    return None
