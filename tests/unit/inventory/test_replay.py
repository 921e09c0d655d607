"""The proof is only worth what it notices: a sound ledger has no fault, every tampering with it has one."""

import copy
import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowlock.inventory.ledger import row_hash
from rowlock.inventory.model import SeatState
from rowlock.inventory.proof.replay import Replay, Seat
from rowlock.kernel.clock import epoch_us

EVENT_ID = 7
SEAT_COUNT = 10
FIRST_HASH = hashlib.sha256(b"first").digest()
OPENING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def us(second: int) -> int:
    """The moment `second` seconds after the opening, in microseconds."""
    return epoch_us(OPENING + timedelta(seconds=second))


@dataclasses.dataclass
class Step:
    """One booking's step, free to be falsified."""

    kind: str
    booking_id: str
    expires_us: int | None
    seat_nos: list[int]


@dataclasses.dataclass(frozen=True)
class LedgerRow:
    """What the database stores of one ledger row."""

    seq: int
    at_us: int
    changes: str
    prev_hash: bytes
    hash: bytes


Story = list[tuple[int, list[Step]]]
"""Seconds after the opening, and what happened then: one pair a ledger row."""

SOUND: Story = [
    (0, [Step("hold", "ann", us(300), [0, 1, 2])]),
    (10, [Step("hold", "bob", us(310), [3, 4])]),
    (20, [Step("pay", "ann", None, [0, 1, 2])]),
    (30, [Step("confirm", "ann", None, [0, 1, 2])]),
    (40, [Step("extend", "bob", us(340), [3, 4])]),
    (50, [Step("pay", "bob", None, [3, 4])]),
    (60, [Step("resume", "bob", us(340), [3, 4])]),
    (400, [Step("expire", "bob", None, [3, 4]), Step("hold", "cy", us(700), [4, 5])]),
    (410, [Step("release", "cy", None, [4, 5])]),
    (420, [Step("hold", "dee", us(720), [3])]),
]
GUESTS: Story = [
    (402, [Step("block", "b1", None, [8])]),
    (404, [Step("unblock", "r1", None, [8])]),
    (406, [Step("kill", "k1", None, [7, 8])]),
]
"""What an organiser did meanwhile."""


def chained(story: Story) -> list[LedgerRow]:
    """The story as ledger rows, each hashed onto the one before."""
    rows: list[LedgerRow] = []
    head = FIRST_HASH
    for seq, (second, steps) in enumerate(story, start=1):
        changes = msgspec.json.encode([dataclasses.astuple(step) for step in steps]).decode()
        digest = row_hash(head, EVENT_ID, seq, us(second), changes)
        rows.append(LedgerRow(seq, us(second), changes, head, digest))
        head = digest
    return rows


def replayed(rows: list[LedgerRow]) -> Replay:
    """The replay of these rows."""
    replay = Replay(EVENT_ID, SEAT_COUNT, FIRST_HASH)
    for row in rows:
        replay.row(row.seq, row.at_us, row.changes, row.prev_hash, row.hash)
    return replay


def owner_faults(story: Story) -> list[str]:
    """What is wrong with a story whose forger hashed all of it anew, so that the chain tells nothing."""
    replay = replayed(chained(story))
    assert replay.chain_faults.first == []
    return replay.owner_faults.first


def test_a_sound_ledger_has_no_fault_and_leaves_its_owners() -> None:
    replay = replayed(chained(SOUND))
    assert (replay.owner_faults.first, replay.chain_faults.first) == ([], [])
    assert (replay.rows, replay.changes) == (10, 11)
    booked, free = Seat(SeatState.BOOKED, "ann", steps=3), Seat()
    held = Seat(SeatState.HELD, "dee", us(720), steps=6)
    again, once = Seat(steps=7), Seat(steps=2)
    assert replay.seats == [booked, booked, booked, held, again, once, free, free, free, free]


@pytest.mark.parametrize("missing", range(len(SOUND) - 1))
def test_a_dropped_row_is_noticed(missing: int) -> None:
    rows = chained(SOUND)
    del rows[missing]
    assert f"row {missing + 1} has seq {missing + 2}: a row is missing" in replayed(rows).chain_faults.first


@given(st.lists(st.integers(0, len(SOUND) - 1), min_size=2, max_size=2, unique=True))
def test_swapped_rows_are_noticed(pair: list[int]) -> None:
    rows = chained(SOUND)
    one, other = pair
    rows[one], rows[other] = rows[other], rows[one]
    assert replayed(rows).chain_faults.first
    renumbered = [dataclasses.replace(row, seq=seq) for seq, row in enumerate(rows, start=1)]
    assert replayed(renumbered).chain_faults.first


@given(st.data())
def test_one_changed_character_of_a_row_is_noticed(data: st.DataObject) -> None:
    rows = chained(SOUND)
    index = data.draw(st.integers(0, len(rows) - 1))
    place = data.draw(st.integers(0, len(rows[index].changes) - 1))
    old = rows[index].changes
    new = data.draw(st.characters(codec="ascii").filter(lambda character: character != old[place]))
    rows[index] = dataclasses.replace(rows[index], changes=old[:place] + new + old[place + 1 :])
    assert f"row {index + 1} does not follow from the row before" in replayed(rows).chain_faults.first


@pytest.mark.parametrize("index", range(len(SOUND)))
def test_a_changed_hash_or_moment_is_noticed(index: int) -> None:
    row = chained(SOUND)[index]
    forgeries = (
        dataclasses.replace(row, hash=FIRST_HASH),
        dataclasses.replace(row, prev_hash=bytes(32)),
        dataclasses.replace(row, at_us=row.at_us + 1),
    )
    for forged in forgeries:
        rows = chained(SOUND)
        rows[index] = forged
        assert f"row {index + 1} does not follow from the row before" in replayed(rows).chain_faults.first


