"""What is acknowledged is on disk."""

from rowlock.platform.postgres import Database


async def test_a_commit_is_on_disk_when_it_is_acknowledged(database: Database) -> None:
    for pool in (database.hot, database.cold):
        assert await pool.fetchval("SHOW synchronous_commit") not in {"off", "local"}
