"""Whatever single value of the ledger, the seats, the blocks or the bookings is changed, the proof sees it.

Columns and their types come from the database's own catalogue, so a column that is added is tampered with too.
"""

import uuid
from datetime import timedelta

import asyncpg
import pytest
from tests.house import House

from rowlock.inventory import BeginPayment, Block, Extend, Release, SettlePayment
from rowlock.inventory.proof import Finding, verify_events

TABLES = {
    "seat_ledger": "seq",
    "seats": "seat_no",
    "seat_blocks": "seat_no",
    "bookings": "id",
}
"""Each table with what tells its rows of one event apart."""

COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND column_name <> ALL ($2) ORDER BY ordinal_position
"""
NO_PROOF = ["declines", "declined_at"]
"""They keep testers of cards at bay, and say nothing of who has which seat."""
CHECKS = """
SELECT conrelid::regclass::text AS of_table, conname FROM pg_constraint
WHERE contype = 'c' AND conislocal AND conrelid = ANY ('{seat_ledger,seats,seat_blocks,bookings}'::regclass[])
"""
OPEN_TO_ALL = "SET session_replication_role = replica"
"""No trigger and no foreign key stands in a forger's way."""
CHANGED = {
    "bigint": "coalesce({0}, 0) # 65536",
    "integer": "coalesce({0}, 0) # 65536",
    "smallint": "coalesce({0}, 0) # 1",
    "ARRAY": "array_prepend(({0}[1] # 1), {0}[2:])",
    "text": "coalesce(overlay({0} PLACING chr(ascii(right({0}, 1)) # 1) FROM length({0})), 'x')",
    "bytea": "set_byte({0}, 0, get_byte({0}, 0) # 1)",
    "uuid": "coalesce(overlay({0}::text PLACING translate(left({0}::text, 1), '0123456789abcdef', '123456789abcdef0')"
    " FROM 1 FOR 1)::uuid, gen_random_uuid())",
    "interval": "{0} + interval '1 microsecond'",
    "timestamp with time zone": "CASE WHEN isfinite({0}) THEN {0} + interval '1 microsecond' ELSE now() END",
}
"""One flipped bit or character of a value, by its type; a value where there was none."""


async def lively(house: House) -> None:
    """Bookings in every state, with all that can be known of one, and blocked seats."""
    engine = house.engine()
    booked, pending, held, back, extended = [house.hold_of(seat, seat + 1) for seat in (0, 2, 4, 6, 8)]
    for hold in (booked, pending, held, back, extended):
        assert (await engine.hold(hold)).stands
    payment_id = uuid.uuid4()
    await engine.begin_payment(house.event_id, BeginPayment(booked.booking_id, booked.buyer, payment_id))
    await engine.settle_payment(house.event_id, SettlePayment(booked.booking_id, payment_id, paid=True))
    await engine.begin_payment(house.event_id, BeginPayment(pending.booking_id, pending.buyer, uuid.uuid4()))
    await engine.release(house.event_id, Release(back.booking_id, back.buyer))
    await engine.extend(house.event_id, Extend(extended.booking_id, extended.buyer, "more time"))
    await house.old_hold(10, ago=timedelta(minutes=10))
    assert (await engine.hold(house.hold_of(10))).stands
    await engine.block(Block(uuid.uuid4(), house.event_id, "house", "for the press", "organiser:ann", (20, 21)))


async def broken(connection: "asyncpg.Connection[asyncpg.Record]") -> list[Finding]:
    """The invariants that do not hold."""
    return [finding async for finding in verify_events(connection, None) if not finding.holds]


@pytest.mark.parametrize("table", TABLES)
async def test_any_changed_value_is_seen(house: House, database_url: str, table: str) -> None:
    await lively(house)
    connection = await asyncpg.connect(database_url)
    try:
        assert await broken(connection) == []
        await connection.execute(OPEN_TO_ALL)
        for check in await connection.fetch(CHECKS):
            await connection.execute(f"ALTER TABLE {check['of_table']} DROP CONSTRAINT {check['conname']}")
        await connection.execute("ALTER TABLE bookings ALTER no DROP IDENTITY")
        columns = await connection.fetch(COLUMNS, table, NO_PROOF)
        for row in await connection.fetch(f"SELECT {TABLES[table]} AS key FROM {table} WHERE {_worth_it(table)}"):
            for column in columns:
                await _tamper(connection, table, row["key"], column["column_name"], column["data_type"])
        assert await broken(connection) == []
    finally:
        await connection.close()


def _worth_it(table: str) -> str:
    return "seat_no < 12 OR seat_no > 48" if table == "seats" else "true"


async def _tamper(
    connection: "asyncpg.Connection[asyncpg.Record]", table: str, key: object, column: str, data_type: str
) -> None:
    """Change one value, see that the proof sees it, put it back."""
    name = TABLES[table]
    before = await connection.fetchval(f"SELECT {column} FROM {table} WHERE {name} = $1", key)
    changed = await connection.fetchrow(
        f"UPDATE {table} SET {column} = {CHANGED[data_type].format(column)} WHERE {name} = $1 "
        f"RETURNING {column} AS value, {name} AS key", key,
    )  # fmt: skip
    assert changed is not None
    assert changed["value"] != before
    assert await broken(connection), f"{table}.{column} of {key}: {before} became {changed['value']}, unseen"
    await connection.execute(f"UPDATE {table} SET {column} = $1 WHERE {name} = $2", before, changed["key"])


PRICES_TAMPERED = {
    "a price list": "UPDATE price_list_tiers SET price = price + 1",
    "an order fee": "UPDATE price_lists SET order_fee = order_fee + 1",
    "a code's fee": "UPDATE code_uses SET fees = ARRAY[prices[1] + 1] FROM bookings b WHERE b.id = booking_id",
    "a list price under a code": "UPDATE code_uses SET list_prices = ARRAY[list_prices[1] + 1]",
    "a price list that is gone": "DELETE FROM price_list_tiers",
}
CODE = """
INSERT INTO codes (id, organiser_id, code, kind, percent)
SELECT $1, organiser_id, 'SPRING', 'percent', 10 FROM events WHERE id = $2
"""
LOWERED = "SELECT reprice_hold_v1($1, $2, $3, 4950, '{4455}', '{100}', '{700}', 0)"


@pytest.mark.parametrize("change", PRICES_TAMPERED.values(), ids=PRICES_TAMPERED)
async def test_a_changed_price_list_or_discount_is_seen(house: House, database_url: str, change: str) -> None:
    code, hold = uuid.uuid4(), house.hold_of(15)
    assert (await house.engine().hold(hold)).stands
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(CODE, code, house.event_id)
        assert await connection.fetchval(LOWERED, hold.booking_id, hold.buyer, code) == "repriced"
        assert await broken(connection) == []
        await connection.execute(OPEN_TO_ALL)
        await connection.execute(change)
        assert [finding.invariant for finding in await broken(connection)] == ["I2"]
    finally:
        await connection.close()
