"""Sale calls on the short way, byte for byte: order, ends of connections, and the same answers as through ASGI."""

import asyncio
import json

from tests.integration.http.conftest import BoxOffice

RESERVE = "/api/v1/bookings/reserve"


def reserve(office: BoxOffice, *seats: str, headers: str = "", version: str = "1.1") -> bytes:
    body = json.dumps({"eventId": office.event, "seatIds": seats}).encode()
    head = (
        f"POST {RESERVE} HTTP/{version}\r\nHost: box\r\nAuthorization: {office.caller().headers['Authorization']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode() + body


async def exchange(office: BoxOffice, *requests: bytes, answers: int) -> tuple[list[tuple[str, bytes]], bool]:
    """Send in one write; the answers (head, body) in order, and whether the server then closed the connection."""
    url = office.client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"".join(requests))
    found = []
    for _ in range(answers):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        found.append((head, await reader.readexactly(length)))
    writer.write_eof()
    ended = await reader.read() == b""
    writer.close()
    return found, ended


async def test_pipelined_calls_are_answered_in_order(office: BoxOffice) -> None:
    health = b"GET /healthz HTTP/1.1\r\nHost: box\r\n\r\n"
    calls = (reserve(office, "S-1-1"), health, reserve(office, "S-1-2"), reserve(office, "S-1-1"))
    answers, _ = await exchange(office, *calls, answers=4)
    assert [head.split()[1] for head, _ in answers] == ["201", "200", "201", "409"]
    assert [json.loads(answers[n][1])["seats"][0]["id"] for n in (0, 2)] == ["S-1-1", "S-1-2"]


async def test_a_caller_who_asks_to_close_is_heard(office: BoxOffice) -> None:
    answers, ended = await exchange(office, reserve(office, "S-1-1", headers="Connection: close\r\n"), answers=1)
    assert answers[0][0].startswith("http/1.1 201")
    assert "connection: close" in answers[0][0]
    assert ended


async def test_an_old_client_goes_the_long_way(office: BoxOffice) -> None:
    answers, ended = await exchange(office, reserve(office, "S-1-1", version="1.0"), answers=1)
    assert answers[0][0].split()[1] == "201"
    assert ended


async def test_both_ways_answer_alike(office: BoxOffice) -> None:
    short, _ = await exchange(office, reserve(office, "S-1-1"), answers=1)
    long, _ = await exchange(office, reserve(office, "S-1-2", headers="Idempotency-Key: a\r\n"), answers=1)
    names = [{line.split(":")[0] for line in head.split("\r\n")[1:]} for head, _ in (short[0], long[0])]
    assert names[0] == names[1]
    assert json.loads(short[0][1]).keys() == json.loads(long[0][1]).keys()
    refused, _ = await exchange(office, reserve(office, "S-1-1"), answers=1)
    kept, _ = await exchange(office, reserve(office, "S-1-1", headers="Idempotency-Key: b\r\n"), answers=1)
    assert json.loads(refused[0][1]).keys() == json.loads(kept[0][1]).keys()
    assert "content-type: application/problem+json" in refused[0][0]
