"""Names that stand for people where nothing may ever change: the audit log, and the ledger's blocks.

A pseudonym is random and means somebody only by its row in `pseudonyms`. With that row a person is erased from every
chain of hashes at once, and every chain still holds.
"""

import secrets
from collections.abc import Iterable, Mapping

from rowlock.identity.revocations import SQL
from rowlock.platform.postgres import Connection, Database

PREFIX = "p:"


async def pseudonym_of(connection: Connection, subject: str) -> str:
    """The name that stands for a person, made at the first time."""
    drawn = PREFIX + secrets.token_hex(12)
    while (found := await connection.fetchval(SQL["pseudonym_of"], subject, drawn)) is None:
        """Another transaction has just made it; it is visible to the next statement."""
    assert isinstance(found, str)
    return found


async def subjects_behind(database: Database, pseudonyms: Iterable[str]) -> Mapping[str, str]:
    """Whom these pseudonyms mean; those of erased people, and what is none, mean nobody."""
    wanted = sorted(set(pseudonyms))
    return {row["pseudonym"]: row["subject"] for row in await database.fetch(SQL["subjects_behind"], wanted)}
