"""Requests as bytes, for what no honest client sends."""

import asyncio
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

SECONDS_MAX = 5.0


class WireAnswer(NamedTuple):
    """One answer on a connection."""

    status: int
    headers: dict[str, str]
    body: bytes


async def exchange(client: httpx.AsyncClient, sent: bytes) -> list[WireAnswer]:
    """Every answer the server gives to these bytes until it closes, or until our closing half ends the connection."""
    host, port = client.base_url.host, client.base_url.port or 80
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(sent)
        await writer.drain()
        async with asyncio.timeout(SECONDS_MAX):
            return await _answers(reader)
    finally:
        writer.close()


async def _answers(reader: asyncio.StreamReader) -> list[WireAnswer]:
    answers: list[WireAnswer] = []
    while True:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return answers
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        answers.append(WireAnswer(int(head[0].split()[1]), headers, body))
        if headers.get("connection", "") == "close":
            return answers


def host_of(client: httpx.AsyncClient) -> str:
    """What stands in an honest Host line."""
    return urlsplit(str(client.base_url)).netloc
