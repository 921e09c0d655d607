"""A crowd at the turnstile: new holds are refused before anything is done for them, who has seats comes through."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.integration.http.conftest import BoxOffice, assert_problem
from tests.integration.http.test_lane_protocol import exchange, reserve

from rowlock.platform.telemetry import metrics


@contextmanager
def crowd(office: BoxOffice) -> Iterator[None]:
    """The turnstile is shut while this lasts."""
    with ExitStack() as inside:
        while not office.api.turnstile.shut:
            inside.enter_context(office.api.turnstile)
        yield


def turned_away() -> float:
    """How many this process has turned away so far, as the metric tells it."""
    return float(metrics.TURNED_AWAY._value.get())


async def test_new_holds_are_turned_away_and_others_served(office: BoxOffice) -> None:
    caller = office.caller()
    booking = (await office.hold(caller, "S-1-1"))["bookingId"]
    wishes = {
        "/bookings/reserve": {"eventId": office.event, "seatIds": ["S-1-2"]},
        "/bookings": {"eventId": office.event, "seatIds": ["S-1-2"]},
        "/bookings/best-available": {"eventId": office.event, "quantity": 2},
        f"/bookings/{office.event}": {"ticketIds": ["S-1-2"], "paymentDetails": {"paymentToken": "tok_ok"}},
    }
    with crowd(office):
        for path, body in wishes.items():
            for headers in ({}, {"idempotency_key": f"key of {path}"}):
                answer = await caller.post(path, body, **headers)
                assert_problem(answer, 503, "overloaded")
                assert int(answer.headers["retry-after"]) >= 1
        assert (await caller.get(f"/bookings/{booking}")).status_code == 200
        assert (await caller.post(f"/bookings/{booking}/extend")).status_code == 200
        assert (await caller.post(f"/bookings/{booking}/confirm", {"paymentToken": "tok_ok"})).status_code == 200
        assert (await office.public.get(f"/events/{office.event}/seats")).status_code == 200
        assert await office.taken() == {"S-1-1"}
    for path, body in wishes.items():
        again = await caller.post(path, body, idempotency_key=f"key of {path}")
        assert again.status_code in {200, 201, 409}, "a refusal at the turnstile is not kept under the key"
    assert "S-1-2" in await office.taken()


async def test_who_is_turned_away_has_nothing_read(office: BoxOffice) -> None:
    """Neither token nor body, and nothing is asked of Valkey or PostgreSQL."""
    with crowd(office):
        before = turned_away()
        answers, _ = await exchange(
            office, b"POST /api/v1/bookings HTTP/1.1\r\nContent-Length: 3\r\n\r\n{[(", answers=1
        )
        assert answers[0][0].split()[1] == "503"
        assert turned_away() == before + 1
        assert_problem(await office.public.post_bytes("/bookings/reserve", b"[not JSON"), 503, "overloaded")
        assert turned_away() == before + 2


async def test_a_request_in_pieces_is_refused_all_the_same(office: BoxOffice) -> None:
    whole = reserve(office, "S-1-1")
    url = office.client.base_url
    with crowd(office):
        for cut in (1, 30, 200, len(whole) - 1):
            reader, writer = await asyncio.open_connection(url.host, url.port)
            writer.write(whole[:cut])
            await writer.drain()
            await office.public.get("/docs")  # an answer on another connection: the first piece has been read by now
            writer.write(whole[cut:])
            assert (await reader.readuntil(b"\r\n")).split()[1] == b"503"
            writer.close()


async def test_requests_one_behind_the_other_are_answered_one_by_one(office: BoxOffice) -> None:
    health = b"GET /healthz HTTP/1.1\r\nHost: box\r\n\r\n"
    with crowd(office):
        answers, _ = await exchange(office, reserve(office, "S-1-1"), health, reserve(office, "S-1-2"), answers=3)
        assert [head.split()[1] for head, _ in answers] == ["503", "200", "503"]
        assert [json.loads(answers[n][1])["code"] for n in (0, 2)] == ["overloaded"] * 2


async def test_a_body_that_looks_like_a_request_is_none(office: BoxOffice) -> None:
    """The second piece of a request is its body, whatever it says."""
    inner = reserve(office, "S-1-1")
    headers = f"Authorization: {office.caller('organiser').headers['Authorization']}\r\nExpect: 100-continue\r\n"
    head = f"POST /api/v1/plans HTTP/1.1\r\nHost: box\r\n{headers}Content-Length: {len(inner)}\r\n\r\n"
    url = office.client.base_url
    with crowd(office):
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(head.encode())
        assert (await reader.readuntil(b"\r\n\r\n")).split()[1] == b"100"
        writer.write(inner)
        assert (await reader.readuntil(b"\r\n")).split()[1] in {b"400", b"415", b"422"}
        writer.close()


async def test_a_header_that_goes_on_like_a_request_is_none(office: BoxOffice) -> None:
    """Nor is the rest of a head, when its first piece ended within a line."""
    url = office.client.base_url
    with crowd(office):
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nX-Note: ")
        await writer.drain()
        await office.public.get("/docs")  # an answer on another connection: the first piece has been read by now
        writer.write(reserve(office, "S-1-1"))
        assert (await reader.readuntil(b"\r\n")).split()[1] == b"200"
        writer.close()
