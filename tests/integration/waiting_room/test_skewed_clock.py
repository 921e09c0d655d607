"""A process whose own clock is wrong says the same as the others: only PostgreSQL's clock counts."""

import time
from datetime import timedelta

import pytest

from rowlock.platform.postgres import Database
from rowlock.waiting_room.watch import RoomWatch


@pytest.mark.parametrize("skew", [timedelta(hours=3), timedelta(days=-400)])
async def test_the_time_of_day_of_a_process_means_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch, skew: timedelta
) -> None:
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + skew.total_seconds())
    watch = RoomWatch(database)
    await watch.catch_up()
    assert abs(watch.now() - await database.cold.fetchval("SELECT clock_timestamp()")) < timedelta(seconds=1)
