"""Hints over Valkey that something was committed: which events' ledgers grew, and whose holds changed.

A hint carries no truth. It may be lost, doubled or late without harm, because whoever hears it reads PostgreSQL.
"""

import asyncio
from collections.abc import Callable, Iterable

import msgspec
import structlog
from valkey.asyncio import Valkey

from rowlock.platform.valkey.scripts import NOT_THERE, PAUSE_SECONDS

CHANNEL = "rowlock:hints"
PUBLISH_SECONDS_MIN = 0.01
"""Between two messages of one process: a hot sale commits far more often than anybody needs to look."""

log = structlog.get_logger(__name__)


class Hint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Events whose ledgers may have grown, and people whose holds may have changed."""

    events: list[int]
    people: list[str]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Hint).decode


class HintPublisher:
    """Gathers what this process commits and tells it within some milliseconds; nobody waits for it."""

    def __init__(self, valkey: "Valkey | None") -> None:
        self._valkey = valkey
        self._events: set[int] = set()
        self._people: set[str] = set()
        self._publishing: asyncio.Task[None] | None = None

    def committed(self, event_id: int, person: str | None = None) -> None:
        """Seats of the event may have changed, and holds of the person."""
        if self._valkey is None:
            return
        self._events.add(event_id)
        if person is not None:
            self._people.add(person)
        if self._publishing is None:
            self._publishing = asyncio.create_task(self._publish_until_told(self._valkey))

    async def close(self) -> None:
        """Let what is being told be told."""
        if self._publishing is not None:
            await self._publishing

    async def _publish_until_told(self, valkey: Valkey) -> None:
        try:
            while self._events:
                hint = Hint(list(self._events), list(self._people))
                self._events.clear()
                self._people.clear()
                try:
                    await valkey.publish(CHANNEL, _encode(hint))
                except NOT_THERE as error:
                    log.info("hint_lost", error=str(error))
                await asyncio.sleep(PUBLISH_SECONDS_MIN)
        finally:
            self._publishing = None


async def follow_hints(
    valkey: Valkey,
    on_hint: Callable[[Iterable[int], Iterable[str]], None],
    on_hearing: Callable[[bool], None],
) -> None:
    """Hear hints until cancelled. `on_hearing` learns when hints begin to arrive and when they may be missing."""
    while True:
        try:
            async with valkey.pubsub(ignore_subscribe_messages=False) as subscription:
                await subscription.subscribe(CHANNEL)
                async for message in subscription.listen():
                    if message["type"] == "message":
                        hint = _decode(message["data"])
                        on_hint(hint.events, hint.people)
                    else:
                        on_hearing(True)
        except NOT_THERE as error:
            log.warning("hints_not_heard", error=str(error))
        except msgspec.MsgspecError as error:
            log.warning("hint_not_understood", error=str(error))
        on_hearing(False)
        await asyncio.sleep(PAUSE_SECONDS)
