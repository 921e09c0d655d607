"""The stream of one event: whoever joins whenever, from wherever, ends with the same map."""

import json
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowlock.inventory import LedgerTail
from rowlock.kernel import limits
from rowlock.live.client import Message, SeatMap
from rowlock.live.feed import SeatFeed
from rowlock.live.frames import WireMessage

EPOCH = 7
SEATS = 6

rows = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["hold", "release", "pay", "confirm", "block", "unblock", "extend"]),
            st.lists(st.integers(0, SEATS - 1), min_size=1, max_size=3, unique=True),
        ),
        max_size=3,
    ).map(lambda steps: msgspec.json.encode([[kind, "b", None, seats] for kind, seats in steps]).decode()),
    max_size=12,
)


def messages(wire: WireMessage) -> Iterator[Message]:
    """The messages of a server-sent event's bytes; the frames must have the same payloads, one after the other."""
    payloads = [line[6:] for line in wire.event.split(b"\n") if line.startswith(b"data: ")]
    assert b"".join(payloads) in b"".join(unframed(wire.frame))
    yield from (json.loads(payload) for payload in payloads)


def unframed(data: bytes) -> Iterator[bytes]:
    """The payloads of whole, unmasked text frames."""
    joined = b""
    while data:
        assert data[0] == 0x81
        length, head = data[1], 2
        if length == 126:
            length, head = int.from_bytes(data[2:4]), 4
        joined += data[head : head + length]
        data = data[head + length :]
    yield joined


class Ledger:
    """An event's whole history, and the map at each of its positions."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        feed, self.maps = SeatFeed(1, EPOCH, 0), [[0] * SEATS]
        for seq in range(len(texts)):
            message = feed.advance(LedgerTail(1, EPOCH, seq + 1, seq, texts[seq : seq + 1]))
            assert message is not None
            after = list(self.maps[-1])
            for seat_no, state in next(messages(message))["changes"]:
                after[seat_no] = state
            self.maps.append(after)

    def map_at(self, seq: int) -> SeatMap:
        """A client's map at a position."""
        seats = SeatMap.__new__(SeatMap)
        seats.epoch, seats.seq, seats.states = EPOCH, seq, bytearray(self.maps[seq])
        return seats

    def tail(self, since: int, seq: int) -> LedgerTail:
        """What a reading at `seq` finds after `since`."""
        return LedgerTail(1, EPOCH, seq, since, self.texts[since:seq])


@given(rows, st.data())
def test_every_viewer_ends_with_the_ledgers_map(texts: list[str], data: st.DataObject) -> None:
    ledger = Ledger(texts)
    end = len(texts)
    opened = data.draw(st.integers(0, end), "the gateway opens the feed at")
    feed = SeatFeed(1, EPOCH, opened)
    viewers: list[SeatMap] = []
    while True:
        since = data.draw(st.integers(0, feed.seq), "somebody comes with the map of")
        greeting = feed.greeting(since, EPOCH)
        if greeting is None:
            feed.reach_back(ledger.texts[: feed.known_from])
            greeting = feed.greeting(since, EPOCH)
        assert greeting is not None
        viewer = ledger.map_at(since)
        assert all(viewer.apply(message) for message in messages(greeting))
        viewers.append(viewer)
        if feed.seq == end:
            break
        seq = data.draw(st.integers(feed.seq + 1, end), "the ledger is read up to")
        message = feed.advance(ledger.tail(feed.seq, seq))
        assert message is not None
        assert all(viewer.apply(one) for viewer in viewers for one in messages(message))
    assert all((viewer.seq, list(viewer.states)) == (end, ledger.maps[end]) for viewer in viewers)


def feed_with(count: int) -> SeatFeed:
    """A feed that has seen `count` rows, each holding another seat."""
    feed = SeatFeed(1, EPOCH, 0)
    for seq in range(count):
        feed.advance(LedgerTail(1, EPOCH, seq + 1, seq, [f'[["hold","b",1,[{seq}]]]']))
    return feed


def kinds(wire: WireMessage | None) -> list[str]:
    """The types of the messages."""
    assert wire is not None
    return [message["type"] for message in messages(wire)]


def test_a_viewer_who_missed_more_than_the_window_is_told_to_start_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SINCE_ROWS_MAX", 4)
    feed = feed_with(10)
    assert feed.known_from == 6
    assert kinds(feed.greeting(6, EPOCH)) == ["hello", "seats"]
    assert kinds(feed.greeting(5, EPOCH)) == ["hello", "reset"]


def test_a_viewer_who_missed_more_seats_than_a_snapshot_is_worth_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STREAM_CHANGES_MAX", 3)
    feed = feed_with(10)
    assert kinds(feed.greeting(7, EPOCH)) == ["hello", "seats"]
    assert kinds(feed.greeting(6, EPOCH)) == ["hello", "reset"]


def test_the_window_keeps_no_more_changes_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STREAM_WINDOW_CHANGES_MAX", 5)
    assert feed_with(10).known_from == 5


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_another_epoch_starts_everybody_again(seq: int) -> None:
    feed = feed_with(3)
    message = feed.advance(LedgerTail(1, EPOCH + 1, seq, 3, ["[]"] * max(0, seq - 3)))
    assert kinds(message) == ["reset"]
    assert (feed.epoch, feed.seq) == (EPOCH + 1, seq)
    assert kinds(feed.greeting(3, EPOCH)) == ["hello", "reset"]
    assert kinds(feed.greeting(seq, EPOCH + 1)) == ["hello"]


def test_a_reading_of_another_position_changes_nothing() -> None:
    feed = feed_with(3)
    assert feed.advance(LedgerTail(1, EPOCH, 5, 2, ["[]", "[]", "[]"])) is None
    assert feed.seq == 3


def test_a_pause_of_the_sale_is_told_once_and_to_whoever_comes() -> None:
    feed = feed_with(3)
    stop, start = '[["stop","",null,[]]]', '[["start","",null,[]]]'
    assert kinds(feed.advance(LedgerTail(1, EPOCH, 4, 3, [stop], clock_stopped=True))) == ["seats", "sale"]
    assert feed.advance(LedgerTail(1, EPOCH, 4, 4, [], clock_stopped=True)) is None
    for greeting in (feed.greeting(), feed.greeting(2, EPOCH), feed.greeting(1, EPOCH + 1)):
        assert greeting is not None
        assert next(messages(greeting))["clockStopped"]
    assert kinds(feed.advance(LedgerTail(1, EPOCH, 5, 4, [start]))) == ["seats", "sale"]
    greeting = feed.greeting(2, EPOCH)
    assert greeting is not None
    assert not next(messages(greeting))["clockStopped"]


def test_a_viewer_ahead_of_the_gateway_waits_for_what_fits() -> None:
    feed = feed_with(3)
    ahead = Ledger(['[["hold","b",1,[0]]]'] * 4).map_at(4)
    assert kinds(feed.greeting(4, EPOCH)) == ["hello"]
    message = feed.advance(LedgerTail(1, EPOCH, 5, 3, ['[["release","b",null,[0]]]', '[["hold","b",1,[2]]]']))
    assert message is not None
    assert all(ahead.apply(one) for one in messages(message))
    assert (ahead.seq, ahead.states[2]) == (5, 1)


def test_an_event_of_the_stream_names_the_position_it_leads_to() -> None:
    feed = feed_with(2)
    greeting = feed.greeting(1, EPOCH)
    assert greeting is not None
    assert [line for line in greeting.event.split(b"\n") if line.startswith(b"id")] == [b"id: 7-1", b"id: 7-2"]
