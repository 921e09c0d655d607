"""What viewers send: whole messages however the bytes are cut, and a close code for every way to break the rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from rowlock.kernel import limits
from rowlock.live.inbound import BadFrames, Inbound
from rowlock.live.model import ChoosingNow, Pong, read_viewer_message


def sent(opcode: Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    """A frame as a client sends it."""
    return Frame(opcode, payload, fin).serialize(mask=True)


@given(st.lists(st.binary(max_size=200), max_size=5), st.data())
def test_messages_come_whole_however_the_bytes_are_cut(payloads: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(
        sent(Opcode.TEXT, payload[:50], fin=False) + sent(Opcode.PING, b"?") + sent(Opcode.CONT, payload[50:])
        for payload in payloads
    )
    inbound, got = Inbound(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        got += list(inbound.feed(stream[:cut]))
        stream = stream[cut:]
    assert got == [one for payload in payloads for one in ((Opcode.PING, b"?"), (Opcode.TEXT, payload))]
    assert inbound.is_idle


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (sent(Opcode.TEXT, b"x" * (limits.STREAM_MESSAGE_BYTES_MAX + 1)), 1009),
        (sent(Opcode.TEXT, b"x" * 3000, fin=False) + sent(Opcode.CONT, b"x" * 3000), 1009),
        (sent(Opcode.CONT, b"x"), 1002),
        (sent(Opcode.TEXT, b"x", fin=False) + sent(Opcode.TEXT, b"x"), 1002),
        (Frame(Opcode.TEXT, b"x").serialize(mask=False), 1002),
        (b"\x83\x80\x00\x00\x00\x00", 1002),
    ],
    ids=["too long", "too long in parts", "a part of nothing", "two begun", "not masked", "no such kind"],
)
def test_broken_rules_end_in_their_close_code(data: bytes, code: int) -> None:
    with pytest.raises(BadFrames) as fault:
        list(Inbound().feed(data))
    assert fault.value.code == code


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b'{"type":"later"}', b'{"type":"choosing"}', b"\xff", b"1" * 500]
)
def test_what_is_not_known_means_nothing(payload: bytes) -> None:
    assert read_viewer_message(payload) is None


def test_what_viewers_may_say() -> None:
    assert read_viewer_message(b'{"type":"pong"}') == Pong()
    assert read_viewer_message(b'{"type":"choosing","seats":[4,7]}') == ChoosingNow([4, 7])
