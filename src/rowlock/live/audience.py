"""The viewers of one event."""

import asyncio
from collections.abc import Callable, Collection
from typing import Protocol

from rowlock.live.frames import WireMessage

VIEWERS_AT_ONCE = 500
"""Written to before others get their turn: the loop then hands the bytes to the kernel."""


class Viewer(Protocol):
    """Somebody who watches, over one connection."""

    is_socket: bool
    send: Callable[[bytes], None]
    """Writes bytes that are whole frames of this viewer's kind; nothing when the connection is gone."""


class Watched(Protocol):
    """What viewers watch of an event: its seats, or its line."""

    event_id: int
    audience: "Audience"


class Audience:
    """Who watches an event, by the kind of bytes they take."""

    __slots__ = ("readers", "sockets")

    def __init__(self) -> None:
        self.sockets: dict[Viewer, None] = {}  # in order of arrival, which is about how they lie in memory
        self.readers: dict[Viewer, None] = {}

    def __len__(self) -> int:
        return len(self.sockets) + len(self.readers)

    def join(self, viewer: Viewer) -> None:
        """From now on this viewer hears what all hear."""
        (self.sockets if viewer.is_socket else self.readers)[viewer] = None

    def leave(self, viewer: Viewer) -> None:
        """No more of it."""
        (self.sockets if viewer.is_socket else self.readers).pop(viewer, None)

    async def tell(self, message: WireMessage, but: "Collection[Viewer]" = ()) -> None:
        """Write the message to all who watch now, but some; those who join meanwhile know it from their greeting."""
        for viewers, data in ((self.sockets, message.frame), (self.readers, message.event)):
            listeners = [viewer for viewer in viewers if viewer not in but] if but else list(viewers)
            for start in range(0, len(listeners), VIEWERS_AT_ONCE):
                for viewer in listeners[start : start + VIEWERS_AT_ONCE]:
                    viewer.send(data)
                if len(listeners) > VIEWERS_AT_ONCE:
                    await asyncio.sleep(0)
