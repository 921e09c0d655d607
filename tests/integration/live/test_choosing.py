"""Viewers see what others have selected: softly, without themselves in it, and not at all without Valkey."""

import json
from collections.abc import Callable

import pytest
from tests.integration.live.conftest import LiveHouse
from valkey.asyncio import Valkey
from websockets.asyncio.client import ClientConnection

from rowlock.live import choices, choosing

ANNA, BEN = "buyer:anna", "buyer:ben"
Numbers = dict[int, int]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Viewers are told often."""
    monkeypatch.setattr(choosing, "TELL_SECONDS", 0.02)


async def until(socket: ClientConnection, condition: Callable[[Numbers], bool]) -> Numbers:
    """What a viewer has been told of others' selections, once it fulfils the condition."""
    numbers: Numbers = {}
    while not condition(numbers):
        message = json.loads(await socket.recv())
        if message["type"] == "choosing":
            numbers |= dict(message["changes"])
    return numbers


async def choose(socket: ClientConnection, *seats: int) -> None:
    """Say what is selected."""
    await socket.send(json.dumps({"type": "choosing", "seats": seats}))


async def test_others_see_what_somebody_selects_and_drops(place: LiveHouse) -> None:
    async with place.socket() as (watcher, _):
        async with place.socket(ANNA) as (anna, _), place.socket(BEN) as (ben, _):
            await choose(anna, 1, 2)
            await until(watcher, lambda numbers: numbers == {1: 1, 2: 1})
            await choose(ben, 2, 3)
            await until(watcher, lambda numbers: numbers.get(2) == 2)
            assert await until(anna, lambda numbers: 3 in numbers) == {1: 0, 2: 1, 3: 1}
            assert (await until(ben, lambda numbers: 3 in numbers)) == {1: 1, 2: 1, 3: 0}
        await until(watcher, lambda numbers: numbers.get(1) == 0 and numbers.get(2) == 0 and numbers.get(3) == 0)


async def test_who_comes_later_is_told_what_stands(place: LiveHouse) -> None:
    async with place.socket(ANNA) as (anna, _), place.socket() as (watcher, _):
        await choose(anna, 4)
        await until(watcher, lambda numbers: numbers == {4: 1})
        async with place.socket() as (late, _):
            assert await until(late, bool) == {4: 1}
        async with place.socket(ANNA) as (tab, _):
            await choose(tab, 4, 5)
            assert await until(watcher, bool) == {5: 1}


async def test_no_more_seats_than_a_booking_has_and_none_without_a_ticket(place: LiveHouse) -> None:
    async with place.socket() as (nobody, _), place.socket(ANNA) as (anna, _), place.socket() as (watcher, _):
        await choose(nobody, 40)
        await choose(anna, -1, 50, 1 << 40, *range(30))
        numbers = await until(watcher, bool)
        assert sorted(numbers) == list(range(place.settings.seats_per_booking_max - 3))


async def test_selections_end_when_valkey_is_gone(
    place: LiveHouse, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "EXPIRY_SECONDS", 0.2)
    async with place.socket(ANNA) as (anna, _), place.socket() as (watcher, _):
        await choose(anna, 1)
        await until(watcher, lambda numbers: numbers.get(1) == 1)
        await valkey.client_kill_filter(_type="pubsub")
        await until(watcher, lambda numbers: numbers.get(1) == 0)


async def test_two_gateways_show_the_same(place: LiveHouse) -> None:
    async with place.socket() as (watcher, _):
        other = LiveHouse(place.api, place.house, place.client, place.settings, place.post.with_name("other"))
        await other.open_gateway()
        async with place.socket(ANNA, port=other.port) as (anna, _):
            await choose(anna, 9)
            await until(watcher, lambda numbers: numbers == {9: 1})
        await until(watcher, lambda numbers: numbers == {9: 0})
        await other.kill_gateway()
