"""Passing a connection on: one process accepts it and reads the request, another takes the socket and answers.

The socket itself travels (SCM_RIGHTS over a Unix socket of our own user), so nothing is proxied afterwards and the
browser knows one address. A message is the request's head with one descriptor beside it.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog

from rowlock.kernel import limits

_GONE = {errno.ENOENT, errno.ECONNREFUSED, errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EBADF}

log = structlog.get_logger(__name__)


class HandoverDoor:
    """The sending end: gives connections to whichever of the receiving processes listen, in turn."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._ways: list[tuple[Path, socket.socket | None]] = [(path, None) for path in paths]

    def give(self, connection: int, head: bytes) -> bool:
        """Pass the descriptor and the head on; False when nobody takes it. The caller still closes its own copy."""
        for _ in range(2 * len(self._ways)):  # an old way may have to be found broken before a new one is made
            path, way = self._ways.pop(0)
            try:
                way = way or _connect(path)
                socket.send_fds(way, [head], [connection])
            except OSError as error:
                if way is not None:
                    way.close()
                self._ways.append((path, None))
                if error.errno not in _GONE:
                    log.warning("connection_not_passed_on", error=str(error))
            else:
                self._ways.append((path, way))
                return True
        return False

    def close(self) -> None:
        """Give nothing more."""
        for _, way in self._ways:
            if way is not None:
                way.close()


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
