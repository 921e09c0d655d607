"""Lines that Valkey lost, or that are over: a long one holds nobody up while it is put back."""

import pytest
from tests.integration.http.conftest import BoxOffice, assert_problem
from tests.integration.http.test_waiting_room import QUEUE, ask, join, join_when_whole, switch, until
from valkey.asyncio import Valkey

from rowlock.waiting_room import keeper as keeping
from rowlock.worker import line_keeper

PARTS = 3
"""Parts of the register that the long line lies in; each is one person here."""


async def keys_of_line(valkey: "Valkey", name: str) -> list[bytes]:
    return [key async for key in valkey.scan_iter(match=f"{{line:{name}}}*")]


async def test_a_long_line_is_put_back_without_holding_up_another(
    office: BoxOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step has time for one part of the register: whoever waits elsewhere is called in the first one."""
    monkeypatch.setattr(keeping, "MENDING_SECONDS", 0.0)
    monkeypatch.setattr(keeping, "NOTE_SECONDS", 0.0)
    keeper, room, valkey = line_keeper(office.api), office.api.waiting_room, office.api.valkey
    assert valkey is not None
    await switch(office, mode="hold")
    people = [office.caller() for _ in range(PARTS)]
    for number, person in enumerate(people):
        assert (await join(office, person))["position"] == number + 1
        await keeper.step()
    await valkey.delete(*await keys_of_line(valkey, room.watch.rooms[int(office.event)].line))
    elsewhere = BoxOffice(office.api, office.house, office.client)
    elsewhere.event = str(await office.house.new_event())
    await switch(elsewhere)
    other = elsewhere.caller()
    await join(elsewhere, other)

    for part in range(PARTS):
        await keeper.step()
        await room.watch.catch_up()
        assert (await ask(elsewhere, other))["admitted"]
        assert_problem(await office.caller().post(QUEUE.format(office.event)), 503, "unavailable")
        last = await people[-1].post(QUEUE.format(office.event))
        office.client.cookies.clear()
        assert last.status_code == (200 if part == PARTS - 1 else 503), "nobody takes a new place who has one"
    await keeper.step()
    places = [(await join(office, person))["position"] for person in [*people, office.caller()]]
    assert places == list(range(1, PARTS + 2))


async def test_who_has_a_place_in_a_line_that_takes_nobody_is_not_told_that_they_have_none(office: BoxOffice) -> None:
    keeper, room, valkey = line_keeper(office.api), office.api.waiting_room, office.api.valkey
    assert valkey is not None
    await switch(office, mode="hold")
    early = office.caller()
    await join(office, early)
    await keeper.step()
    await switch(office, mode="reject")
    await valkey.delete(*await keys_of_line(valkey, room.watch.rooms[int(office.event)].line))
    assert_problem(await early.post(QUEUE.format(office.event)), 503, "unavailable")
    await keeper.step()
    assert (await join(office, early))["position"] == 1


@pytest.mark.parametrize("change", [{"mode": "off"}, {"mode": "hold", "newRound": True}])
async def test_a_line_that_is_over_is_forgotten(office: BoxOffice, change: dict[str, object]) -> None:
    keeper, room, valkey = line_keeper(office.api), office.api.waiting_room, office.api.valkey
    assert valkey is not None
    await switch(office, mode="hold")
    line = room.watch.rooms[int(office.event)].line
    await join(office, office.caller())
    await keeper.step()
    assert await keys_of_line(valkey, line)
    await switch(office, **change)
    await keeper.step()
    assert not await keys_of_line(valkey, line)


async def test_numbers_that_nobody_has_are_nobody_who_is_on_the_way(office: BoxOffice) -> None:
    """A room that lets in few at once passes a loss as if it were not there."""
    keeper, room, valkey = line_keeper(office.api), office.api.waiting_room, office.api.valkey
    assert valkey is not None
    await switch(office, mode="hold")
    before = [office.caller() for _ in range(3)]
    for person in before:
        await join(office, person)
    await keeper.step()
    await valkey.delete(*await keys_of_line(valkey, room.watch.rooms[int(office.event)].line))
    after = [office.caller() for _ in range(9)]
    await join_when_whole(office, keeper, after[0])
    for person in after[1:]:
        await join(office, person)
    await switch(office, admitPerMinute=1_200, shoppersMax=20)
    for person in [*before, *after]:
        await until(office, keeper, person, lambda told: bool(told["admitted"]))
