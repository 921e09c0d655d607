"""Keeping what a process knows by heart up to date with PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from rowlock.platform.postgres.pool import TRANSIENT_ERRORS, DatabaseDown

log = structlog.get_logger(__name__)


async def keep_up(catch_up: Callable[[], Awaitable[object]], what: str, pause: Callable[[], float]) -> None:
    """Catch up again and again, `pause()` seconds apart, until cancelled; of a database that is away it tells once."""
    behind = False
    while True:
        try:
            await catch_up()
            behind = False
        except (DatabaseDown, *TRANSIENT_ERRORS) as error:
            if not behind:
                log.warning("not_kept_up", what=what, error=str(error))
            behind = True
        await asyncio.sleep(pause())
