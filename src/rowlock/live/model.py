"""The messages of the seat stream, in both directions, and of the queue stream. Pure.

A viewer applies a `seats` message when its own position lies from `from` up to, but not at, `seq`.
"""

from typing import Union

import msgspec

from rowlock.kernel import limits
from rowlock.waiting_room.model import QueueBoard

SUBPROTOCOL = "rowlock.v1"

TOO_SLOW = 4408
"""Close code: frames were coming faster than you took them; connect again."""
GOING_AWAY = 4409
"""Close code: this gateway stops; connect again, to another."""


class _Message(msgspec.Struct, frozen=True, tag_field="type", rename="camel"):
    """One JSON object a frame, told apart by `type`."""


class Hello(_Message, frozen=True, tag="hello"):
    """The first message: where the stream begins. `heartbeat` is the seconds between pings, `clockStopped` as in
    `sale`."""

    epoch: int
    seq: int
    heartbeat: int = limits.STREAM_HEARTBEAT_SECONDS
    clock_stopped: bool = False


class Seats(_Message, frozen=True, tag="seats"):
    """What seats became between two positions: `[seatNo, state]`, each seat once, states as in the snapshot."""

    since: int = msgspec.field(name="from")
    seq: int
    changes: list[tuple[int, int]]


class Reset(_Message, frozen=True, tag="reset"):
    """Take a snapshot again; the stream goes on from `seq`."""

    epoch: int
    seq: int


class Ping(_Message, frozen=True, tag="ping"):
    """Are you there? A `pong` answers."""


class Sale(_Message, frozen=True, tag="sale"):
    """The sale was paused, and the time of all holds stands still; or it goes on."""

    clock_stopped: bool


class HoldClock(_Message, frozen=True, tag="holdClock"):
    """The time of a hold of yours stands still with `expiresIn` seconds left; or it goes on with them."""

    booking_id: str
    expires_in: int
    clock_stopped: bool


class HoldExpiring(_Message, frozen=True, tag="holdExpiring"):
    """A hold of yours ends in `expiresIn` seconds."""

    booking_id: str
    expires_in: int


class HoldExpired(_Message, frozen=True, tag="holdExpired"):
    """A hold of yours has ended by time."""

    booking_id: str


class Choosing(_Message, frozen=True, tag="choosing"):
    """How many others have a seat selected without holding it: `[seatNo, viewers]`, 0 when nobody has any more."""

    changes: list[tuple[int, int]]


ServerMessage = Union[  # noqa: UP007  msgspec reads it
    Hello, Seats, Reset, Ping, Sale, HoldClock, HoldExpiring, HoldExpired, Choosing
]


class Board(_Message, frozen=True, tag="board"):
    """The line as everybody may see it: told at once when something happens to it, else once a second at most."""

    line: QueueBoard


class Place(_Message, frozen=True, tag="place"):
    """Where you stand: `rank` counts from 0, and those below the board's `served` have had their turn. After a draw it
    comes anew."""

    rank: int


class YourTurn(_Message, frozen=True, tag="turn"):
    """It is your turn: ask for your admission."""


LineMessage = Union[Board, Place, YourTurn, Ping]  # noqa: UP007
"""What is told of a line before a sale."""


class Pong(_Message, frozen=True, tag="pong"):
    """The answer to a ping."""


class ChoosingNow(_Message, frozen=True, tag="choosing"):
    """All seats this viewer has selected now."""

    seats: list[int]


ViewerMessage = Union[Pong, ChoosingNow]  # noqa: UP007

_decode = msgspec.json.Decoder(ViewerMessage).decode
encode = msgspec.json.Encoder().encode


def read_viewer_message(payload: bytes) -> "ViewerMessage | None":
    """What a viewer says; None for what we do not know, which later clients may say."""
    try:
        message: ViewerMessage = _decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return message
