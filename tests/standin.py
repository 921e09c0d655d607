"""The stand-in for payment providers as a process of its own, and somebody who listens to its webhooks."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from stripe import StripeClient

from rowlock.payments.providers.stripe_connections import StripeConnections
from rowlock.standin import STRIPE_SECRET_KEY

STOP_SECONDS = 10
ANSWER_SECONDS = 30


class StandInProcess:
    """`rowlock dev payments`, which may be killed and started again with what it knew."""

    def __init__(self, journal: Path, *options: str) -> None:
        self._journal = journal
        self._options = options
        self._port = 0
        self.url = ""

    def start(self) -> "StandInProcess":
        """Start it, on the port that it had before; returns when it serves."""
        command = [sys.executable, "-m", "rowlock", "dev", "payments", "--port", str(self._port)]
        self._process = subprocess.Popen(
            [*command, "--journal", str(self._journal), *self._options], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        ready, _, self.url = self._process.stdout.readline().strip().partition(" ")
        assert ready == "ready", self._process.stdout.read()
        self._port = httpx.URL(self.url).port or 0
        return self

    def kill(self) -> None:
        """kill -9"""
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """Let it stop by itself."""
        self._process.terminate()
        self._end()

    def misbehave(self, **switches: object) -> None:
        """Set the switches; without any, it behaves."""
        self.ask("PUT", "/control", switches)

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  whatever JSON it is
        """What one of its own addresses answers."""
        answer = httpx.request(method, self.url + path, json=body, timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def _end(self) -> None:
        self._process.wait(STOP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Letter(NamedTuple):
    """A webhook as it arrived."""

    headers: Mapping[str, str]
    body: bytes


class Listener:
    """Takes webhooks in, once it is told which status to answer with."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[Letter] = asyncio.Queue()
        self.statuses: list[int] = []
        """What the next letters are answered with; then 200."""
        self.url = ""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one letter."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        status = self.statuses.pop(0) if self.statuses else 200
        self.arrived.put_nowait(Letter(headers, body))
        writer.write(f"HTTP/1.1 {status} Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """A listener on a port of its own."""
    listener = Listener()
    server = await asyncio.start_server(listener.take, "127.0.0.1", 0)
    listener.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield listener


@asynccontextmanager
async def stripe_client(standin: StandInProcess) -> AsyncIterator[StripeClient]:
    """The official SDK, pointed at the stand-in."""
    connections = StripeConnections(5)
    yield StripeClient(STRIPE_SECRET_KEY, base_addresses={"api": f"{standin.url}/stripe"}, http_client=connections)
    await connections.close_async()
