"""A draw from the promise to the proof, as everybody can check it, on real PostgreSQL and Valkey."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from tests.integration.http.conftest import SECRET_KEYS, BoxOffice, Caller, Json, assert_problem

from rowlock.platform.secrets import SecretBox, SecretsFault, new_key, reseal
from rowlock.waiting_room.draw_desk import SEALED, DrawDesk
from rowlock.waiting_room.keeper import LineKeeper
from rowlock.waiting_room.proof import PlaceProof, Record, check_record, read_record
from rowlock.worker import line_keeper

OPENING_NEVER = "2099-01-01T09:00:00Z"
OPENING_NOW = "2020-01-01T09:00:00Z"


class Line:
    """The line of the house's event, with what its people and its staff do."""

    def __init__(self, office: BoxOffice) -> None:
        self.office = office
        self.path = f"/events/{office.event}/queue"
        self.draws = office.api.waiting_room.draws

    def keeper(self) -> LineKeeper:
        """A worker's loop, to be taken step by step."""
        return line_keeper(self.office.api, self.draws.draw)

    async def control(self, **changes: object) -> Json:
        manager = self.office.caller("organiser")
        answer = await manager.send("PUT", f"/api/v1{self.path}/control", changes)
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def join(self, callers: Sequence[Caller]) -> list[str]:
        """They join one after the other; their tickets."""
        tickets = []
        for caller in callers:
            answer = await caller.post(self.path)
            assert answer.status_code == 200, answer.text
            tickets.append(answer.json()["queueTicket"])
            self.office.client.cookies.clear()
        return tickets

    async def open(self) -> None:
        """The closing time that was promised is moved to now, and passes."""
        await self.control(opensAt=OPENING_NOW)

    async def record(self) -> Record:
        answer = await self.office.public.get(f"{self.path}/record")
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"].startswith("public")
        return read_record(answer.content.splitlines(keepends=True))

    async def places(self, callers: Sequence[Caller]) -> list[int]:
        """What each is told of their position, from 1."""
        await self.office.api.waiting_room.watch.catch_up()
        positions = []
        for caller in callers:
            self.office.client.cookies.clear()
            positions.append((await caller.get(self.path)).json()["position"])
        self.office.client.cookies.clear()
        return positions


@pytest.fixture
def line(office: BoxOffice) -> Line:
    """The line of the house's event."""
    return Line(office)


async def test_what_people_are_told_is_what_anybody_recomputes(office: BoxOffice, line: Line) -> None:
    await line.control(mode="draw", opensAt=OPENING_NEVER, admitPerMinute=0, admitMin=0)
    early, late = [office.caller() for _ in range(12)], office.caller()
    tickets = await line.join(early)
    await line.keeper().step()
    before = await line.record()
    assert [entry.kind for entry in before.entries] == ["mode", "committed", "counted"]
    await line.open()
    await line.keeper().step()
    (late_ticket,) = await line.join([late])
    record = await line.record()
    verdict = check_record(record)
    assert verdict.faults == ()
    assert record.entries[: len(before.entries)] == before.entries
    assert sorted(verdict.order) == list(range(12))
    positions = await line.places(early)
    assert sorted(positions) == list(range(1, 13))
    for caller, ticket, position in zip(early, tickets, positions, strict=True):
        answer = await caller.get(f"{line.path}/proof", x_queue_ticket=ticket)
        proof = msgspec.json.decode(answer.content, type=PlaceProof)
        roots = {entry.kind: entry.body for entry in record.entries}
        assert proof.faults(str(roots["closed"]["roster"]), str(roots["drawn"]["order"])) == []
        place = verdict.place(record, bytes.fromhex(proof.person))
        assert place is not None
        assert (place.number, place.rank + 1) == (proof.number, position)
    assert_problem(await late.get(f"{line.path}/proof", x_queue_ticket=late_ticket), 404, "record_not_found")
    assert_problem(await office.public.get(f"{line.path}/proof"), 404, "record_not_found")


async def test_many_workers_at_once_draw_once(office: BoxOffice, line: Line) -> None:
    await line.control(mode="draw", opensAt=OPENING_NEVER, admitPerMinute=0, admitMin=0)
    callers = [office.caller() for _ in range(5)]
    await line.join(callers)
    await line.open()
    await asyncio.gather(*(line.keeper().step() for _ in range(4)))
    positions = await line.places(callers)
    await asyncio.gather(*(line.keeper().step() for _ in range(4)))
    assert await line.places(callers) == positions
    record = await line.record()
    assert [entry.kind for entry in record.entries].count("drawn") == 1
    assert check_record(record).faults == ()


