"""Those who wait hear of their line: the board, their place, and their turn as soon as it has come."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.house import STAFF
from tests.integration.live.conftest import WAIT_SECONDS_MAX, HeedfulConnection, LiveHouse, check_described
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from rowlock.live.client import Message
from rowlock.waiting_room.model import ControlBody

SERVE = "UPDATE waiting_rooms SET served = $2, version = version + 1 WHERE event_id = $1"
DRAW = """
WITH noted AS (INSERT INTO waiting_room_ranks (event_id, round, first_no, ranks) SELECT $1, round, 0, $2::bytea
               FROM waiting_rooms WHERE event_id = $1)
UPDATE waiting_rooms SET drawn = length($2::bytea) / 4, version = version + 1 WHERE event_id = $1
"""
TURN_SECONDS_MAX = 1.0


async def control(place: LiveHouse, **changes: object) -> None:
    """What staff do with the room."""
    await place.api.waiting_room.control.change(place.event, ControlBody(**changes), STAFF)  # type: ignore[arg-type]


async def joined(place: LiveHouse, subject: str) -> str:
    """A place in the line: its ticket."""
    token = place.api.signer.issue(subject, "buyer")
    place.client.cookies.clear()  # of whoever joined before
    answer = await place.client.post(
        f"/api/v1/events/{place.event}/queue", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["queueTicket"])


@asynccontextmanager
async def waiting(place: LiveHouse, ticket: str = "", **headers: str) -> AsyncIterator[ClientConnection]:
    """A stream of the line, through the api."""
    query = f"?queueTicket={ticket}" if ticket else ""
    async with connect(
        f"ws://127.0.0.1:{place.client.base_url.port}/api/v1/events/{place.event}/queue/stream{query}",
        subprotocols=[Subprotocol("rowlock.v1")], compression=None, ping_interval=None, additional_headers=headers,
        create_connection=HeedfulConnection,
    ) as connection:  # fmt: skip
        yield connection


async def heard(connection: ClientConnection, kind: str) -> Message:
    """The next message of that type."""
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while (message := json.loads(await connection.recv()))["type"] != kind:
            continue
    return dict(message)


async def board_where(connection: ClientConnection, **facts: object) -> Message:
    """The first board that says so."""
    while True:
        board = (await heard(connection, "board"))["line"]
        if all(board.get(name) == fact for name, fact in facts.items()):
            return dict(board)


async def test_each_hears_of_their_turn_as_soon_as_it_comes_and_nobody_else(place: LiveHouse) -> None:
    await control(place, mode="fifo", admit_per_minute=0)
    tickets = [await joined(place, f"buyer:{name}") for name in ("anna", "ben", "carl")]
    async with AsyncExitStack() as stack:
        anna = await stack.enter_async_context(waiting(place, tickets[0]))
        ben = await stack.enter_async_context(waiting(place, Cookie=f"rowlock_queue_{place.event}={tickets[1]}"))
        carl = await stack.enter_async_context(waiting(place, tickets[2]))
        assert [(await heard(one, "place"))["rank"] for one in (anna, ben, carl)] == [0, 1, 2]
        begun = time.monotonic()
        await place.house.database.cold.execute(SERVE, place.house.event_id, 2)
        await asyncio.gather(heard(anna, "turn"), heard(ben, "turn"))
        assert time.monotonic() - begun < TURN_SECONDS_MAX
        await board_where(carl, served=2)
        await control(place, message="Nearly there.")
        said = [json.loads(await carl.recv())]
        while said[-1].get("line", {}).get("message") != "Nearly there.":
            said.append(json.loads(await carl.recv()))
        assert {message["type"] for message in said} <= {"board", "ping"}, "it is not his turn"
        async with waiting(place, tickets[0]) as again:
            await heard(again, "turn")


async def test_what_staff_say_and_do_is_told_at_once_with_the_same_words_to_all(place: LiveHouse) -> None:
    await control(place, mode="fifo", admit_per_minute=0)
    async with waiting(place) as one, waiting(place, await joined(place, "buyer:x")) as two:
        await asyncio.gather(heard(one, "board"), heard(two, "place"))
        await control(place, message="Ten minutes late, sorry.")
        first = await asyncio.gather(*(board_where(who, message="Ten minutes late, sorry.") for who in (one, two)))
        assert first[0] == first[1]
        await control(place, paused=True)
        await board_where(one, paused=True)
        await control(place, paused=False)
        await board_where(one, paused=None)
        await control(place, mode="off")
        await board_where(one, mode="off")


async def test_a_draw_tells_everybody_where_they_stand_now(place: LiveHouse) -> None:
    await control(place, mode="draw", admit_per_minute=0)
    tickets = [await joined(place, f"buyer:{name}") for name in ("anna", "ben")]
    async with waiting(place, tickets[0]) as anna, waiting(place, tickets[1]) as ben:
        await asyncio.gather(heard(anna, "board"), heard(ben, "board"))
        ranks = b"".join(rank.to_bytes(4, "little") for rank in (1, 0))
        await place.house.database.cold.execute(DRAW, place.house.event_id, ranks)
        assert [(await heard(one, "place"))["rank"] for one in (anna, ben)] == [1, 0]
        await place.house.database.cold.execute(SERVE, place.house.event_id, 1)
        await heard(ben, "turn")
        async with waiting(place, tickets[0]) as again:
            assert (await heard(again, "place"))["rank"] == 1


async def test_events_read_the_same_messages(place: LiveHouse) -> None:
    await control(place, mode="fifo", admit_per_minute=0)
    ticket = await joined(place, "buyer:reader")
    target = f"/api/v1/events/{place.event}/queue/stream?queueTicket={ticket}"
    async with place.client.stream("GET", target, headers={"Accept": "text/event-stream"}) as answer:
        told = []
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                told.append(json.loads(line.removeprefix("data: ")))
                check_described(told[-1])
                if told[-1]["type"] == "place":
                    break
    assert [message["type"] for message in told] == ["board", "place"]


async def test_seats_are_shown_live_only_to_those_whose_turn_it_is(place: LiveHouse) -> None:
    buyer = "buyer:anna"
    async with place.socket(buyer) as (watching, _):
        await control(place, mode="fifo", admit_per_minute=0)
        ticket = await joined(place, buyer)
        await watching.wait_closed()
        assert watching.close_code == 4409
    target = f"/api/v1/events/{place.event}/stream?ticket={await place.ticket(buyer)}"
    refused = await place.client.get(target, headers={"Accept": "text/event-stream"})
    assert (refused.status_code, refused.json()["code"]) == (403, "admission_needed")
    await place.house.database.cold.execute(SERVE, place.house.event_id, 1)
    await place.api.waiting_room.watch.catch_up()
    token = place.api.signer.issue(buyer, "buyer")
    answer = await place.client.get(
        f"/api/v1/events/{place.event}/queue",
        headers={"Authorization": f"Bearer {token}", "X-Queue-Ticket": ticket},
    )
    admission = answer.json()["admissionToken"]
    async with place.socket(buyer, **{"X-Admission": admission}) as (_, hello):
        assert hello["type"] == "hello"
