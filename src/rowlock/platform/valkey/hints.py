"""Hints over Valkey that something was committed: which events' ledgers grew, and whose holds changed.

A hint carries no truth. It may be lost, doubled or late without harm, because whoever hears it reads PostgreSQL.
"""

import asyncio
from collections.abc import Callable, Iterable

import msgspec
import structlog
from valkey.asyncio import Valkey

from rowlock.platform.valkey.scripts import NOT_THERE

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


def hint_taker(on_hint: Callable[[Iterable[int], Iterable[str]], None]) -> Callable[[bytes], None]:
    """What takes messages of the channel and gives the events and people they hint at; rubbish is passed over."""

    def take(data: bytes) -> None:
        try:
            hint = _decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.warning("hint_not_understood", error=str(error))
        else:
            on_hint(hint.events, hint.people)

    return take
