"""The migrated schema is the one that was reviewed, and every statement of ours fits it."""

import os
import re
from pathlib import Path

import asyncpg
import pytest

from rowlock.platform.postgres import Database, load_queries

HERE = Path(__file__).parent
GOLDEN = HERE / "schema.golden.txt"
REWRITE = "ROWLOCK_REWRITE_GOLDEN"
"""Set this variable to write the file anew after a migration, then review the difference."""

PACKAGES = tuple(
    ".".join(path.relative_to(HERE.parents[2] / "src").parts[:-2])
    for path in sorted((HERE.parents[2] / "src").rglob("sql/queries.sql"))
)
NAMED_PARAMETER = re.compile(r"(?<!:):[a-z]\w*")


async def test_the_schema_is_the_one_that_was_reviewed(database: Database) -> None:
    rows = await database.fetch((HERE / "shape.sql").read_text(encoding="utf-8"))
    shape = "".join(f"{row['line']}\n" for row in rows)
    if os.environ.get(REWRITE):
        GOLDEN.write_text(shape, encoding="utf-8")
    assert shape.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("package", PACKAGES)
async def test_every_statement_fits_the_schema(database: Database, package: str) -> None:
    queries = load_queries(package)
    assert queries.statements
    async with database.cold.acquire() as connection:
        for name, statement in queries.statements.items():
            if package == "rowlock.platform.postgres" and (NAMED_PARAMETER.search(statement) or ";" in statement):
                continue  # spoken through SQLAlchemy by the migrations, which other tests run
            try:
                await connection.prepare(statement)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{package}: {name}: {error}")


def test_the_slices_that_speak_sql_were_found() -> None:
    assert {"rowlock.inventory", "rowlock.bookings", "rowlock.platform.http"} <= set(PACKAGES)
