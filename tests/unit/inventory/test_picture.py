"""The picture of an event's seats against the plainest reading of the same states."""

import base64
import time
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowlock.inventory.ledger import seat_states
from rowlock.inventory.model import STATE_WORDS, SeatState
from rowlock.inventory.replica import SeatPicture

SEATS_MAX = 41
FINAL_STATES = {
    "hold": SeatState.HELD,
    "confirm": SeatState.BOOKED,
    "expire": SeatState.AVAILABLE,
    "release": SeatState.AVAILABLE,
}
INVISIBLE_KINDS = ("extend", "pay", "resume")

Step = tuple[str, str, int | None, list[int]]

state_lists = st.lists(st.sampled_from(SeatState), min_size=1, max_size=SEATS_MAX)
steps = st.tuples(
    st.sampled_from([*FINAL_STATES, *INVISIBLE_KINDS]),
    st.just("booking"),
    st.none() | st.integers(0, 2**53),
    st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True),
)


def pictured(states: list[SeatState], tier_nos: list[int] | None = None) -> SeatPicture:
    """A picture of these states at position 3 of epoch 8."""
    return SeatPicture(8, 3, bytes(states), bytes(tier_nos or [0] * len(states)))


def unpacked(packed: bytes, seat_count: int) -> list[int]:
    """Two bits a seat, read one seat at a time."""
    return [packed[seat_no // 4] >> 2 * (seat_no % 4) & 3 for seat_no in range(seat_count)]


@given(state_lists)
def test_packed_states_read_back_seat_by_seat(states: list[SeatState]) -> None:
    packed = pictured(states).packed()
    assert len(packed) == -(-len(states) // 4)
    assert unpacked(packed, 4 * len(packed)) == states + [0] * (-len(states) % 4)


@given(state_lists)
def test_both_encodings_of_a_snapshot_tell_the_same_states(states: list[SeatState]) -> None:
    picture = pictured(states)
    plain = picture.snapshot(gzipped=False)
    assert zlib.decompress(picture.snapshot(gzipped=True), wbits=31) == plain
    told = msgspec.json.decode(plain)
    assert (told["epoch"], told["seq"]) == (8, 3)
    assert unpacked(base64.b64decode(told["seats"]), len(states)) == states
    assert told["counts"] == {word: states.count(SeatState(code)) for code, word in enumerate(STATE_WORDS)}


@given(st.lists(st.lists(steps, max_size=3), max_size=3), st.lists(st.lists(steps, max_size=3), max_size=3))
def test_a_followed_picture_shows_what_the_rows_say(first: list[list[Step]], second: list[list[Step]]) -> None:
    picture = pictured([SeatState.AVAILABLE] * 10)
    plain = dict.fromkeys(range(10), SeatState.AVAILABLE)
    for seq, rows in ((4, first), (9, second)):
        picture.snapshot(gzipped=True)
        texts = [msgspec.json.encode(row).decode() for row in rows]
        plain.update(seat_states(texts))
        picture.follow(seq, texts)
        assert picture.seq == seq
        assert list(picture.states()) == list(plain.values())
        assert [picture.state(seat_no) for seat_no in plain] == list(plain.values())
        told = msgspec.json.decode(zlib.decompress(picture.snapshot(gzipped=True), wbits=31))
        assert told["seq"] == seq
        assert unpacked(base64.b64decode(told["seats"]), 10) == list(plain.values())


@pytest.mark.parametrize(
    ("state", "end_us", "taken"),
    [
        (SeatState.AVAILABLE, None, False),
        (SeatState.BOOKED, None, True),
        (SeatState.BLOCKED, None, True),
        (SeatState.HELD, 10**15 + 60_000_000, True),
        (SeatState.HELD, 10**15 - 1, False),  # its time has passed: whoever asks now may have it
        (SeatState.HELD, None, True),  # a payment binds it
    ],
)
def test_only_what_nobody_can_have_is_surely_taken(state: SeatState, end_us: int | None, taken: bool) -> None:
    picture = pictured([SeatState.AVAILABLE, state])
    if state is SeatState.HELD:
        picture.holds_end([1], [end_us])
    picture.checked(time.monotonic(), 10**15)
    assert picture.surely_taken([0, 1]) == ([1] if taken else [])


@given(st.lists(st.tuples(st.sampled_from(SeatState), st.integers(0, 3)), min_size=1, max_size=SEATS_MAX))
def test_counts_are_what_counting_gives(seats: list[tuple[SeatState, int]]) -> None:
    picture = pictured([state for state, _ in seats], [tier_no for _, tier_no in seats])
    assert sum(picture.counts().values()) == picture.seat_count == len(seats)
    free = [tier_no for state, tier_no in seats if state is SeatState.AVAILABLE]
    assert picture.available_by_tier() == {tier_no: free.count(tier_no) for tier_no in set(free)}


@given(st.lists(st.lists(steps, max_size=3), max_size=5))
def test_the_last_visible_step_of_a_seat_is_its_state(rows: list[list[Step]]) -> None:
    expected: dict[int, SeatState] = {}
    for kind, _, _, seat_nos in (step for row in rows for step in row):
        if kind not in INVISIBLE_KINDS:
            expected.update(dict.fromkeys(seat_nos, FINAL_STATES[kind]))
    assert seat_states(msgspec.json.encode(row).decode() for row in rows) == expected
