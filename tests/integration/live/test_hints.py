"""What viewers see does not depend on hints: those are lost, doubled, late or wrong, and the map is right."""

from datetime import timedelta

import msgspec
import pytest
from tests.integration.live.conftest import LiveHouse
from valkey.asyncio import Valkey

from rowlock.inventory.sweeper import sweep
from rowlock.platform.valkey import hints

NEW_EPOCH = "UPDATE event_inventory SET epoch = epoch + 1 WHERE event_id = $1"
CUT_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"


async def test_a_change_that_nobody_hints_at_is_seen(place: LiveHouse) -> None:
    async with place.viewer() as viewer:
        await place.current(viewer)
        await place.house.hold(2)
        assert (await place.current(viewer)).states[2] == 1


async def test_without_valkey_changes_are_seen(place: LiveHouse) -> None:
    await place.stop_gateway()
    await place.open_gateway(msgspec.structs.replace(place.settings, valkey_url=None))
    async with place.viewer() as viewer:
        await place.current(viewer)
        await place.hold(2)
        await place.current(viewer)


@pytest.mark.parametrize(
    "message", [b"", b"nonsense", b"[[1,1,1,999999],[]]", b"[[],[]]", b'[["x"],[]]', b'[[1],["buyer:nobody",""]]']
)
async def test_wrong_and_doubled_hints_do_no_harm(place: LiveHouse, valkey: Valkey, message: bytes) -> None:
    async with place.viewer() as viewer:
        await place.current(viewer)
        for _ in range(3):
            await valkey.publish(hints.CHANNEL, message)
            await place.hold(len(await place.house.states()) - 1 - await place.seq())
        await place.current(viewer)
    positions = [(message["from"], message["seq"]) for message in place.heard if message["type"] == "seats"]
    assert [start for start, _ in positions] == [0, *(end for _, end in positions[:-1])]


async def test_a_valkey_that_is_cut_off_and_emptied_costs_nothing_but_time(place: LiveHouse, valkey: Valkey) -> None:
    async with place.viewer() as viewer:
        await place.current(viewer)
        await valkey.client_kill_filter(_type="pubsub")
        await valkey.flushall()
        await place.hold(1)
        await place.current(viewer)
        assert not place.gateway_hears
        await place.until_gateway_hears()
        await place.hold(2)
        await place.current(viewer)


async def test_a_new_epoch_makes_viewers_start_again(place: LiveHouse) -> None:
    async with place.viewer() as viewer, place.viewer("events") as reader:
        before = (await place.current(viewer)).epoch
        await place.current(reader)
        await place.hold(1)
        await place.house.database.cold.execute(NEW_EPOCH, place.house.event_id)
        for one in (viewer, reader):
            assert (await one.until(lambda seats: seats.epoch == before + 1)).seq == 1
            await place.current(one)
    assert place.words().count("reset") == 2


async def test_seats_of_a_lapsed_hold_are_free_to_viewers_when_the_sweeper_has_been(place: LiveHouse) -> None:
    await place.house.old_hold(4, ago=timedelta(seconds=301))
    async with place.viewer() as viewer:
        assert (await place.current(viewer)).states[4] == 1
        await sweep(place.house.database)
        assert (await viewer.until(lambda seats: seats.states[4] == 0)).seq == 2


async def test_viewers_stay_while_postgresql_cuts_everybody_off(place: LiveHouse) -> None:
    async with place.viewer() as viewer:
        await place.current(viewer)
        place.heard.clear()
        await place.house.database.cold.fetch(f"{CUT_ALL} AND pid <> pg_backend_pid()")
        await place.hold(1)
        await place.current(viewer)
    assert set(place.words()) == {"seats"}
