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


class Audience:
    """Who watches an event, by the kind of bytes they take."""

    __slots__ = ("readers", "sockets")

    def __init__(self) -> None:
        self.sockets: set[Viewer] = set()
        self.readers: set[Viewer] = set()

    def __len__(self) -> int:
        return len(self.sockets) + len(self.readers)

    def join(self, viewer: Viewer) -> None:
        """From now on this viewer hears what all hear."""
        (self.sockets if viewer.is_socket else self.readers).add(viewer)

    def leave(self, viewer: Viewer) -> None:
        """No more of it."""
        (self.sockets if viewer.is_socket else self.readers).discard(viewer)

    async def tell(self, message: WireMessage, but: "Collection[Viewer]" = ()) -> None:
        """Write the message to all who watch now, but some; those who join meanwhile know it from their greeting."""
        listeners = [
            (list(self.sockets.difference(but)), message.frame),
            (list(self.readers.difference(but)), message.event),
        ]
        for viewers, data in listeners:
            for start in range(0, len(viewers), VIEWERS_AT_ONCE):
                for viewer in viewers[start : start + VIEWERS_AT_ONCE]:
                    viewer.send(data)
                if len(viewers) > VIEWERS_AT_ONCE:
                    await asyncio.sleep(0)
