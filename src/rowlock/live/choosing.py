"""Shows viewers what others are about to take. Soft: it lives in Valkey's channel and expires, and never blocks anyone.

What a viewer selects is published, and shown when it comes back from the channel: so all gateways show the same, and
without Valkey none shows anything. The channel knows people by a digest that lasts as long as the processes.
"""

import asyncio
import hashlib
import time
from collections.abc import Sequence

import msgspec
import structlog
from valkey.asyncio import Valkey

from rowlock.live.audience import Audience
from rowlock.live.choices import Choices
from rowlock.live.follower import LedgerFollower
from rowlock.live.frames import WireMessage, wire
from rowlock.live.model import Choosing
from rowlock.live.viewers import StreamViewer
from rowlock.platform.valkey.scripts import NOT_THERE

CHANNEL = "rowlock:choosing"
PUBLISH_SECONDS = 0.05
TELL_SECONDS = 0.5
"""Viewers hear of others' choices at most twice a second: nothing depends on them."""

log = structlog.get_logger(__name__)


class Selection(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All that a person has selected in an event."""

    event_id: int
    person: str
    seats: list[int]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Selection]).decode


def digest(person: str) -> str:
    """What the channel knows a person by."""
    return hashlib.blake2b(person.encode(), digest_size=9).hexdigest()


class ChoosingBoard:
    """The selections of all events watched here."""

    def __init__(self, valkey: "Valkey | None", follower: LedgerFollower, seats_max: int) -> None:
        self._valkey = valkey
        self._follower = follower
        self._seats_max = seats_max
        self._events: dict[int, Choices] = {}
        self._viewers: dict[str, set[StreamViewer]] = {}
        self._outgoing: dict[tuple[int, str], list[int]] = {}
        self._said = asyncio.Event()

    def connect(self, viewer: StreamViewer) -> None:
        """Somebody watches: tell what is selected, as far as it is others'."""
        person = None if viewer.person is None else digest(viewer.person)
        if person is not None:
            self._viewers.setdefault(person, set()).add(viewer)
        choices = self._events.get(viewer.event.event_id)
        standing = choices.standing(person) if choices is not None else []
        if standing:
            viewer.tell(wire(Choosing(standing)))

    def disconnect(self, viewer: StreamViewer) -> None:
        """He is gone, and what he had selected with him."""
        if viewer.person is None:
            return
        person = digest(viewer.person)
        viewers = self._viewers.get(person, set())
        viewers.discard(viewer)
        if not viewers:
            self._viewers.pop(person, None)
            if self._events.get(viewer.event.event_id, Choices()).has(person):
                self._say(viewer.event.event_id, person, [])

    def chooses(self, viewer: StreamViewer, seats: Sequence[int]) -> None:
        """A viewer with a ticket says what he has selected; more than a booking may have is not believed."""
        if viewer.person is not None:
            self._say(viewer.event.event_id, digest(viewer.person), list(seats[: self._seats_max]))

    def take(self, data: bytes) -> None:
        """A message of the channel: what people have selected, at this gateway or another."""
        try:
            selections = _decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.warning("choices_not_understood", error=str(error))
            return
        now = time.monotonic()
        for selection in selections:
            event = self._follower.known(selection.event_id)
            if event is not None:
                seats = [seat_no for seat_no in selection.seats if 0 <= seat_no < event.seat_count]
                choices = self._events.setdefault(selection.event_id, Choices())
                choices.put(selection.person, seats[: self._seats_max], now)

    async def publish_forever(self) -> None:
        """Publish what is said here until cancelled."""
        while self._valkey is not None:
            await self._said.wait()
            self._said.clear()
            said = [Selection(event_id, person, seats) for (event_id, person), seats in self._outgoing.items()]
            self._outgoing.clear()
            try:
                await self._valkey.publish(CHANNEL, _encode(said))
            except NOT_THERE as error:
                log.info("choices_lost", error=str(error))
            await asyncio.sleep(PUBLISH_SECONDS)

    async def tell_forever(self) -> None:
        """Tell viewers what has changed until cancelled."""
        while True:
            await asyncio.sleep(TELL_SECONDS)
            now = time.monotonic()
            for event_id, choices in list(self._events.items()):
                choices.expire(now)
                event = self._follower.known(event_id)
                if event is not None:
                    await self._tell(event.audience, choices)
                if event is None or not choices:
                    del self._events[event_id]

    def _say(self, event_id: int, person: str, seats: list[int]) -> None:
        self._outgoing[event_id, person] = seats
        self._said.set()

    async def _tell(self, audience: Audience, choices: Choices) -> None:
        """The same bytes to all, but for those who have selected some of these seats themselves."""
        seats = choices.take_untold()
        if not seats:
            return
        own: dict[StreamViewer, WireMessage] = {}
        for person in choices.people(seats):
            viewers = self._viewers.get(person, ())
            message = wire(Choosing(choices.numbers(seats, person))) if viewers else None
            if message is not None:
                own |= dict.fromkeys(viewers, message)
        for viewer, message in own.items():
            if viewer.event.audience is audience:
                viewer.tell(message)
        await audience.tell(wire(Choosing(choices.numbers(seats))), own.keys())
