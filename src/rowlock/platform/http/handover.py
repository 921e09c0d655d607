"""Passing a connection on: one process accepts it and reads the request, another takes the socket and answers.

The socket itself travels (SCM_RIGHTS over a Unix socket of our own user), so nothing is proxied afterwards and the
browser knows one address. A message is the request's head with one descriptor beside it.
"""

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import structlog

from rowlock.kernel import limits

WAITING_MAX = 10_000
"""Connections that wait here to be passed on; the kernel takes only some ten at a time."""

log = structlog.get_logger(__name__)


class HandoverDoor:
    """The sending end: gives connections to whichever of the receiving processes listen, in turn."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._ways = deque(_Way(path) for path in paths)

    def give(self, connection: int, head: bytes) -> bool:
        """Pass the descriptor and the head on; False when nobody takes it. The caller still closes its own copy."""
        for _ in range(len(self._ways)):
            self._ways.rotate(-1)
            if self._ways[0].give(connection, head):
                return True
        return False

    def close(self) -> None:
        """Give nothing more."""
        for way in self._ways:
            way.close()


class _Way:
    """A connection to one receiving process, and those who wait for room in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._waiting: deque[tuple[int, bytes]] = deque()

    def give(self, connection: int, head: bytes) -> bool:
        """Send, or queue; False when the process is not there or too many wait."""
        if self._waiting:
            return self._wait(connection, head)
        for _ in range(2):  # the process may have been replaced since the last time
            try:
                if self._socket is None:
                    self._socket = _connect(self._path)
                socket.send_fds(self._socket, [head], [connection])
            except BlockingIOError:
                return self._wait(connection, head)
            except OSError:
                self.close()
            else:
                return True
        return False

    def close(self) -> None:
        """Let go; those who wait are cut off, and will come again."""
        if self._socket is not None:
            if self._waiting:
                asyncio.get_running_loop().remove_writer(self._socket)
            self._socket.close()
            self._socket = None
        while self._waiting:
            os.close(self._waiting.popleft()[0])

    def _wait(self, connection: int, head: bytes) -> bool:
        if len(self._waiting) >= WAITING_MAX or self._socket is None:
            return False
        if not self._waiting:
            asyncio.get_running_loop().add_writer(self._socket, self._send_waiting)
        self._waiting.append((os.dup(connection), head))
        return True

    def _send_waiting(self) -> None:
        assert self._socket is not None
        try:
            while self._waiting:
                connection, head = self._waiting[0]
                socket.send_fds(self._socket, [head], [connection])
                os.close(connection)
                self._waiting.popleft()
        except BlockingIOError:
            return
        except OSError as error:
            log.warning("connections_not_passed_on", count=len(self._waiting), error=str(error))
            self.close()
            return
        asyncio.get_running_loop().remove_writer(self._socket)


def _connect(path: Path) -> socket.socket:
    way = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        way.setblocking(False)
        way.connect(str(path))
    except OSError:
        way.close()
        raise
    return way


class HandoverPost:
    """The receiving end: listens at a path and takes over what is given."""

    def __init__(self, path: Path, take_over: Callable[[socket.socket, bytes], Awaitable[None]]) -> None:
        self._path = path
        self._take_over = take_over
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._givers: set[socket.socket] = set()
        self._taking: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Listen; connections come from now on."""
        self._path.unlink(missing_ok=True)
        self._listener.setblocking(False)
        self._listener.bind(str(self._path))
        self._path.chmod(0o600)
        self._listener.listen()
        asyncio.get_running_loop().add_reader(self._listener, self._admit_giver)

    def close(self) -> None:
        """Take no more."""
        loop = asyncio.get_running_loop()
        for end in (self._listener, *self._givers):
            loop.remove_reader(end)
            end.close()
        self._path.unlink(missing_ok=True)

    def _admit_giver(self) -> None:
        with contextlib.suppress(BlockingIOError):
            giver, _ = self._listener.accept()
            giver.setblocking(False)
            self._givers.add(giver)
            asyncio.get_running_loop().add_reader(giver, self._receive, giver)

    def _receive(self, giver: socket.socket) -> None:
        while True:
            try:
                head, descriptors, _, _ = socket.recv_fds(giver, limits.STREAM_HEAD_BYTES_MAX, 1)
            except BlockingIOError:
                return
            except OSError:
                head, descriptors = b"", []
            if not descriptors:
                asyncio.get_running_loop().remove_reader(giver)
                self._givers.discard(giver)
                giver.close()
                return
            task = asyncio.ensure_future(self._take(socket.socket(fileno=descriptors[0]), head))
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)

    async def _take(self, connection: socket.socket, head: bytes) -> None:
        try:
            await self._take_over(connection, head)
        except OSError as error:
            connection.close()
            log.info("connection_lost_on_the_way", error=str(error))
