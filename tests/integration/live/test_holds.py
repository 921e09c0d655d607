"""People hear that their holds end, by the database's clock, and nobody hears of others' holds."""

import json
from datetime import timedelta

import pytest
from tests.integration.live.conftest import LiveHouse
from websockets.asyncio.client import ClientConnection

from rowlock.identity import Person
from rowlock.inventory import SaleClock
from rowlock.live import holds
from rowlock.live.client import Message

ANNA, BEN = "buyer:anna", "buyer:ben"
OLD = timedelta(seconds=280)
"""The age at which a hold of 300 s ends in 20."""


async def next_of(socket: ClientConnection, kind: str) -> Message:
    """The next message of that type."""
    while True:
        message: Message = json.loads(await socket.recv())
        if message["type"] == kind:
            return message


async def test_who_connects_near_the_end_of_a_hold_hears_at_once_how_long_it_lasts(place: LiveHouse) -> None:
    hold = await place.house.old_hold(1, ago=OLD, buyer=ANNA)
    for _ in range(2):
        async with place.socket(ANNA) as (socket, _hello):
            warning = await next_of(socket, "holdExpiring")
        assert warning["bookingId"] == str(hold.booking_id)
        assert 15 <= warning["expiresIn"] <= 20


async def test_a_second_tab_is_warned_and_the_first_not_twice(place: LiveHouse) -> None:
    await place.house.old_hold(1, ago=OLD, buyer=ANNA)
    async with place.socket(ANNA) as (first, _):
        await next_of(first, "holdExpiring")
        async with place.socket(ANNA) as (second, _):
            await next_of(second, "holdExpiring")
            await place.hold(5)
            assert json.loads(await first.recv())["type"] == "seats"


async def test_the_warning_and_the_end_come_when_the_database_says_so(
    place: LiveHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holds, "WARNING_SECONDS", 0.3)
    hold = await place.house.old_hold(1, ago=timedelta(seconds=299.2), buyer=ANNA)
    async with place.socket(ANNA) as (socket, _hello):
        for kind in ("holdExpiring", "holdExpired"):
            message = json.loads(await socket.recv())
            assert (message["type"], message["bookingId"]) == (kind, str(hold.booking_id))
        left = "SELECT hold_expires_at <= clock_timestamp() FROM bookings WHERE id = $1"
        assert await place.house.database.cold.fetchval(left, hold.booking_id)


async def test_a_hold_made_while_watching_is_warned_of(place: LiveHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "WARNING_SECONDS", 299.9)
    async with place.socket(ANNA) as (socket, _hello):
        hold = await place.hold(1, buyer=ANNA)
        assert (await next_of(socket, "holdExpiring"))["bookingId"] == str(hold.booking_id)


async def test_a_released_hold_is_not_spoken_of_and_others_hear_nothing(place: LiveHouse) -> None:
    released = await place.house.old_hold(1, ago=OLD, buyer=ANNA)
    async with place.socket(ANNA) as (anna, _), place.socket(BEN) as (ben, _), place.socket() as (nobody, _):
        await next_of(anna, "holdExpiring")
        await place.release(released)
        standing = await place.house.old_hold(2, ago=OLD, buyer=BEN)
        await place.hold(3, buyer=BEN)
        assert (await next_of(ben, "holdExpiring"))["bookingId"] == str(standing.booking_id)
        seen: dict[int, int] = {}
        for socket in (anna, nobody):
            while 3 not in seen:
                message = json.loads(await socket.recv())
                assert message["type"] == "seats"
                seen |= dict(message["changes"])
            seen.clear()


async def test_a_pause_is_told_to_all_and_what_it_leaves_to_those_who_hold(place: LiveHouse) -> None:
    hold = await place.house.old_hold(1, ago=timedelta(seconds=200), buyer=ANNA)
    clock = SaleClock(place.house.database, place.api.seats_changed)
    staff = Person("operator:olga", "operator")
    async with place.socket(ANNA) as (anna, _), place.socket() as (nobody, hello):
        assert not hello["clockStopped"]
        for turn, stopped in ((clock.stop, True), (clock.start, False)):
            await turn(place.house.event_id, staff)
            for socket in (anna, nobody):
                assert await next_of(socket, "sale") == {"type": "sale", "clockStopped": stopped}
            told = await next_of(anna, "holdClock")
            assert (told["bookingId"], told["clockStopped"]) == (str(hold.booking_id), stopped)
            assert 90 <= told["expiresIn"] <= 100
            async with place.socket(BEN) as (_, greeting):
                assert greeting["clockStopped"] == stopped
