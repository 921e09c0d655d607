"""Connections passed from one process's door to another's post: none is lost, however many come at once."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rowlock.platform.http import handover
from rowlock.platform.http.handover import HandoverDoor, HandoverPost

AT_ONCE = 300
"""Far more than the kernel keeps for a receiver that does not look."""


class Taken:
    """What a post has taken over; each connection is told the head it came with."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.full = asyncio.Event()

    async def take_over(self, connection: socket.socket, head: bytes) -> None:
        """Answer and close."""
        self.heads.append(head)
        connection.sendall(head)
        connection.close()
        if len(self.heads) == AT_ONCE:
            self.full.set()


@asynccontextmanager
async def post_at(path: Path) -> AsyncIterator[Taken]:
    """A post that is open for the time of the block."""
    taken = Taken()
    post = HandoverPost(path, taken.take_over)
    post.open()
    try:
        yield taken
    finally:
        post.close()


def give(door: HandoverDoor, head: bytes) -> socket.socket | None:
    """Pass the far end of a new connection on; the near end if somebody takes it."""
    near, far = socket.socketpair()
    with far:
        if door.give(far.fileno(), head):
            return near
    near.close()
    return None


async def test_none_is_lost_however_many_come_at_once(tmp_path: Path) -> None:
    async with post_at(tmp_path / "post") as taken:
        door = HandoverDoor([tmp_path / "post"])
        given = [give(door, b"%d" % number) for number in range(AT_ONCE)]
        await taken.full.wait()
        for number, connection in enumerate(given):
            assert connection is not None
            with connection:
                assert connection.recv(10) == b"%d" % number
        door.close()
    assert sorted(taken.heads) == sorted(b"%d" % number for number in range(AT_ONCE))


async def test_too_many_are_refused_and_those_who_wait_are_cut_when_the_door_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "WAITING_MAX", 3)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as nobody_looks:
        nobody_looks.bind(str(tmp_path / "post"))
        nobody_looks.listen()
        door = HandoverDoor([tmp_path / "post"])
        given = [give(door, b"head") for _ in range(AT_ONCE)]
        assert given[-1] is None
        waiting = [connection for connection in given if connection is not None]
        door.close()
        for connection in waiting[-3:]:
            assert connection.recv(10) == b""
        for connection in waiting:
            connection.close()


async def test_nobody_there_is_noticed_and_so_is_a_successor(tmp_path: Path) -> None:
    door = HandoverDoor([tmp_path / "post", tmp_path / "other"])
    assert give(door, b"first") is None
    for head in (b"second", b"third"):
        async with post_at(tmp_path / "post"):
            connection = give(door, head)
            assert connection is not None
            connection.setblocking(False)
            assert await asyncio.get_running_loop().sock_recv(connection, 10) == head
            connection.close()
        assert give(door, b"between") is None
    door.close()
