"""Bodies, headers and addresses that no honest client sends: always a clear 4xx, never a fault of ours."""

import asyncio
import json
import uuid

import asyncpg
import pytest
from starlette.requests import ClientDisconnect
from tests.integration.http.conftest import BoxOffice, assert_problem

from rowlock.kernel.limits import REQUEST_BODY_BYTES_MAX
from rowlock.platform.http.edge import problem_of

RESERVE = "/bookings/reserve"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"not json", 400),
        (b"\xff\xfe", 400),
        (b'{"eventId": "1", "seatIds": ["\xff"]}', 400),
        (b'{"eventId": "1", "seatIds": ["\\ud800"]}', 400),
        (b'{"eventId": "1", "seatIds": ["a\x00b"]}', 400),
        (b"[" * 30_000, 422),
        (b'{"a":' * 10_000, 400),
        (b'{"eventId": NaN}', 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (b'{"eventId": "1"}', 422),
        (b'{"eventId": 1.5, "seatIds": ["S-1-1"]}', 422),
        (b'{"eventId": true, "seatIds": ["S-1-1"]}', 422),
        (b'{"eventId": {"$ne": 1}, "seatIds": ["S-1-1"]}', 422),
        (b'{"eventId": "1", "seatIds": "S-1-1"}', 422),
        (b'{"eventId": "1", "seatIds": [1]}', 422),
        (b'{"eventId": "1", "seatIds": [null]}', 422),
        (b'{"eventId": "1", "seatIds": {"0": "S-1-1"}}', 422),
        (b'{"eventId": "1", "seatIds": ["S-1-1"], "ticketIds": ["S-1-1"]}', 422),
    ],
)
async def test_a_body_of_another_kind(office: BoxOffice, body: bytes, status: int) -> None:
    answer = await office.caller().post_bytes(RESERVE, body)
    assert_problem(answer, status, "malformed_request" if status == 400 else "invalid_request")
    assert await office.taken() == set()


async def test_a_huge_body_is_refused(office: BoxOffice) -> None:
    body = json.dumps({"eventId": office.event, "seatIds": ["x" * REQUEST_BODY_BYTES_MAX]}).encode()
    assert_problem(await office.caller().post_bytes(RESERVE, body), 413, "body_too_large")


async def test_a_huge_body_without_a_length_is_cut_off(office: BoxOffice) -> None:
    url = office.client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = (
        f"POST /api/v1{RESERVE} HTTP/1.1\r\nHost: box\r\nAuthorization: {office.caller().headers['Authorization']}\r\n"
    )
    writer.write(f"{head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    status = asyncio.create_task(reader.readline())
    sent = 0
    while not status.done() and sent < 1000 * REQUEST_BODY_BYTES_MAX:
        writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
        await writer.drain()
        await asyncio.sleep(0)
        sent += 1024
    assert b" 413 " in await status, "the answer comes while the body is still being sent"
    writer.close()


def test_who_hangs_up_in_the_middle_of_a_body_leaves_no_fault_of_ours() -> None:
    assert problem_of(ClientDisconnect()).kind.status == 400


def test_a_transaction_that_gave_way_to_another_may_be_tried_again() -> None:
    problem = problem_of(asyncpg.DeadlockDetectedError("deadlock detected"))
    assert (problem.code, problem.kind.status, problem.kind.retry) == ("unavailable", 503, True)


async def test_what_is_no_http_gets_a_problem_too(office: BoxOffice) -> None:
    url = office.client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: box\r\nX-Broken: \x7f\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    problem = json.loads(body)
    assert problem["code"] == "malformed_request"
    assert f"x-request-id: {problem['requestId']}".encode() in head
    writer.close()


async def test_only_json_is_taken(office: BoxOffice) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await office.caller().post_bytes(RESERVE, b"{}", media_type)
        assert_problem(answer, 415, "unsupported_media_type")
    body = json.dumps({"eventId": office.event, "seatIds": ["S-1-1"]}).encode()
    assert (await office.caller().post_bytes(RESERVE, body, "application/json; charset=utf-8")).status_code == 201


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "\\u0000\x00"])
async def test_a_letter_that_the_database_cannot_keep_is_refused_everywhere(office: BoxOffice, text: str) -> None:
    buyer, organiser = office.caller(), office.caller("organiser")
    booking = await office.hold(buyer, "S-1-1")
    event = {"name": "N", "startsAt": "2030-01-01T20:00:00Z", "planId": office.house.plan_id}
    prices = {"VIP": "1", "Regular": "1"}
    answers = [
        await buyer.post(f"/bookings/{booking['bookingId']}/confirm", {"paymentToken": text}),
        await buyer.post(f"/bookings/{office.event}", {"ticketIds": [text], "paymentDetails": {"paymentToken": "t"}}),
        await buyer.post(RESERVE, {"eventId": text, "seatIds": ["S-1-2"]}),
        await organiser.post("/venues", {"name": text}),
        await organiser.post("/venues", {"name": "V", "city": text}),
        await organiser.post("/events", event | {"prices": prices, "name": text}),
        await organiser.post("/events", event | {"prices": prices, "performers": [text]}),
        await organiser.post("/events", event | {"prices": prices, "description": text}),
        await organiser.patch(f"/events/{office.event}", {"name": text}),
        await organiser.patch(f"/events/{office.event}", {"genre": text}),
        await organiser.post_bytes("/plans?venue=a%00b", b"{}"),
    ]
    for answer in answers:
        assert 400 <= answer.status_code < 500, (answer.request.url, answer.text)
        assert_problem(answer, answer.status_code, answer.json()["code"])
    assert (await buyer.get(f"/bookings/{booking['bookingId']}")).json()["status"] == "HOLD"


async def test_a_backslash_before_u0000_is_only_text(office: BoxOffice) -> None:
    answer = await office.caller("organiser").post("/venues", {"name": "back\\u0000slash"})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
async def test_an_idempotency_key_that_cannot_be_kept(office: BoxOffice, key: str) -> None:
    body = {"eventId": office.event, "seatIds": ["S-1-1"]}
    assert_problem(await office.caller().post(RESERVE, body, idempotency_key=key), 422, "invalid_request")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/bookings/1/2/3", 404),
        ("POST", "/api/v1/events/1/seats", 405),
        ("PUT", "/api/v1/bookings/reserve", 405),
        ("DELETE", "/api/v1/events/1", 405),
        ("DELETE", "/healthz", 405),
    ],
)
async def test_addresses_and_methods_that_are_not_there(office: BoxOffice, method: str, path: str, status: int) -> None:
    answer = await office.client.request(method, path, headers=office.caller("organiser").headers)
    assert_problem(answer, status, "not_found" if status == 404 else "method_not_allowed")


async def test_a_request_id_is_taken_over_or_made(office: BoxOffice) -> None:
    given = uuid.uuid4().hex
    assert (await office.public.get("/events", x_request_id=given)).headers["x-request-id"] == given
    problem = (await office.public.get("/events/0", x_request_id=given)).json()
    assert problem["requestId"] == given
    for strange in ("short", "x" * 65, "with space in it", "line<script>"):
        made = (await office.public.get("/events", x_request_id=strange)).headers["x-request-id"]
        assert made != strange
        assert len(made) == 32
