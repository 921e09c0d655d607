"""Viewers of one event see every change, whichever way they watch and whatever happened to them on the way."""

import asyncio

import pytest
from tests.integration.live.conftest import LiveHouse

from rowlock.kernel import limits
from rowlock.live.client import Way

every_way = pytest.mark.parametrize("way", ["websocket", "events", "poll"])


@every_way
async def test_a_viewer_sees_holds_and_releases(place: LiveHouse, way: Way) -> None:
    async with place.viewer(way) as viewer:
        await place.current(viewer)
        hold = await place.hold(3, 4)
        assert (await place.current(viewer)).states[3] == 1
        await place.release(hold)
        assert (await place.current(viewer)).states[3] == 0


async def test_the_first_message_says_where_the_stream_begins(place: LiveHouse) -> None:
    await place.hold(0)
    async with place.viewer() as viewer:
        await place.current(viewer)
        await place.hold(1)
        await place.current(viewer)
    hello, seats = place.heard
    assert (hello["type"], hello["seq"], hello["heartbeat"]) == ("hello", 1, 25)
    assert seats == {"type": "seats", "from": 1, "seq": 2, "changes": [[1, 1]]}


@pytest.mark.parametrize("way", ["websocket", "events"])
async def test_a_short_absence_is_made_up_from_the_window(place: LiveHouse, way: Way) -> None:
    async with place.viewer(way) as stays, place.viewer(way) as viewer:
        await place.current(viewer)
        await viewer.cut()
        hold = await place.hold(5)
        await place.release(hold)
        await place.hold(6)
        await place.current(stays)
        place.heard.clear()
        viewer.resume()
        await place.current(viewer)
    assert place.heard[0]["seq"] == 0
    assert place.heard[1] == {"type": "seats", "from": 0, "seq": 3, "changes": [[5, 0], [6, 1]]}


async def test_a_new_gateway_makes_an_absence_up_from_the_ledger(place: LiveHouse) -> None:
    async with place.viewer() as viewer:
        await place.current(viewer)
        await place.kill_gateway()
        await viewer.cut()
        await place.hold(7)
        await place.open_gateway()
        place.heard.clear()
        viewer.resume()
        await place.current(viewer)
    assert place.words() == ["hello", "seats"]


async def test_a_long_absence_ends_in_a_snapshot(place: LiveHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SINCE_ROWS_MAX", 3)
    async with place.viewer() as viewer, place.viewer("events") as stays:
        await place.current(viewer)
        await viewer.cut()
        for seat_no in range(5):
            await place.hold(seat_no)
            await place.current(stays)
        place.heard.clear()
        viewer.resume()
        await place.current(viewer)
    assert place.words() == ["hello", "reset"]


async def test_without_a_gateway_the_api_says_when_to_try_again(place: LiveHouse) -> None:
    await place.kill_gateway()
    answer = await place.client.get(f"/api/v1/events/{place.event}/stream", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["code"] == "unavailable"


async def test_viewers_come_back_to_a_new_gateway_by_themselves(place: LiveHouse) -> None:
    async with place.viewer() as viewer:
        await place.current(viewer)
        await place.stop_gateway()
        await place.hold(8)
        await place.open_gateway()
        await place.current(viewer)


async def test_many_viewers_hear_the_same(place: LiveHouse) -> None:
    viewers = [place.viewer("events" if number % 3 == 0 else "websocket") for number in range(20)]
    await asyncio.gather(*(viewer.__aenter__() for viewer in viewers))
    try:
        await place.hold(*range(10))
        for viewer in viewers:
            await place.current(viewer)
    finally:
        await asyncio.gather(*(viewer.cut() for viewer in viewers))
