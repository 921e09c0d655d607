"""All that is stored, as text: what a thief of the database or of the cache would read."""

from valkey.asyncio import Valkey

from rowlock.platform.postgres import Connection

TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) AS name,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
GROUP BY 1 ORDER BY 1
"""


async def everything_in_postgres(connection: Connection) -> tuple[list[str], list[str]]:
    """The names of all columns (`public.bookings.buyer`), and every row of every table as text; bytes as latin-1."""
    columns, rows = [], []
    for table in await connection.fetch(TABLES):
        columns += [f"{table['name']}.{column}" for column in table["columns"]]
        for row in await connection.fetch(f"SELECT * FROM {table['name']}"):
            values = (value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row.values())
            rows.append(f"{table['name']}: {' | '.join(values)}")
    return columns, rows


async def everything_in_valkey(valkey: Valkey) -> list[str]:
    """Every key with its value."""
    return [
        f"{key.decode('latin-1')}: {(await valkey.dump(key) or b'').decode('latin-1')}"
        async for key in valkey.scan_iter()
    ]
