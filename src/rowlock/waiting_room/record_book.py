"""The public record of a line, kept in PostgreSQL. Whoever writes has the room locked, so entries follow each other."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from rowlock.platform.postgres import Connection
from rowlock.waiting_room.model import Room
from rowlock.waiting_room.proof import (
    Chunk,
    Head,
    Kind,
    Value,
    body_text,
    end_of,
    entry_hash,
    entry_text,
    register_hash,
)
from rowlock.waiting_room.store import SQL

COUNTED_KINDS: tuple[Kind, ...] = ("counted", "closed", "ended")
CHUNKS_FETCHED = 100


class Round(Protocol):
    """Whatever names a round of an event's line, as a room does."""

    @property
    def event_id(self) -> int:
        """The event."""

    @property
    def round(self) -> int:
        """Which of its lines."""


class Counted(NamedTuple):
    """The register as far as it is counted: so many chunks, and the first number behind all of them."""

    chunks: int
    end: int
    digest: bytes


async def enter(connection: Connection, room: Room, kind: Kind, body: Mapping[str, Value]) -> None:
    """Write one entry, at this moment of the database's clock."""
    head = await _head(connection, room)
    last = await connection.fetchrow(SQL["last_entry"], room.event_id, room.round)
    seq, before = (1, head.hash()) if last is None else (last["seq"] + 1, last["hash"])
    at = await connection.fetchval(SQL["clock"])
    told = body_text(body)
    digest = entry_hash(before, entry_text(seq, moment_text(at), kind, told))
    await connection.execute(SQL["append_entry"], room.event_id, room.round, seq, at, kind, told, before, digest)


async def note_count(connection: Connection, room: Room, kind: Kind = "counted") -> None:
    """Write how many have joined and were called, and what the register is by now; `counted` only if that is news."""
    last = await last_of(connection, room, *COUNTED_KINDS)
    counted = await count_on(connection, room)
    told: dict[str, Value] = {
        "joined": counted.end,
        "served": room.served,
        "chunks": counted.chunks,
        "register": counted.digest.hex(),
    }
    if kind == "counted" and last and (last["chunks"], last.get("served", 0)) == (counted.chunks, room.served):
        return
    await enter(connection, room, kind, told)


async def count_on(connection: Connection, room: Room) -> Counted:
    """The whole register, counted on from where the record has it."""
    last = await last_of(connection, room, *COUNTED_KINDS)
    if last is None:
        head = await _head(connection, room)
        counted = Counted(0, 0, head.register_start())
    else:
        end = last.get("joined", last.get("numbers", 0))
        counted = Counted(int(last["chunks"]), int(end), bytes.fromhex(str(last["register"])))
    async for chunk in chunks_of(connection, room, after=counted.chunks):
        end = max(counted.end, end_of([chunk]))
        counted = Counted(counted.chunks + 1, end, register_hash(counted.digest, chunk))
    return counted


async def last_of(connection: Connection, line: Round, *kinds: Kind) -> dict[str, Value] | None:
    """What the last entry of these kinds says; None when there is none."""
    body = await connection.fetchval(SQL["last_body"], line.event_id, line.round, list(kinds))
    if body is None:
        return None
    told: dict[str, Value] = json.loads(body)
    return told


async def chunks_of(
    connection: Connection, line: Round, *, after: int = 0, most: int | None = None
) -> AsyncIterator[Chunk]:
    """The register as it was written, from a chunk on, `most` chunks at most. Needs a transaction."""
    query = SQL["register_as_written"]
    async for row in connection.cursor(query, line.event_id, line.round, after, most, prefetch=CHUNKS_FETCHED):
        yield Chunk(row["first_no"], row["people"])


def moment_text(at: datetime) -> str:
    """A moment in UTC in the record's one form."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def head_of(line: Round, previous: bytes | None) -> Head:
    """The head of a round whose record goes on from this hash."""
    return Head(str(line.event_id), line.round, None if previous is None else previous.hex())


async def _head(connection: Connection, line: Round) -> Head:
    return head_of(line, await connection.fetchval(SQL["hash_before_round"], line.event_id, line.round))
