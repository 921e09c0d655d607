"""Who gets in, who is kept out and with which words, and how streams end."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Literal

import msgspec
import pytest
from tests.integration.live.conftest import WAIT_SECONDS_MAX, LiveHouse
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from rowlock.identity import Person
from rowlock.identity.revocations import revoke
from rowlock.kernel import limits
from rowlock.live import heartbeat
from rowlock.live.asyncapi import build_document

EVENTS = {"Accept": "text/event-stream"}


async def refused(place: LiveHouse, query: str = "", event: str | None = None, **headers: str) -> tuple[int, str]:
    """Status and code of a refusal; the answer must be a whole problem document."""
    target = f"/api/v1/events/{event or place.event}/stream{query}"
    answer = await place.client.get(target, headers={**EVENTS, **headers})
    problem = answer.json()
    assert problem["requestId"] == answer.headers["x-request-id"]
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["code"]


async def test_what_is_no_stream_is_told_so(place: LiveHouse) -> None:
    token = place.api.signer.issue("buyer:anna", "buyer")
    assert await refused(place, event="999") == (404, "event_not_found")
    assert await refused(place, event="nonsense") == (404, "event_not_found")
    assert await refused(place, "?since=x") == (422, "invalid_request")
    assert await refused(place, Accept="text/html") == (426, "upgrade_required")
    assert await refused(place, "?ticket=forged") == (401, "unauthenticated")
    assert await refused(place, f"?ticket={token}") == (401, "unauthenticated")
    answer = await place.client.post(f"/api/v1/events/{place.event}/stream")
    assert answer.json()["code"] == "method_not_allowed"


async def test_a_ticket_is_no_access_token_and_is_not_given_without_one(place: LiveHouse) -> None:
    ticket = await place.ticket("buyer:anna")
    answer = await place.client.get("/api/v1/bookings", headers={"Authorization": f"Bearer {ticket}"})
    assert answer.status_code == 401
    assert (await place.client.post("/api/v1/stream-tickets")).status_code == 401


async def test_an_expired_ticket_opens_nothing(place: LiveHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STREAM_TICKET_SECONDS", -1)
    assert await refused(place, f"?ticket={await place.ticket('buyer:anna')}") == (401, "unauthenticated")


@pytest.mark.parametrize("kind", ["session", "subject"])
async def test_streams_of_an_ended_session_are_closed_within_a_second(
    place: LiveHouse, kind: Literal["session", "subject"]
) -> None:
    anna = Person("buyer:anna", "buyer", session_id="phone")
    thing = "phone" if kind == "session" else "buyer:anna"
    async with place.socket(anna) as (hers, _), place.socket("buyer:ben") as (his, _):
        database = place.house.database
        async with database.cold.acquire() as connection, connection.transaction():
            await revoke(connection, kind, thing, 60)
        async with asyncio.timeout(1.0):
            await hers.wait_closed()
        assert hers.close_code == 4409
        await his.ping()
    if kind == "session":
        assert await refused(place, f"?ticket={place.api.signer.issue_ticket(anna)}") == (401, "unauthenticated")


async def test_pages_of_other_sites_are_kept_out_unless_listed(place: LiveHouse) -> None:
    assert await refused(place, Origin="https://elsewhere.example") == (403, "origin_not_allowed")
    assert await refused(place, Origin="null") == (403, "origin_not_allowed")
    with pytest.raises(InvalidStatus):
        async with place.socket(Origin="https://elsewhere.example"):
            pass
    async with place.socket(Origin=place.url.rstrip("/")):
        pass
    await place.stop_gateway()
    await place.open_gateway(msgspec.structs.replace(place.settings, stream_origins="https://elsewhere.example"))
    async with place.socket(Origin="https://elsewhere.example"):
        pass


@pytest.mark.parametrize("limited", ["", "_per_address", "_per_person"])
async def test_connections_past_a_limit_are_refused_until_others_end(place: LiveHouse, limited: str) -> None:
    await place.stop_gateway()
    await place.open_gateway(msgspec.structs.replace(place.settings, **{f"stream_connections{limited}_max": 2}))
    ticket = await place.ticket("buyer:anna")
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(place.socket("buyer:anna"))
        assert await refused(place, f"?ticket={ticket}") == (429, "too_many_connections")
        if limited == "_per_person":
            async with place.socket("buyer:ben"):
                pass
    await place.gateway_is_empty()
    async with place.socket("buyer:anna"):
        pass


async def test_a_message_too_large_ends_the_stream(place: LiveHouse) -> None:
    async with place.socket() as (socket, _):
        await socket.send("x" * (limits.STREAM_MESSAGE_BYTES_MAX + 1))
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1009


async def test_messages_nobody_knows_and_pings_of_the_socket_do_no_harm(place: LiveHouse) -> None:
    async with place.socket() as (socket, _):
        await socket.send('{"type":"whatever"}')
        await socket.send("no json at all")
        await (await socket.ping())
        await place.hold(1)
        assert json.loads(await socket.recv())["type"] == "seats"


async def test_a_viewer_who_does_not_read_is_sent_away_while_others_go_on(
    place: LiveHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STREAM_BUFFER_BYTES_MAX", 2_000)
    monkeypatch.setattr(limits, "STREAM_SOCKET_BYTES", 2_000)
    reader, writer, slow = await place.bare_stream(receive_bytes=2_000)
    async with place.viewer() as viewer, asyncio.timeout(WAIT_SECONDS_MAX):
        while not slow.leaving:
            hold = await place.hold(*range(50))
            await place.release(hold)
            await place.current(viewer)
        writer.write(Frame(Opcode.CLOSE, b"").serialize(mask=True))
        assert (await reader.read()).endswith(b"\x88\x0a\x11\x38too slow")
        await place.hold(0)
        await place.current(viewer)
    writer.close()


async def test_at_shutdown_viewers_are_told_to_go_elsewhere(place: LiveHouse) -> None:
    async with place.socket() as (socket, _), place.viewer("events") as reader:
        await place.current(reader)
        await place.stop_gateway()
        assert not place.gateway.viewers
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4409


async def test_what_never_becomes_a_request_is_cut(place: LiveHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STREAM_HEAD_SECONDS_MAX", 0.0)
    monkeypatch.setattr(heartbeat, "TICK_SECONDS", 0.02)
    for half in (b"", b"GET /api/v1/events/1/stream HTT"):
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        writer.write(half)
        assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize("rubbish", [b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"x" * 20_000])
async def test_what_is_no_http_gets_a_problem_document(place: LiveHouse, rubbish: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(rubbish)
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"malformed_request"' in answer
    writer.close()


async def test_a_viewer_silent_through_two_pings_is_cut(place: LiveHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STREAM_HEARTBEAT_SECONDS", 1)
    monkeypatch.setattr(heartbeat, "TICK_SECONDS", 0.1)
    await place.stop_gateway()
    await place.open_gateway()
    async with place.viewer() as answers:
        await place.current(answers)
        reader, writer, _ = await place.bare_stream(receive_bytes=100_000)
        assert (await reader.read()).count(b'{"type":"ping"}') == 2
        assert answers.state == "live"
        writer.close()


async def test_the_gateway_alone_answers_operators(place: LiveHouse) -> None:
    for path, word in (("healthz", b'"ok"'), ("readyz", b'"ready"'), ("metrics", b"rowlock_streams")):
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert word in answer
        writer.close()


async def test_the_document_of_the_stream_is_served(place: LiveHouse) -> None:
    answer = await place.client.get("/api/v1/asyncapi.json")
    assert answer.json() == build_document()
