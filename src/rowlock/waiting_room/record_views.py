"""The public record as everybody may read it, and the proof of one place."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import NamedTuple

import asyncpg

from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Connection, Database
from rowlock.waiting_room.draw_desk import people_drawn
from rowlock.waiting_room.proof import (
    Chunk,
    PlaceProof,
    PlaceProver,
    draw,
    draw_key,
    entry_line,
    entry_text,
    roster_tree,
)
from rowlock.waiting_room.record_book import head_of, last_of, moment_text
from rowlock.waiting_room.store import SQL

PROVERS_KEPT = 2
"""28 MB for a million people."""
CHUNKS_TOGETHER = 50


class LineRound(NamedTuple):
    """One round of an event's line."""

    event_id: int
    round: int


class RecordViews:
    """Reads records; the trees of the draws asked about last stay in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._provers: dict[LineRound, PlaceProver] = {}
        self._building = asyncio.Lock()

    async def round_of(self, event_id: int, wanted: int | None) -> LineRound:
        """The round asked for, else the last that has a record. Problem `record_not_found`."""
        rows = await self._database.fetch(SQL["recorded_round"], event_id, wanted)
        if rows[0]["round"] is None:
            raise Problem("record_not_found", f"Event {event_id} has no such record of a line.")
        return LineRound(event_id, rows[0]["round"])

    async def file(self, line: LineRound) -> AsyncIterator[bytes]:
        """The record as a file, piece by piece: every entry, and the register as far as an entry counts it.

        Entries and chunks never change and are only added to, so each piece is read by itself: whoever takes long to
        receive it keeps no connection.
        """
        before = await self._database.fetch(SQL["hash_before_round"], *line)
        head = head_of(line, before[0]["hash"] if before else None)
        rows = await self._database.fetch(SQL["entries"], *line)
        chunks = 0
        for row in rows:
            chunks = json.loads(row["body"]).get("chunks", chunks)
        yield b"".join([head.text().encode() + b"\n", *map(_line, rows)])
        for at in range(0, chunks, CHUNKS_TOGETHER):
            part = await self._database.fetch(SQL["register_as_written"], *line, at, min(CHUNKS_TOGETHER, chunks - at))
            yield b"".join([Chunk(row["first_no"], row["people"]).line() for row in part])

    async def proof(self, line: LineRound, number: int) -> PlaceProof:
        """Where the draw put a place number. Problem `record_not_found` before the draw, or for one who came later."""
        async with self._building:
            prover = self._provers.get(line)
            if prover is None:
                prover = await self._prover(line)
                self._provers[line] = prover
                for oldest in list(self._provers)[:-PROVERS_KEPT]:
                    del self._provers[oldest]
        proof = prover.prove(number)
        if proof is None:
            raise Problem("record_not_found", "This place was not drawn: it stands where it joined.")
        return proof

    async def _prover(self, line: LineRound) -> PlaceProver:
        async with self._database.cold.acquire() as connection, connection.transaction(readonly=True):
            return await _prover(connection, line)


async def _prover(connection: Connection, line: LineRound) -> PlaceProver:
    told = {kind: await last_of(connection, line, kind) for kind in ("closed", "beacon", "drawn")}
    closed, drawn, beacon = told["closed"], told["drawn"], told["beacon"]
    row = await connection.fetchrow(SQL["draw"], line.event_id, line.round)
    if closed is None or drawn is None or row is None:
        raise Problem("record_not_found", "This line has not been drawn.")
    people = await people_drawn(connection, line, closed)
    seed, value = bytes.fromhex(str(drawn["seed"])), bytes.fromhex(str(beacon["value"])) if beacon else b""

    def build() -> PlaceProver:
        order = draw(draw_key(seed, row["commitment"], value, roster_tree(people).root), people)
        return PlaceProver(str(line.event_id), line.round, people, order)

    return await asyncio.to_thread(build)


def _line(row: asyncpg.Record) -> bytes:
    return entry_line(entry_text(row["seq"], moment_text(row["at"]), row["kind"], row["body"]), row["hash"])