def test_another_first_hash_is_noticed() -> None:
    replay = Replay(EVENT_ID, SEAT_COUNT, bytes(32))
    row = chained(SOUND)[0]
    replay.row(row.seq, row.at_us, row.changes, row.prev_hash, row.hash)
    assert replay.chain_faults.first == ["row 1 does not follow from the row before"]


def test_a_row_that_is_no_ledger_row_is_noticed() -> None:
    changes = '[["hold","ann"]]'
    replay = Replay(EVENT_ID, SEAT_COUNT, FIRST_HASH)
    replay.row(1, us(0), changes, FIRST_HASH, row_hash(FIRST_HASH, EVENT_ID, 1, us(0), changes))
    assert len(replay.chain_faults.first) == 1
    assert replay.chain_faults.first[0].startswith("row 1 cannot be read")


@given(st.data())
def test_another_seat_in_any_row_but_the_last_contradicts_the_rest(data: st.DataObject) -> None:
    """The last row's hold contradicts nothing yet; there the seats themselves speak."""
    story = copy.deepcopy(SOUND)
    step = data.draw(st.sampled_from([step for _, steps in story[:-1] for step in steps]))
    place = data.draw(st.integers(0, len(step.seat_nos) - 1))
    others = [seat_no for seat_no in range(-1, SEAT_COUNT + 1) if seat_no not in step.seat_nos]
    step.seat_nos[place] = data.draw(st.sampled_from(others))
    assert owner_faults(story)


@given(st.data())
def test_another_booking_in_any_row_but_the_last_contradicts_the_rest(data: st.DataObject) -> None:
    story = copy.deepcopy(SOUND)
    step = data.draw(st.sampled_from([step for _, steps in story[:-1] for step in steps]))
    step.booking_id = data.draw(st.sampled_from(sorted({"ann", "bob", "cy", "dee", "eve"} - {step.booking_id})))
    assert owner_faults(story)


def test_blocked_seats_are_the_organisers_until_they_come_back() -> None:
    replay = replayed(chained(sorted([*SOUND, *GUESTS], key=lambda row: row[0])))
    assert (replay.owner_faults.first, replay.chain_faults.first) == ([], [])
    assert [seat_no for seat_no, seat in enumerate(replay.seats) if seat.state is SeatState.BLOCKED] == [7, 8]


FORGERIES: dict[str, tuple[int, Step, str]] = {
    "a hold of a held seat": (
        5,
        Step("hold", "eve", us(305), [2]),
        "hold of seat 2 for eve: it is held and belongs to ann",
    ),
    "a hold of a booked seat": (
        35,
        Step("hold", "eve", us(335), [0]),
        "hold of seat 0 for eve: it is booked and belongs to ann",
    ),
    "a confirmation without a payment": (
        15,
        Step("confirm", "bob", None, [3, 4]),
        "confirm of seat 3 for bob: no payment was begun",
    ),
    "a confirmation of a free seat": (
        15,
        Step("confirm", "eve", None, [9]),
        "confirm of seat 9 for eve: it is available and belongs to nobody",
    ),
    "an expiry before its time": (15, Step("expire", "bob", None, [3]), "expire of seat 3 for bob: the hold had not"),
    "an expiry while a payment binds": (
        55,
        Step("expire", "bob", None, [3]),
        "expire of seat 3 for bob: a payment binds",
    ),
    "a release while a payment binds": (25, Step("release", "ann", None, [1]), "release of seat 1 for ann: a payment"),
    "a release of a booked seat": (35, Step("release", "ann", None, [1]), "release of seat 1 for ann: it is booked"),
    "a release by somebody else": (
        15,
        Step("release", "ann", None, [3]),
        "release of seat 3 for ann: it is held and belongs to bob",
    ),
    "an extension too late": (
        390,
        Step("extend", "bob", us(690), [3]),
        "extend of seat 3 for bob: the hold had expired",
    ),
    "a payment too late": (390, Step("pay", "bob", None, [3]), "pay of seat 3 for bob: the hold had expired"),
    "a resumption of no payment": (
        15,
        Step("resume", "bob", us(310), [3]),
        "resume of seat 3 for bob: no payment was begun",
    ),
    "a block of a held seat": (
        405,
        Step("block", "b2", None, [4]),
        "block of seat 4 for b2: it is held and belongs to cy",
    ),
    "a kill of a blocked seat": (403, Step("kill", "k2", None, [8]), "kill of seat 8 for k2: it is blocked"),
    "a hold of a blocked seat": (403, Step("hold", "eve", us(703), [8]), "hold of seat 8 for eve: it is blocked"),
    "a return of a free seat": (405, Step("unblock", "r2", None, [8]), "unblock of seat 8 for r2: it is available"),
    "a return of a held seat": (405, Step("unblock", "r2", None, [4]), "unblock of seat 4 for r2: it is held"),
    "an unheard-of kind": (15, Step("gift", "bob", None, [3]), "gift of seat 3 for bob: no such kind of step"),
}


@pytest.mark.parametrize(("second", "step", "fault"), FORGERIES.values(), ids=FORGERIES.keys())
def test_a_step_no_sound_engine_takes_is_noticed(second: int, step: Step, fault: str) -> None:
    story = sorted([*SOUND, *GUESTS, (second, [step])], key=lambda row: row[0])
    seq = story.index((second, [step])) + 1
    assert any(told.startswith(f"row {seq}: {fault}") for told in owner_faults(story))