async def test_a_worker_that_dies_in_the_draw_leaves_it_to_the_next(
    office: BoxOffice, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.control(mode="draw", opensAt=OPENING_NEVER, admitPerMinute=0, admitMin=0)
    callers = [office.caller() for _ in range(4)]
    await line.join(callers)
    await line.open()

    def dies(*_: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as broken:
        broken.setattr("rowlock.waiting_room.draw_desk._drawn", dies)
        with pytest.raises(ConnectionResetError):
            await line.keeper().step()
    assert "closed" not in [entry.kind for entry in (await line.record()).entries]
    await line.keeper().step()
    assert check_record(await line.record()).order


async def test_a_beacon_is_waited_for_and_cannot_be_given_early(office: BoxOffice, line: Line) -> None:
    room = {"mode": "draw", "opensAt": OPENING_NEVER, "admitPerMinute": 0, "admitMin": 0}
    await line.control(**room, beaconSource="lottery of 21 November")
    manager, path = office.caller("organiser"), f"/api/v1{line.path}/control"
    callers = [office.caller() for _ in range(3)]
    await line.join(callers)
    assert_problem(await manager.send("PUT", path, {"beacon": "3 9 12"}), 409, "line_begun")
    assert_problem(await manager.send("PUT", path, {"beaconSource": "another"}), 409, "line_begun")
    await line.open()
    await line.keeper().step()
    assert [entry.kind for entry in (await line.record()).entries][-1] in {"closed", "counted"}
    await line.control(beacon="3 9 12 27 31 40")
    assert_problem(await manager.send("PUT", path, {"beacon": "1 2 3"}), 409, "line_begun")
    await line.keeper().step()
    record = await line.record()
    verdict = check_record(record)
    assert (verdict.faults, sorted(verdict.order)) == ((), [0, 1, 2])
    beacon = next(entry for entry in record.entries if entry.kind == "beacon")
    assert bytes.fromhex(str(beacon.body["value"])) == b"3 9 12 27 31 40"


async def test_a_promised_seed_is_sealed_and_moves_to_a_new_key(office: BoxOffice, line: Line) -> None:
    await line.control(mode="draw", opensAt=OPENING_NEVER, admitPerMinute=0, admitMin=0)
    await line.join([office.caller(), office.caller()])
    await line.open()
    new = new_key()
    both = SecretBox.of(f"{new} {SECRET_KEYS}")
    assert await reseal(office.api.database, both, [SEALED]) == {"waiting_room_draws.seed": 1}
    with pytest.raises(SecretsFault):
        await line.keeper().step()
    line.draws = DrawDesk(SecretBox.of(new))
    await line.keeper().step()
    verdict = check_record(await line.record())
    assert (verdict.faults, sorted(verdict.order)) == ((), [0, 1])


async def test_a_round_goes_on_from_the_one_before(office: BoxOffice, line: Line) -> None:
    await line.control(mode="draw", opensAt=OPENING_NEVER)
    first = await line.record()
    await line.control(newRound=True, paused=True)
    await line.control(paused=False)
    second = await line.record()
    assert (second.head.round, second.head.previous) == (first.head.round + 1, first.entries[-1].hash.hex())
    assert [entry.kind for entry in second.entries] == ["mode", "paused", "committed", "resumed"]
    again = await office.public.get(f"{line.path}/record?round={first.head.round}")
    assert read_record(again.content.splitlines(keepends=True)) == first


async def test_there_is_no_record_where_there_was_no_line(office: BoxOffice, line: Line) -> None:
    assert_problem(await office.public.get(f"{line.path}/record"), 404, "record_not_found")
    assert_problem(await office.public.get("/events/x/queue/record"), 404, "event_not_found")
    await line.control(mode="hold")
    for wrong in ("-1", "77", "x", "99999999999"):
        answer = await office.public.get(f"{line.path}/record?round={wrong}")
        assert answer.status_code in {404, 422}, answer.text


async def test_a_line_that_ends_is_counted_once_and_its_record_holds(office: BoxOffice, line: Line) -> None:
    every = [f"S-{row}-{place}" for row in range(1, 6) for place in range(1, 11)]
    blocked = {"kind": "house", "reason": "Test", "seatIds": every}
    assert (await office.caller("organiser").post(f"/events/{office.event}/blocks", blocked)).status_code == 201
    await line.control(mode="draw", opensAt=OPENING_NOW)
    await line.join([office.caller(), office.caller()])
    keepers = [line.keeper() for _ in range(4)]
    async with asyncio.timeout(20):
        while "ended" not in (kinds := [entry.kind for entry in (await line.record()).entries]):
            await asyncio.gather(*(keeper.step() for keeper in keepers))
    assert kinds.count("ended") == 1
    await line.control(mode="off")
    record = await line.record()
    assert record.entries[-1].body == {"by": "staff", "mode": "off"}
    assert check_record(record).faults == ()
