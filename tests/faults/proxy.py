"""A TCP proxy that breaks connections on command: cut them, stall them, or swallow what one side says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto

CHUNK_BYTES = 64 * 1024


class Way(Enum):
    """What becomes of bytes in one direction."""

    PASS = auto()
    STALL = auto()
    """They wait, and arrive when the way is open again."""
    DROP = auto()
    """They are lost, and the sender does not notice: a half-open connection."""
    CUT = auto()
    """They are lost, and both sides see the connection end: with answers, a cut between COMMIT and answer."""


class Proxy:
    """Stands in front of `host:port`; made by `proxy_to`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._ways = {"requests": Way.PASS, "answers": Way.PASS}
        self._changed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0
        self.bytes_lost = asyncio.Event()
        """Set once bytes were dropped, cut off or made to wait since the last `let`."""

    def let(self, *, requests: Way = Way.PASS, answers: Way = Way.PASS) -> None:
        """Choose what becomes of the bytes from now on; those that waited go the new way."""
        self._ways = {"requests": requests, "answers": answers}
        self.bytes_lost.clear()
        self._changed.set()
        self._changed = asyncio.Event()

    def cut(self) -> None:
        """End all connections of this moment."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        self._writers.add(writer)
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(back)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry("requests", reader, back))
                both.create_task(self._carry("answers", there, writer))
        except* (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for one in (writer, back):
                one.transport.abort()
                self._writers.discard(one)

    async def end(self) -> None:
        """Drop every connection and wait until nothing is carried."""
        self.let()
        self.cut()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _carry(self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            while self._ways[way] is Way.STALL:
                self.bytes_lost.set()
                await self._changed.wait()
            if self._ways[way] is Way.PASS:
                writer.write(chunk)
                await writer.drain()
                continue
            self.bytes_lost.set()
            if self._ways[way] is Way.CUT:
                break
        raise ConnectionResetError


@asynccontextmanager
async def proxy_to(host: str, port: int) -> AsyncIterator[Proxy]:
    """A proxy on a free port of loopback for the time of the block."""
    proxy = Proxy(host, port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        with contextlib.suppress(asyncio.CancelledError):
            await proxy.end()
