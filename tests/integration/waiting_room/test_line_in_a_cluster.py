"""A line on a Valkey Cluster, which runs no command and no script over keys of two slots."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.own_valkey import OwnValkey
from valkey.asyncio import Valkey
from valkey.exceptions import ResponseError

from rowlock.waiting_room.line import NOT_WHOLE, NOWHERE, Asked, Line, Proven
from rowlock.waiting_room.signing import PERSON_BYTES

PEOPLE = 50
LINES = ("north", "south")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Valkey]:
    """A cluster of one node, which has all slots."""
    with OwnValkey(tmp_path, "--cluster-enabled", "yes", "--cluster-port", str(free_port())) as server:
        async with server.client() as client:
            commands: Any = client  # whose types know none of these
            await commands.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16_383)
            async with asyncio.timeout(20):
                while (await commands.execute_command("CLUSTER INFO"))["cluster_state"] != "ok":
                    pass
            with pytest.raises(ResponseError, match="same slot"):
                await client.mget("one", "two")
            yield client


async def test_a_line_lives_in_one_slot_from_its_beginning_to_its_end(cluster: Valkey) -> None:
    line = Line(cluster)
    people = [Asked(name, secrets.token_bytes(PERSON_BYTES)) for name in LINES for _ in range(PEOPLE)]
    for name in LINES:
        assert await line.begin(name, 0, PEOPLE) == (True, 0, 0)
    numbers = await asyncio.gather(*map(line.join, people))  # both lines at once: one run of the script each
    assert sorted(numbers) == sorted([*range(PEOPLE), *range(PEOPLE)])
    assert await asyncio.gather(*map(line.find, people)) == numbers
    assert await line.find(Asked("north", secrets.token_bytes(PERSON_BYTES))) == NOWHERE
    proven = (Proven(person, number) for person, number in zip(people, numbers, strict=True))
    assert await asyncio.gather(*map(line.keep, proven)) == numbers
    for name in LINES:
        state = await line.look(name)
        assert state is not None
        assert (state.next_no, len(state.people)) == (PEOPLE, PEOPLE * PERSON_BYTES)
        await line.registered(name, 0, state.people)
        await line.drop(name)
        assert await line.look(name) is None
        assert await line.begin(name, PEOPLE, 2 * PEOPLE) == (True, PEOPLE, PEOPLE)
        assert await line.find(people[0]._replace(line=name)) == NOT_WHOLE
        await line.put_back(name, 0, state.people)
        assert await line.is_whole(name, PEOPLE)
    assert await asyncio.gather(*map(line.find, people)) == numbers
