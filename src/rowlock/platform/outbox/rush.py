"""Whether a sale rushes: then jobs wait a while, for they would take the processors from those who pay.

Jobs come of messages, and messages are numbered as they are written. So the rate of the numbers tells, in every worker
and whichever of them relays, when there would be much to do at the very moment that everything else is busy, too.
"""

import asyncio

import structlog

from rowlock.platform.outbox.relay import SQL
from rowlock.platform.postgres import Database
from rowlock.platform.postgres.pool import TRANSIENT_ERRORS

LOOK_SECONDS = 0.25
MESSAGES_PER_SECOND_CALM_MAX = 200
"""Receipts and mails of so many sales a second take a tenth of one processor or two, mails apart."""

log = structlog.get_logger(__name__)


class Rush:
    """What one worker knows of how fast messages come; calm until it has looked twice."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._calm = asyncio.Event()
        self._calm.set()
        self._last: tuple[float, int] | None = None

    async def look(self) -> None:
        """Look at the numbers once."""
        written = await self._database.cold.fetchval(SQL["messages_written"])
        now = asyncio.get_running_loop().time()
        before, self._last = self._last, (now, written)
        if before is not None:
            self._judge((written - before[1]) / (now - before[0]))

    async def watch_forever(self, stopping: asyncio.Event) -> None:
        """Look again and again until `stopping` is set; nobody waits after that."""
        while not stopping.is_set():
            try:
                await self.look()
            except TRANSIENT_ERRORS as error:
                if self._last is not None:
                    log.warning("rush_unknown", error=str(error))
                self._last = None
                self._calm.set()
            try:
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue
        self._calm.set()

    async def give_way(self, at_most: float) -> None:
        """Return when no sale rushes, after `at_most` seconds all the same."""
        try:
            await asyncio.wait_for(self._calm.wait(), at_most)
        except TimeoutError:
            return

    def _judge(self, per_second: float) -> None:
        calm = per_second <= MESSAGES_PER_SECOND_CALM_MAX
        if calm != self._calm.is_set():
            log.info("sale_is_calm_again" if calm else "sale_rushes", messages_per_second=round(per_second))
        if calm:
            self._calm.set()
        else:
            self._calm.clear()
