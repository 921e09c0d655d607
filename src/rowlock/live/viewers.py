"""The connections of viewers once they stream. Idle ones own next to nothing: no parser, no task, no timer."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from websockets.frames import Opcode

from rowlock.live import frames
from rowlock.live.inbound import BadFrames, Inbound
from rowlock.live.model import TOO_SLOW, ChoosingNow, read_viewer_message
from rowlock.platform.telemetry import metrics

if TYPE_CHECKING:
    from rowlock.live.audience import Watched
    from rowlock.live.gateway import Gateway

CHOICE_SECONDS_MIN = 0.2
"""A viewer's selections that come faster than this are not listened to."""


class StreamViewer(asyncio.Protocol):
    """What both kinds share: a place in an audience, and an end that lets the last bytes out."""

    __slots__ = ("_gateway", "_transport", "address", "event", "leaving", "person", "send", "silent_beats")
    is_socket = False

    def __init__(
        self, gateway: "Gateway", transport: asyncio.Transport, event: "Watched", address: str, person: str | None
    ) -> None:
        self._gateway = gateway
        self._transport: asyncio.Transport | None = transport
        self.event = event
        self.address = address
        self.person = person
        self.silent_beats = 0
        self.leaving = False
        self.send: Callable[[bytes], None] = transport.write

    def tell(self, message: frames.WireMessage) -> None:
        """Write a message to this viewer alone."""
        self.send(message.frame if self.is_socket else message.event)

    def beat(self) -> None:
        """A heartbeat: ask whether the viewer is there, and give up one who was silent for two."""
        if self.silent_beats >= 2:
            self.abort()
            return
        self.silent_beats += self.is_socket  # a reader of events has no way to answer; TCP will tell
        self.tell(frames.PING)

    def dismiss(self, code: int, reason: str) -> None:
        """Leave the audience, say why, and close once that is out; the gateway cuts what takes too long."""
        if self.leaving or self._transport is None:
            return
        if self.is_socket:
            self._transport.write(frames.closing(code, reason))
        else:
            self._transport.close()
        self._leave()
        metrics.STREAM_CUTS.labels(code).inc()
        self._gateway.leaves(self)

    def abort(self) -> None:
        """Cut the connection now."""
        if self._transport is not None:
            self._transport.abort()

    def _leave(self) -> None:
        self.leaving = True
        self.send = _say_nothing

    def pause_writing(self) -> None:
        """More waits for this viewer than may: he would see the past, and cost the others' memory."""
        self.dismiss(TOO_SLOW, "too slow")

    def connection_lost(self, _error: Exception | None) -> None:
        """The connection is gone."""
        self._leave()
        self._transport = None
        self._gateway.lost(self)


def _say_nothing(_data: bytes) -> None:
    """To a viewer who is leaving, or gone."""


class EventReader(StreamViewer):
    """Reads server-sent events. Whatever it sends after its request is nothing to us."""

    __slots__ = ()


class SocketViewer(StreamViewer):
    """Watches over a WebSocket."""

    __slots__ = ("_chose_at", "_inbound")
    is_socket = True

    def __init__(
        self, gateway: "Gateway", transport: asyncio.Transport, event: "Watched", address: str, person: str | None
    ) -> None:
        super().__init__(gateway, transport, event, address, person)
        self._inbound: Inbound | None = None
        self._chose_at = -math.inf

    def data_received(self, data: bytes) -> None:
        """Take what the viewer says."""
        if self.leaving:  # the answer to our close frame
            if self._transport is not None:
                self._transport.close()
            return
        self.silent_beats = 0
        inbound = self._inbound or Inbound()
        try:
            for opcode, payload in inbound.feed(data):
                self._take(opcode, payload)
        except BadFrames as fault:
            self.dismiss(fault.code, str(fault))
        self._inbound = None if inbound.is_idle or self.leaving else inbound

    def _take(self, opcode: Opcode, payload: bytes) -> None:
        if self._transport is None or self.leaving:
            return
        if opcode is Opcode.PING:
            self._transport.write(frames.pong(payload))
        elif opcode is Opcode.CLOSE:
            self._transport.write(frames.closing(1000, ""))
            self._transport.close()
            self._leave()
        elif opcode is Opcode.TEXT:
            message = read_viewer_message(payload)
            now = time.monotonic()
            if isinstance(message, ChoosingNow) and now - self._chose_at > CHOICE_SECONDS_MIN:
                self._chose_at = now
                self._gateway.chooses(self, message.seats)
