"""A client of the seat stream for programs: it keeps one event's map current through gaps, cuts and restarts.

    async with SeatStream("http://localhost:8080", "7") as stream:
        await stream.until(lambda seats: seats.states[0] == 0)

WebSocket, server-sent events and polling carry the same messages; the map cannot tell them apart.
"""

import asyncio
import base64
import json
import random
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Literal, Self
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from rowlock.live.model import SUBPROTOCOL
from rowlock.platform.tasks import end

Way = Literal["websocket", "events", "poll"]
StreamState = Literal["connecting", "live", "waiting", "closed"]
Message = dict[str, Any]

BACKOFF_SECONDS_MIN = 0.25
BACKOFF_SECONDS_MAX = 20.0
POLL_SECONDS = 1.0
ANSWER_SECONDS_MAX = 10.0
SILENT_BEATS_MAX = 2.5
CACHE_SECONDS = 0.05
"""Before asking again a server whose picture is behind its own stream."""


class SeatMap:
    """The states of all seats of an event at one position: one byte a seat, in seat number order."""

    def __init__(self, snapshot: Message) -> None:
        self.epoch: int = snapshot["epoch"]
        self.seq: int = snapshot["seq"]
        self.states = unpacked(snapshot)

    def apply(self, message: Message) -> bool:
        """Take a `hello` or `seats` message; False when it does not fit and the server must be asked."""
        match message:
            case {"type": "hello", "epoch": epoch, "seq": seq}:
                return bool(epoch == self.epoch and seq <= self.seq)
            case {"type": "seats", "from": since, "seq": seq, "changes": changes}:
                if since > self.seq:
                    return False
                if seq > self.seq:
                    for seat_no, state in changes:
                        self.states[seat_no] = state
                    self.seq = seq
                return True
        return False


def unpacked(snapshot: Message) -> bytearray:
    """One byte a seat from the two bits of a snapshot."""
    packed = base64.b64decode(snapshot["seats"])
    seats = sum(snapshot["counts"].values())
    return bytearray(packed[seat_no >> 2] >> 2 * (seat_no & 3) & 3 for seat_no in range(seats))


