"""The provider's books against ours, payment by payment and to the cent."""

import asyncio
import time
from typing import Any

import asyncpg
import msgspec
from tests.faults.blows import lasts
from tests.standin import StandInProcess, stripe_client

SETTLED_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.25
LOOKS_A_PAYMENT = 20
UNSETTLED = """
SELECT (SELECT count(*) FROM payments WHERE phase IN ('authorising', 'challenged', 'authorised'))
     + (SELECT count(*) FROM refunds WHERE phase IN ('due', 'sent'))
     + (SELECT count(*) FROM bookings WHERE status = 'PAYMENT_PENDING')
"""
OURS = """
SELECT p.id::text AS key, p.booking_id, p.phase, p.amount, b.status, b.payment_id = p.id AS pays,
       b.total - coalesce((SELECT sum(r.amount) FROM refunds r
                           WHERE r.booking_id = b.id AND r.kind <> 'late_payment'), 0)::bigint AS kept,
       coalesce((SELECT sum(r.amount) FROM refunds r WHERE r.payment_id = p.id AND r.phase = 'paid'), 0)::bigint AS back
FROM payments p JOIN bookings b ON b.id = p.booking_id
"""
SUMS = """
SELECT account, sum(amount)::bigint AS amount
FROM money_ledger, unnest(accounts, amounts) AS line(account, amount) GROUP BY account
"""


class Verdict(msgspec.Struct):
    """What the books come to; `faults` is empty when all is well."""

    settled_seconds: float
    payments: int
    taken: int
    given_back: int
    faults: list[str]


async def judge(database_url: str, provider: StandInProcess) -> Verdict:
    """Wait until nothing is open, then compare."""
    connection = await asyncpg.connect(database_url)
    try:
        seconds, unsettled = await _settle(connection, provider)
        faults = [f"{unsettled} are not settled"] if unsettled else []
        theirs = await _their_books(provider)
        ours = await connection.fetch(OURS)
        sums = {row["account"]: row["amount"] for row in await connection.fetch(SUMS)}
    finally:
        await connection.close()
    faults += _compare(theirs, ours)
    taken = sum(intent["taken"] for intent in theirs.values())
    back = sum(intent["back"] for intent in theirs.values())
    if sums.get("provider", 0) != taken - back:
        faults.append(f"our ledger says {sums.get('provider', 0)} is with the provider, it says {taken - back}")
    faults += [f"the account {name} is left with {sums[name]}" for name in ("buyer", "refunds_due") if sums.get(name)]
    return Verdict(seconds, len(ours), taken, back, faults)


async def _let_banks_pay(provider: StandInProcess) -> None:
    """Refunds that take their time at the bank have taken it."""
    async with stripe_client(provider) as client:
        refunds = await client.v1.refunds.list_async({"limit": 100})
        waiting = [refund.id async for refund in refunds.auto_paging_iter() if refund.status == "pending"]
    for refund_id in waiting:
        await asyncio.to_thread(provider.ask, "POST", "/control/bank", {"deed": "pay", "id": refund_id})


async def _settle(connection: "asyncpg.Connection[asyncpg.Record]", provider: StandInProcess) -> tuple[float, int]:
    """How long it took until nothing was open, and how much is open still."""
    started, never = time.monotonic(), asyncio.Event()
    for look in range(round(SETTLED_SECONDS_MAX / LOOK_SECONDS)):
        if look % LOOKS_A_PAYMENT == 0:  # again and again, for some refunds reach the bank only now
            await _let_banks_pay(provider)
        unsettled = int(await connection.fetchval(UNSETTLED))
        if not unsettled:
            break
        await lasts(never, LOOK_SECONDS)
    return time.monotonic() - started, unsettled


async def _their_books(provider: StandInProcess) -> dict[str, dict[str, Any]]:
    """What Stripe's SDK tells of every payment, by our key."""
    books: dict[str, dict[str, Any]] = {}
    async with stripe_client(provider) as client:
        intents = await client.v1.payment_intents.list_async({"limit": 100, "expand": ["data.latest_charge"]})
        async for intent in intents.auto_paging_iter():
            key = intent.metadata["rowlock_key"]
            charge: Any = intent.latest_charge
            entry = books.setdefault(key, {"taken": 0, "back": 0, "states": []})
            entry["taken"] += intent.amount_received
            # What is let go of before it was taken reads as paid back, too.
            entry["back"] += charge.amount_refunded if charge and intent.amount_received else 0
            entry["states"].append(intent.status)
    return books


def _compare(theirs: dict[str, dict[str, Any]], ours: list[asyncpg.Record]) -> list[str]:
    faults = []
    known = {row["key"]: row for row in ours}
    for key, intent in theirs.items():
        row = known.get(key)
        if row is None:
            faults.append(f"the provider knows {key}, we do not: {intent}")
            continue
        facts = f"payment {key} of booking {row['booking_id']} ({row['status']}, {row['phase']}): {intent}"
        if len(intent["states"]) != 1 or "requires_capture" in intent["states"]:
            faults.append(f"made twice, or left open: {facts}")
        if intent["back"] != row["back"]:
            faults.append(f"{row['back']} went back by our books: {facts}")
        kept = intent["taken"] - intent["back"]
        owed = row["kept"] if row["pays"] and row["status"] in {"CONFIRMED", "REFUNDED"} else 0
        if kept != owed:
            faults.append(f"{kept} is kept for seats worth {owed}: {facts}")
    return faults + [
        f"booking {row['booking_id']} is confirmed, and the provider has no payment {row['key']}"
        for row in ours
        if row["pays"] and row["status"] == "CONFIRMED" and row["key"] not in theirs
    ]
