"""An open loop: requests leave on a schedule, whatever became of those before, as people come who know of nobody else.

A latency counts from the moment a request was scheduled for, not from when it could be sent: what had to wait because
the server, or this generator, was slow has waited (no coordinated omission).
"""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Iterator
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop

from benchmarks.load import HEAD_END, body_length

STATUS = slice(9, 12)
"""Where the status stands in `HTTP/1.1 201 Created`."""
TICK_SECONDS = 0.001
"""How often requests that are due leave: a generator that never slept would take a core from those it measures."""
GRACE_SECONDS = 5.0
"""How long the last requests may take; what has no answer then is counted as left."""


class OpenLoad(msgspec.Struct, frozen=True):
    """What an open loop saw: `offered` requests in `seconds`, latencies in seconds by status, in order of size."""

    seconds: float
    offered: int
    latencies: dict[int, list[float]]

    @property
    def unanswered(self) -> int:
        """Requests that had no answer when the loop was over."""
        return self.offered - sum(map(len, self.latencies.values()))

    def count(self, status: int) -> int:
        """Answers of this status."""
        return len(self.latencies.get(status, ()))

    def per_second(self, status: int) -> float:
        """Answers of this status a second, over the time in which requests were sent."""
        return self.count(status) / self.seconds

    def percentile_ms(self, status: int, share: float) -> float:
        """The latency that `share` of the answers of this status stayed below, in milliseconds; 0 without any."""
        found = self.latencies.get(status)
        return found[min(len(found) - 1, int(share * len(found)))] * 1000 if found else 0.0


class _Line(asyncio.Protocol):
    """One keep-alive connection; it carries one request at a time and then tells its loop that it is free."""

    def __init__(self, loop: "_OpenLoop") -> None:
        self._loop = loop
        self._answer = b""
        self._request = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by inheritance

    def send(self, request: bytes, due: float) -> None:
        self._request, self._due = request, due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer = self._answer + data if self._answer else data
        head_end = self._answer.find(HEAD_END)
        if head_end < 0 or len(self._answer) < head_end + len(HEAD_END) + body_length(self._answer[:head_end]):
            return
        status, self._answer = int(self._answer[STATUS]), b""
        self._loop.answered(self, self._request, status, time.perf_counter() - self._due)

    def connection_lost(self, exc: Exception | None) -> None:
        self._loop.lost(exc)

    def close(self) -> None:
        self._transport.close()


class _OpenLoop:
    """Requests that come at `rate` a second on average, as independent people do, over at most so many connections."""

    def __init__(self, requests: Iterator[bytes], rate: float, seconds: float, again: int | None) -> None:
        self._requests = requests
        self._rate, self._seconds = rate, seconds
        self._again_status = again
        self._again: deque[bytes] = deque()
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._idle: deque[_Line] = deque()  # used in turn: one that idles for five seconds is ended by the server
        self._latencies: dict[int, list[float]] = {}
        self._offered = 0
        self._open = 0
        self._all_answered = asyncio.Event()
        self._fault: Exception | None = None

    async def run(self, host: str, port: int, connections: int) -> OpenLoad:
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, line = await loop.create_connection(lambda: _Line(self), host, port)
            self._idle.append(line)
        lines = list(self._idle)
        await self._send_all(random.Random(1))
        with contextlib.suppress(TimeoutError):  # what is left then is counted as unanswered
            await asyncio.wait_for(self._all_answered.wait(), GRACE_SECONDS)
        fault, self._fault = self._fault, None
        for line in lines:
            line.close()
        if fault is not None:
            raise fault
        latencies = {status: sorted(found) for status, found in self._latencies.items()}
        return OpenLoad(self._seconds, self._offered, latencies)

    async def _send_all(self, dice: random.Random) -> None:
        """Let every request go at its moment; what comes too late for it goes at once."""
        due = started = time.perf_counter()
        while due < started + self._seconds and self._fault is None:
            now = time.perf_counter()
            while due <= now:
                self._arrive(due)
                due += dice.expovariate(self._rate)
            await asyncio.sleep(max(TICK_SECONDS, due - now))

    def _arrive(self, due: float) -> None:
        request = self._again.popleft() if self._again else next(self._requests)
        self._offered += 1
        self._open += 1
        self._all_answered.clear()
        if self._idle:
            self._idle.popleft().send(request, due)
        else:
            self._waiting.append((request, due))

    def answered(self, line: _Line, request: bytes, status: int, latency: float) -> None:
        self._latencies.setdefault(status, []).append(latency)
        if status == self._again_status:
            self._again.append(request)
        self._open -= 1
        if self._open == 0:
            self._all_answered.set()
        if self._waiting:
            line.send(*self._waiting.popleft())
        else:
            self._idle.append(line)

    def lost(self, fault: Exception | None) -> None:
        self._fault = fault or ConnectionResetError("the server closed a connection")
        self._all_answered.set()


def run_open_loop(
    url: str, requests: Iterator[bytes], *, rate: float, seconds: float, connections: int, again: int | None = None
) -> OpenLoad:
    """Send `requests` at `rate` a second for so long; those answered with status `again` are sent once more later."""
    host, port = urlsplit(url).netloc.split(":")

    async def run() -> OpenLoad:
        return await _OpenLoop(requests, rate, seconds, again).run(host, int(port), connections)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())