class SeatStream:
    """Follows an event for the time of an `async with`; `map` is None until the first snapshot.

    `ticket` is asked for a new stream ticket before every connection. `heard` gets every message as it came.
    """

    def __init__(
        self,
        base_url: str,
        event_id: str,
        *,
        way: Way = "websocket",
        ticket: "Callable[[], Awaitable[str]] | None" = None,
        heard: Callable[[Message], None] = lambda _message: None,
        origin: str | None = None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._path = f"/api/v1/events/{event_id}"
        self._way: Way = way
        self._ticket = ticket
        self._heard = heard
        self._origin = origin
        self._poll_seconds = poll_seconds
        self._moved = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._attempts = 0
        self.map: SeatMap | None = None
        self.state: StreamState = "connecting"

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_fault: object) -> None:
        await self.cut()

    async def cut(self) -> None:
        """Go offline, keeping the map."""
        if self._task is not None:
            await end(self._task)
        self.state = "closed"

    def resume(self) -> None:
        """Come back from where the map is."""
        self.state, self._attempts = "connecting", 0
        self._task = asyncio.create_task(self._follow())

    async def until(self, condition: Callable[[SeatMap], bool]) -> SeatMap:
        """The map, once it fulfils the condition."""
        async with self._moved:
            await self._moved.wait_for(lambda: self.map is not None and condition(self.map))
        assert self.map is not None
        return self.map

    async def _follow(self) -> None:
        while True:
            try:
                async with aclosing(self._messages()) as messages:
                    async for message in messages:
                        await self._take(message)
            except (OSError, TimeoutError, WebSocketException, EOFError):
                pass  # it is tried again, as after a close that was said
            self.state = "waiting"
            await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        """Full jitter: thousands who lost the same server come back spread over the whole of it."""
        self._attempts += 1
        return random.uniform(0, min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS_MIN * 2.0**self._attempts))

    async def _take(self, message: Message) -> None:
        self._heard(message)
        if message["type"] == "hello":
            self.state, self._attempts = "live", 0
        if message["type"] in {"hello", "seats", "reset"}:
            if self.map is None or not self.map.apply(message):
                await self._ask(message)
            async with self._moved:
                self._moved.notify_all()

    async def _ask(self, message: Message) -> None:
        """Bring the map to the position of the message: by what is missing, else by a snapshot.

        Snapshots come from caches and may be older than the stream, so what is missing after one is asked for too.
        """
        known = self.map
        if known is None or message["type"] != "seats":
            known = SeatMap(await self._snapshot())
        while known.seq < message.get("seq", 0):
            answer = await self._get(f"/seats?since={known.seq}&epoch={known.epoch}")
            if answer is None or answer["epoch"] != known.epoch:
                known = SeatMap(await self._snapshot())
            elif not answer["changes"] and answer["seq"] == known.seq:
                await asyncio.sleep(CACHE_SECONDS)
            else:
                known.apply({"type": "seats", "from": known.seq, **answer})
        self.map = known

    async def _snapshot(self) -> Message:
        snapshot = await self._get("/seats")
        if snapshot is None:
            raise OSError("no snapshot")
        return snapshot

    def _messages(self) -> AsyncGenerator[Message, None]:
        return {"websocket": self._by_socket, "events": self._by_events, "poll": self._by_polling}[self._way]()

    async def _address(self) -> str:
        query: dict[str, object] = {}
        if self.map is not None:
            query |= {"since": self.map.seq, "epoch": self.map.epoch}
        if self._ticket is not None:
            query["ticket"] = await self._ticket()
        return f"{self._path}/stream?{urlencode(query)}"

    async def _by_socket(self) -> AsyncGenerator[Message, None]:
        url = "ws" + self._base_url.removeprefix("http") + await self._address()
        headers = {"Origin": self._origin} if self._origin else None
        protocols = [Subprotocol(SUBPROTOCOL)]
        async with connect(
            url, subprotocols=protocols, compression=None, ping_interval=None, additional_headers=headers
        ) as socket:
            heartbeat: float | None = None
            while True:
                async with asyncio.timeout(heartbeat or ANSWER_SECONDS_MAX):
                    message: Message = json.loads(await socket.recv())
                if message["type"] == "hello":
                    heartbeat = message["heartbeat"] * SILENT_BEATS_MAX
                if message["type"] == "ping":
                    await socket.send('{"type":"pong"}')
                yield message

    async def _by_events(self) -> AsyncGenerator[Message, None]:
        address = urlsplit(self._base_url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port or 80)
        try:
            target = await self._address()
            head = f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\nAccept: text/event-stream\r\n\r\n"
            writer.write(head.encode())
            status = await reader.readline()
            if b" 200 " not in status:
                raise OSError(status.decode("latin-1").strip())
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])
        finally:
            writer.close()

    async def _by_polling(self) -> AsyncGenerator[Message, None]:
        while True:
            known = self.map
            answer = await self._get("/seats" if known is None else f"/seats?since={known.seq}&epoch={known.epoch}")
            if answer is None:
                yield {"type": "reset"}
            elif known is None or answer["epoch"] != known.epoch:
                yield {"type": "hello", "epoch": answer["epoch"], "seq": answer["seq"]}
            else:
                yield {"type": "seats", "from": known.seq, **answer}
            await asyncio.sleep(self._poll_seconds)

    async def _get(self, path: str) -> Message | None:
        """The answer to a GET below the event; None when the server says 410: take a snapshot."""
        return await asyncio.to_thread(_get_json, self._base_url + self._path + path)


def _get_json(url: str) -> Message | None:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS_MAX) as answer:  # noqa: S310  # nosec B310  an address of ours
            document: Message = json.load(answer)
            return document
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 410:
                return None
            raise OSError(f"{url}: {error.code}") from error
