"""A closed loop of keep-alive clients that costs little itself: prepared requests, answers read by their length.

Each client sends its next request when it has the whole answer to the last one.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


class LoadResult(msgspec.Struct, frozen=True):
    """What a closed loop saw. Latencies are in seconds, in order of size; `refusals` of them were no."""

    seconds: float
    latencies: list[float]
    refusals: int = 0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    @property
    def granted_per_second(self) -> float:
        """Answers a second that were a yes."""
        return (len(self.latencies) - self.refusals) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """The latency that `share` of the requests stayed below, in milliseconds."""
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))] * 1000


class _Client(asyncio.Protocol):
    """One keep-alive connection. It ends, by setting `ended`, when the requests or the time are used up."""

    def __init__(
        self,
        requests: Iterator[bytes],
        statuses: tuple[int, int | None],
        until: float,
        latencies: list[float],
        kept: list[bytes] | None,
    ) -> None:
        status, refusal = statuses
        self._kept = kept
        self.refusals = 0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._status = f"HTTP/1.1 {status} ".encode()
        self._refusal = None if refusal is None else f"HTTP/1.1 {refusal} ".encode()
        self._until = until
        self._latencies = latencies
        self._answer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by inheritance
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head_end = self._answer.find(HEAD_END)
        if head_end < 0 or len(self._answer) < head_end + len(HEAD_END) + body_length(self._answer[:head_end]):
            return
        self._latencies.append(time.perf_counter() - self._sent_at)
        if self._refusal is not None and self._answer.startswith(self._refusal):
            self.refusals += 1
        elif not self._answer.startswith(self._status):
            self._end(AssertionError(f"not the answer that was expected: {self._answer[:600]!r}"))
            return
        if self._kept is not None:
            self._kept.append(self._answer[head_end + len(HEAD_END) :])
        self._answer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionResetError("the server closed the connection"))

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        request = next(self._requests, None) if self._sent_at < self._until else None
        if request is None:
            self._end(None)
        else:
            self._transport.write(request)

    def _end(self, fault: Exception | None) -> None:
        if self.ended.done():
            return
        if fault is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(fault)
        self._transport.close()


def run_load(
    url: str,
    requests: Iterator[bytes],
    *,
    status: int,
    clients: int,
    seconds: float,
    refusal: int | None = None,
    kept: list[bytes] | None = None,
) -> LoadResult:
    """Send `requests`, each once, for at most `seconds`; AssertionError at an answer of neither status.

    The bodies of the answers are appended to `kept`.
    """
    load = _run(url, requests, (status, refusal), clients=clients, seconds=seconds, kept=kept)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(load)


async def _run(
    url: str,
    requests: Iterator[bytes],
    statuses: tuple[int, int | None],
    *,
    clients: int,
    seconds: float,
    kept: list[bytes] | None,
) -> LoadResult:
    host, port = urlsplit(url).netloc.split(":")
    latencies: list[float] = []
    started = time.perf_counter()
    opened = [
        await asyncio.get_running_loop().create_connection(
            lambda: _Client(requests, statuses, started + seconds, latencies, kept), host, int(port)
        )
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.ended for _, client in opened))
    refusals = sum(client.refusals for _, client in opened)
    return LoadResult(time.perf_counter() - started, sorted(latencies), refusals)


def get(path: str, headers: str = "") -> bytes:
    """A prepared read; each header line ends in CR LF."""
    return f"GET {path} HTTP/1.1\r\nHost: rowlock\r\n{headers}\r\n".encode()


def confirm(booking_id: str, token: str, payment_token: str = "tok_ok") -> bytes:
    """A prepared payment."""
    headers = f"Authorization: Bearer {token}\r\n"
    return post(f"/api/v1/bookings/{booking_id}/confirm", {"paymentToken": payment_token}, headers)


def hold(event_id: str, seat_ids: Sequence[str], token: str) -> bytes:
    """A prepared hold."""
    body = {"eventId": event_id, "seatIds": seat_ids}
    return post("/api/v1/bookings/reserve", body, f"Authorization: Bearer {token}\r\n")


def post(path: str, body: object, headers: str = "") -> bytes:
    """A prepared JSON body; each header line ends in CR LF."""
    encoded = msgspec.json.encode(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: rowlock\r\n{headers}"
        f"Content-Type: application/json\r\nContent-Length: {len(encoded)}\r\n\r\n"
    )
    return head.encode() + encoded


def body_length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.index(LENGTH) + len(LENGTH)
    return int(lowered[start:].split(b"\r\n", 1)[0])
