"""Messages as bytes on the wire: made once, written to every viewer as they are. Pure."""

from typing import NamedTuple

from websockets.frames import Close, Frame, Opcode

from rowlock.live.model import Hello, LineMessage, Ping, Reset, Sale, Seats, ServerMessage, encode


class WireMessage(NamedTuple):
    """One message as a whole WebSocket frame and as a whole server-sent event."""

    frame: bytes
    event: bytes


def wire(message: "ServerMessage | LineMessage", position: "tuple[int, int] | None" = None) -> WireMessage:
    """The bytes of a message; `position` is the (epoch, seq) that a server-sent event leaves its reader at."""
    payload = encode(message)
    name = b"" if position is None else b"id: %d-%d\n" % position
    frame = Frame(Opcode.TEXT, payload).serialize(mask=False)
    return WireMessage(frame, b"%bdata: %b\n\n" % (name, payload))


def hello(epoch: int, seq: int, *, clock_stopped: bool) -> WireMessage:
    """The stream begins at `seq`."""
    return wire(Hello(epoch, seq, clock_stopped=clock_stopped), (epoch, seq))


def sale(*, clock_stopped: bool) -> WireMessage:
    """The sale's clock was stopped, or started."""
    return wire(Sale(clock_stopped))


def seats(epoch: int, since: int, seq: int, states: "dict[int, int]") -> WireMessage:
    """What seats became from `since` to `seq`."""
    return wire(Seats(since=since, seq=seq, changes=sorted(states.items())), (epoch, seq))


def reset(epoch: int, seq: int) -> WireMessage:
    """A snapshot is needed."""
    return wire(Reset(epoch, seq), (epoch, seq))


PING = wire(Ping())


def closing(code: int, reason: str) -> bytes:
    """A WebSocket close frame."""
    return Frame(Opcode.CLOSE, Close(code, reason).serialize()).serialize(mask=False)


def pong(payload: bytes) -> bytes:
    """The answer to a ping of the WebSocket layer."""
    return Frame(Opcode.PONG, payload).serialize(mask=False)


def both(first: WireMessage, second: WireMessage) -> WireMessage:
    """Two messages, one after the other."""
    return WireMessage(first.frame + second.frame, first.event + second.event)
