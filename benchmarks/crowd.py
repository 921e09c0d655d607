"""Thousands of viewers in one process that costs little itself: bare sockets in one epoll, frames known by their bytes.

A process of viewers is driven through a pipe: it connects, says when all are connected, and at the end gives the moment
at which the last of its viewers had each frame.
"""

import multiprocessing
import re
import select
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import NamedTuple

FRAME_POSITIONS = re.compile(rb'"type":"seats","from":(\d+),"seq":(\d+)')
HELLO = re.compile(rb'"type":"hello","epoch":(\d+),"seq":(\d+)')
ADDRESSES = 250
HEAD_END = b"\r\n\r\n"
TICK_SECONDS = 0.05
BYTES_AT_ONCE = 1 << 16
GATHER_SECONDS = 0.01
"""Between two looks. Viewers are to be many, not quick: one who wakes for every frame takes the gateway's processor."""


class Frame(NamedTuple):
    """The positions a frame leads between."""

    since: int
    seq: int


class Deliveries(NamedTuple):
    """What a process of viewers saw: by frame, how many had it and when the last one did (seconds since 1970)."""

    frames: dict[Frame, tuple[int, float]]
    gaps: int
    lost: int
    frame_bytes: int
    """Of all frames, each counted once."""


class Crowd:
    """The viewers of one process."""

    def __init__(self, port: int, event_id: int, count: int, number: int) -> None:
        self._port = port
        self._event_id = event_id
        self._count = count
        self._number = number
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._positions: dict[int, int] = {}
        self._rests: dict[int, bytes] = {}
        self._known: dict[bytes, Frame] = {}
        self._frames: dict[Frame, tuple[int, float]] = {}
        self._arrived: dict[Frame, int] = {}
        self._gaps = 0
        self._lost = 0

    def connect(self, position: "tuple[int, int] | None" = None) -> None:
        """Open all connections, from many addresses; `position` is the (epoch, seq) of the map each viewer has."""
        query = "" if position is None else f"?epoch={position[0]}&since={position[1]}"
        lines = (
            f"GET /api/v1/events/{self._event_id}/stream{query} HTTP/1.1", "Host: benchmark", "Connection: Upgrade",
            "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
            "Sec-WebSocket-Protocol: rowlock.v1", "", "",
        )  # fmt: skip
        request = "\r\n".join(lines).encode()
        for number in range(self._count):
            end = socket.socket()
            end.bind((f"127.1.{self._number}.{1 + number % ADDRESSES}", 0))
            end.connect(("127.0.0.1", self._port))
            end.sendall(request)
            end.setblocking(False)
            self._sockets[end.fileno()] = end
            self._epoll.register(end.fileno(), select.EPOLLIN)
            if number % 200 == 0:
                self.look(0)
        while len(self._positions) < self._count:
            self.look(TICK_SECONDS)

    def leave(self) -> None:
        """Close all connections, without a word."""
        for end in self._sockets.values():
            end.close()
        self._sockets.clear()
        self._positions.clear()
        self._rests.clear()

    def current(self, seq: int) -> bool:
        """Whether every viewer is at the position or past it."""
        return len(self._positions) == self._count and min(self._positions.values()) >= seq

    def look(self, seconds: float) -> None:
        """Take what has come, waiting at most so long for anything to come.

        What one look finds has come when the look ends: a little late rather than early.
        """
        arrived = self._arrived
        for descriptor, _ in self._epoll.poll(seconds):
            try:
                data = self._sockets[descriptor].recv(BYTES_AT_ONCE)
            except OSError:
                data = b""
            frame = self._known.get(data)
            if frame is not None and self._positions[descriptor] == frame.since and descriptor not in self._rests:
                self._positions[descriptor] = frame.seq
                arrived[frame] = arrived.get(frame, 0) + 1
            elif data:
                self._take_slowly(descriptor, self._rests.pop(descriptor, b"") + data)
            else:
                self._lost += 1
                self._epoll.unregister(descriptor)
        now = time.time()
        for frame, count in arrived.items():
            self._frames[frame] = (self._frames.get(frame, (0, 0.0))[0] + count, now)
        arrived.clear()

    def deliveries(self) -> Deliveries:
        """What was seen since the last time."""
        seen = Deliveries(self._frames, self._gaps, self._lost, sum(map(len, self._known)))
        self._frames, self._known = {}, {}
        return seen

    def _take_slowly(self, descriptor: int, data: bytes) -> None:
        if descriptor not in self._positions:
            head, found, data = data.partition(HEAD_END)
            if not found:
                self._rests[descriptor] = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
        while data:
            length, start = data[1] if len(data) > 1 else 0, 2
            if length == 126 and len(data) > 3:
                length, start = int.from_bytes(data[2:4]), 4
            if len(data) < start + max(length, 1):
                self._rests[descriptor] = data
                return
            self._take_frame(descriptor, data[: start + length])
            data = data[start + length :]

    def _take_frame(self, descriptor: int, data: bytes) -> None:
        if hello := HELLO.search(data):
            self._positions[descriptor] = int(hello[2])
        elif seats := FRAME_POSITIONS.search(data):
            frame = self._known[data] = Frame(int(seats[1]), int(seats[2]))
            if self._positions[descriptor] != frame.since:
                self._gaps += 1
            self._positions[descriptor] = frame.seq
            self._arrived[frame] = self._arrived.get(frame, 0) + 1


class CrowdProcess:
    """A crowd in a process of its own."""

    def __init__(self, port: int, event_id: int, count: int, number: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_drive, args=(theirs, port, event_id, count, number), daemon=True)
        self._process.start()

    def say(self, *words: object) -> None:
        """Tell the process what to do."""
        self._pipe.send(words)

    def answer(self) -> object:
        """Wait for what it has to say."""
        return self._pipe.recv()

    def end(self) -> None:
        """Let it end."""
        self.say("end")
        self._process.join(30)


def _drive(pipe: Connection, port: int, event_id: int, count: int, number: int) -> None:
    crowd = Crowd(port, event_id, count, number)
    deeds: dict[str, Callable[..., object]] = {
        "connect": crowd.connect, "leave": crowd.leave, "deliveries": crowd.deliveries,
        "until": lambda seq: _until(crowd, seq),
    }  # fmt: skip
    while True:
        time.sleep(GATHER_SECONDS)
        crowd.look(TICK_SECONDS)
        if pipe.poll():
            name, *arguments = pipe.recv()
            if name == "end":
                return
            pipe.send((deeds[name](*arguments), time.time()))


def _until(crowd: Crowd, seq: int) -> None:
    while not crowd.current(seq):
        crowd.look(TICK_SECONDS)
