"""The least a gateway could do: uvloop's transports, one prebuilt frame, a loop that writes it to all, again and again.

What `rowlock live` delivers for a second of processor time is compared with this.
"""

import asyncio
import socket

import click
import uvloop
from websockets.frames import Frame, Opcode

HEAD = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


def text(payload: str) -> bytes:
    """A WebSocket frame."""
    return Frame(Opcode.TEXT, payload.encode()).serialize(mask=False)


class RawViewer(asyncio.Protocol):
    """Takes any request for a handshake; then only the loop below writes."""

    def __init__(self, transports: list[asyncio.WriteTransport]) -> None:
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A viewer comes."""
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]

    def data_received(self, _data: bytes) -> None:
        """A viewer is in."""
        self._transport.write(HEAD + text('{"type":"hello","epoch":1,"seq":0}'))
        self._transports.append(self._transport)


async def write_forever(listener: socket.socket, size: int, pause: float) -> None:
    """Write frames of `size` bytes to all who came, with a pause in between."""
    transports: list[asyncio.WriteTransport] = []
    await asyncio.get_running_loop().create_server(lambda: RawViewer(transports), sock=listener, backlog=4096)
    seats = text('{"type":"seats","from":0,"seq":0,"changes":[' + " " * (size - 50) + "]}")
    while True:
        for transport in transports:
            if not transport.is_closing():
                transport.write(seats)
        await asyncio.sleep(pause)


@click.command()
@click.option("--fd", type=int, required=True)
@click.option("--size", type=int, required=True)
@click.option("--pause", type=float, required=True)
def main(fd: int, size: int, pause: float) -> None:
    """Serve until killed."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(write_forever(socket.socket(fileno=fd), size, pause))


if __name__ == "__main__":
    main()
