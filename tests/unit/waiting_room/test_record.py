"""A queue record is only worth what its check notices: a sound one has no fault, and every change to it is found."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.unit.waiting_room.written import BEACON, SEED, Writer, people, person, whole_sale

from rowlock.waiting_room.proof import (
    Chunk,
    Head,
    Place,
    RecordFault,
    Verdict,
    check_record,
    draw,
    draw_key,
    read_record,
)

SOUND = b"".join(whole_sale().lines())
SOUND_WITH_BEACON = b"".join(whole_sale(source="lottery of 21 November", beacon=BEACON).lines())
VECTOR = Path(__file__).parents[2] / "vectors" / "queue_record.jsonl"


def checked(file: bytes) -> Verdict:
    """What the check says of a file."""
    return check_record(read_record(BytesIO(file)))


def is_found(file: bytes) -> bool:
    """Whether anything is noticed."""
    try:
        return bool(checked(file).faults)
    except RecordFault:
        return True


@pytest.mark.parametrize("file", [SOUND, SOUND_WITH_BEACON])
def test_a_sound_record_has_no_fault(file: bytes) -> None:
    verdict = checked(file)
    assert verdict.faults == ()
    assert len(verdict.order) == 40


def test_the_browser_checks_what_we_write() -> None:
    """The same file is recomputed in web/storefront/queue/check.test.ts."""
    assert VECTOR.read_bytes() == SOUND_WITH_BEACON


def test_every_place_can_be_read_off_it() -> None:
    record = read_record(BytesIO(SOUND))
    verdict = check_record(record)
    places = [verdict.place(record, person(no)) for no in (*range(20), *range(1_000, 1_020), *range(5_000, 5_009))]
    assert [place.number for place in places if place] == [*range(20), *range(23, 52)]
    assert sorted(place.rank for place in places[:40] if place) == list(range(40))
    assert [place.rank for place in places[40:] if place] == list(range(43, 52))
    assert verdict.place(record, person(77)) is None
    assert verdict.place(record, person(1)[1:] + b"p") is None


@pytest.mark.parametrize("file", [SOUND, SOUND_WITH_BEACON], ids=["no beacon", "beacon"])
def test_every_changed_byte_is_found(file: bytes) -> None:
    for at in range(len(file)):
        for bit in (1, 32):
            assert is_found(file[:at] + bytes([file[at] ^ bit]) + file[at + 1 :]), f"byte {at}"


@given(st.data())
def test_every_changed_line_is_found(data: st.DataObject) -> None:
    lines = SOUND.splitlines(keepends=True)
    last_entry = max(at for at, line in enumerate(lines) if line.startswith(b'{"seq"'))
    at = data.draw(st.integers(0, len(lines) - 1))
    how = data.draw(st.sampled_from(["drop", "twice", "swap"]))
    if how == "drop":
        assume(at != last_entry)  # without its end it is a shorter record, which only an earlier copy tells apart
        del lines[at]
    elif how == "twice":
        lines.insert(at, lines[at])
    else:
        other = data.draw(st.integers(0, len(lines) - 1).filter(lambda other: other != at))
        lines[at], lines[other] = lines[other], lines[at]
    assert is_found(b"".join(lines))


def test_after_the_end_a_room_may_be_switched_off_and_nothing_counted() -> None:
    record = whole_sale()
    record.enter("mode", {"mode": "off", "by": "staff"})
    assert checked(b"".join(record.lines())).faults == ()
    record.count(served=49)
    assert checked(b"".join(record.lines())).faults == ("the entries are not in the order of a draw",)


@given(st.binary(max_size=200))
@example(b"")
@example(b'{"file":"rowlock queue record 1","event":"\\ud800","round":1,"previous":null}\n')
@example(b'{"file":"rowlock queue record 1","event":"12","round":true,"previous":null}\n')
@example(b'{"file":"rowlock queue record 1","event":"12","round":1e400,"previous":null}\n')
@example(b"[" * 5_000)
@example(SOUND.splitlines(keepends=True)[0] + b'{"seq":1,"at":"x","kind":"mode","body":[],"hash":""}\n')
@example(SOUND.splitlines(keepends=True)[0] + b'{"first":-12,"people":"AAAA"}\n')
def test_what_is_no_record_is_said_to_be_none(file: bytes) -> None:
    with pytest.raises(RecordFault):
        read_record(BytesIO(file))


def dishonest(change: Callable[[Writer], None]) -> Verdict:
    """The verdict on a record whose chain was written by somebody who lies: the hashes fit."""
    record = Writer()
    change(record)
    return checked(b"".join(record.lines()))


def drawn(record: Writer, seed: bytes = SEED, *, swap: bool = False, promised: bytes = SEED, key: bytes = b"") -> None:
    """A draw with its promise, and something wrong with it."""
    committed = record.commit(promised)
    record.join(0, people(0, 30))
    record.second = 10
    ids, root = record.close()
    order = draw(key or draw_key(seed, committed, b"", root), ids)
    if swap:
        order[3], order[4] = order[4], order[3]
    record.draw(seed, order)


def test_a_seed_that_was_not_promised_shows() -> None:
    verdict = dishonest(lambda record: drawn(record, promised=bytes(32)))
    assert verdict.faults == ("the seed is not the one that entry 1 promised",)


def test_two_who_changed_places_show() -> None:
    verdict = dishonest(lambda record: drawn(record, swap=True))
    assert verdict.faults == ("the order that was drawn is not the one that seed, beacon and people give",)


def test_an_order_by_another_key_shows() -> None:
    assert dishonest(lambda record: drawn(record, key=bytes(32))).faults


@pytest.mark.parametrize(
    "register",
    [
        pytest.param([Chunk(0, people(0, 29) + person(77))], id="somebody else stands there"),
        pytest.param([Chunk(0, people(1, 1) + people(0, 1) + people(2, 28))], id="two changed numbers"),
        pytest.param([Chunk(0, people(0, 29))], id="the last was dropped"),
        pytest.param([Chunk(0, people(0, 30)), Chunk(30, person(77))], id="one was added whom nobody counted"),
        pytest.param([Chunk(1, people(0, 30))], id="all moved up"),
    ],
)
def test_people_changed_after_the_close_show(register: list[Chunk]) -> None:
    def change(record: Writer) -> None:
        drawn(record)
        record.chunks = register

    assert dishonest(change).faults


def test_people_changed_after_they_were_counted_show() -> None:
    def change(record: Writer) -> None:
        record.join(0, people(0, 5))
        record.count()
        record.chunks = [Chunk(0, people(1, 5))]

    assert len(dishonest(change).faults) == 1


def test_a_person_with_two_places_shows() -> None:
    def change(record: Writer) -> None:
        record.join(0, people(0, 5))
        record.join(5, people(3, 1))
        record.count()

    assert dishonest(change).faults == ("1 places belong to people who have another",)


def test_a_number_given_twice_shows() -> None:
    def change(record: Writer) -> None:
        record.join(0, people(0, 5))
        record.join(4, people(9, 1))
        record.count()

    assert dishonest(change).faults == ("a number was given twice",)


def test_a_gap_may_be_filled_after_the_draw_and_changes_nobodys_rank() -> None:
    """Somebody whom a lost line had forgotten comes back with a ticket, too late for the draw."""
    record = Writer()
    committed = record.commit()
    record.join(0, people(0, 5))
    record.join(8, people(8, 3))
    record.second = 10
    ids, root = record.close()
    record.draw(SEED, draw(draw_key(SEED, committed, b"", root), ids))
    record.join(5, person(5))
    record.count()
    read = read_record(BytesIO(b"".join(record.lines())))
    verdict = check_record(read)
    assert verdict.faults == ()
    assert verdict.place(read, person(5)) == Place(5, 5)
    assert {place.rank for no in (0, 1, 2, 3, 4, 8, 9, 10) if (place := verdict.place(read, person(no)))} == {*range(8)}


def test_a_count_that_falls_shows() -> None:
    def change(record: Writer) -> None:
        record.join(0, people(0, 5))
        record.count(served=4)
        record.count(served=3)

    assert dishonest(change).faults == ("entry 2 counts fewer than one before it",)


def test_a_draw_that_was_promised_after_it_was_closed_shows() -> None:
    def change(record: Writer) -> None:
        record.join(0, people(0, 3))
        record.close()
        record.commit()

    assert dishonest(change).faults


def test_closing_before_the_time_shows() -> None:
    def change(record: Writer) -> None:
        record.commit(closes_at="2026-11-21T10:00:00.000000Z")
        record.close()

    assert dishonest(change).faults == ("the draw was closed before the time that was promised",)


def test_closing_may_be_put_off_with_the_same_seed_only() -> None:
    def put_off(record: Writer, seed: bytes) -> None:
        committed = record.commit()
        record.commit(seed, closes_at="2026-11-21T09:00:20.000000Z")
        record.join(0, people(0, 30))
        record.second = 21
        ids, root = record.close()
        record.draw(SEED, draw(draw_key(SEED, committed, b"", root), ids))

    assert dishonest(lambda record: put_off(record, SEED)).faults == ()
    assert dishonest(lambda record: put_off(record, bytes(32))).faults


@pytest.mark.parametrize("without", ["beacon", "source"])
def test_a_beacon_that_was_promised_is_needed_and_no_other(without: str) -> None:
    source, beacon = ("", BEACON) if without == "source" else ("lottery", b"")
    assert is_found(b"".join(whole_sale(source=source, beacon=beacon).lines()))


def test_a_round_stands_on_the_one_before() -> None:
    first = read_record(BytesIO(SOUND))
    second = Writer(Head("12", 2, first.entries[-1].hash.hex()))
    second.enter("mode", {"mode": "fifo", "by": "staff"})
    assert checked(b"".join(second.lines())).faults == ()
    other = replace(second, head=Head("12", 2, "0" * 64))
    assert is_found(b"".join(other.lines()))
