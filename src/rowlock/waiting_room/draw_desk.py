"""Carrying out a draw: promised when the line is made, closed at the opening, drawn once everything is fixed.

Each step happens in the transaction that has the room locked, and asks the record whether it was done already. So two
workers do no harm, and one that dies in the middle leaves nothing half done.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from sys import byteorder
from typing import NamedTuple

from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Connection
from rowlock.platform.secrets import SealedColumn, SecretBox
from rowlock.waiting_room.model import DrawFigures, DrawStage, Room
from rowlock.waiting_room.proof import (
    PERSON_BYTES,
    RULES,
    SEED_BYTES,
    Terms,
    Value,
    commitment,
    draw,
    draw_key,
    numbers_given,
    order_tree,
    ranks,
    roster,
    roster_tree,
)
from rowlock.waiting_room.record_book import Round, chunks_of, count_on, enter, last_of, moment_text
from rowlock.waiting_room.store import SQL

SEALED = SealedColumn("waiting_room_draws.seed", SQL["sealed_seeds"], SQL["replace_seed"])
RANKS_A_ROW = 65_536


class _Outcome(NamedTuple):
    """`ranks` of every number, 4 bytes each, lowest first."""

    order_root: bytes
    ranks: bytes


class DrawDesk:
    """Promises and draws. `box` seals the seed while it is a secret."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box

    async def promise(self, connection: Connection, room: Room, beacon_source: str | None) -> None:
        """Publish the commitment, or that the closing time was moved; None: the source stays, at first there is none.

        Problem `line_begun` when the source changes after it was promised, or anything does after the close.
        """
        row = await connection.fetchrow(SQL["draw"], room.event_id, room.round)
        source = beacon_source if beacon_source is not None else row["beacon_source"] if row else ""
        closes_at = moment_text(room.opens_at)
        promised = await last_of(connection, room, "committed")
        if promised is not None and (promised["closesAt"], promised["beaconSource"]) == (closes_at, source):
            return
        if row is not None and row["beacon_source"] != source:
            raise Problem("line_begun", "The source of the beacon is promised. `newRound` lets a line begin anew.")
        if await last_of(connection, room, "closed") is not None:
            raise Problem("line_begun", "This draw is closed already. `newRound` lets a line begin anew.")
        seed = (
            secrets.token_bytes(SEED_BYTES) if row is None else self._seed(room, row["seed"], sealed=row["seed_sealed"])
        )
        committed = commitment(seed, Terms(str(room.event_id), room.round, closes_at, source))
        if row is None:
            kept = self._box.keep(seed, _purpose(room))
            await connection.execute(
                SQL["add_draw"], room.event_id, room.round, committed, kept.secret, kept.sealed, source
            )
        told = {"rules": RULES, "closesAt": closes_at, "beaconSource": source, "commitment": committed.hex()}
        await enter(connection, room, "committed", told)

    async def figures(self, connection: Connection, room: Room) -> DrawFigures | None:
        """What staff may know of the draw; None where none is promised."""
        promised = await last_of(connection, room, "committed")
        if promised is None:
            return None
        stage: DrawStage = "promised"
        source = str(promised["beaconSource"])
        if room.drawn is not None:
            stage = "drawn"
        elif await last_of(connection, room, "closed") is not None:
            given = not source or await last_of(connection, room, "beacon") is not None
            stage = "closed" if given else "wants_beacon"
        return DrawFigures(commitment=str(promised["commitment"]), beacon_source=source, stage=stage)

    async def give_beacon(self, connection: Connection, room: Room, value: str) -> None:
        """Take the public value that the draw waits for. Problem `line_begun` unless it is waiting for one."""
        row = await connection.fetchrow(SQL["draw"], room.event_id, room.round)
        closed = await last_of(connection, room, "closed")
        if row is None or not row["beacon_source"] or closed is None or await last_of(connection, room, "beacon"):
            raise Problem("line_begun", "This draw does not wait for a beacon: its value comes after the close, once.")
        await enter(connection, room, "beacon", {"source": row["beacon_source"], "value": value.encode().hex()})

    async def draw(self, connection: Connection, room: Room, joined: int) -> None:
        """Close the roster, and draw unless a beacon is still missing. Due when the room is open and not yet drawn.

        Drawn are those in the register; `joined` is the line's next number, so whoever stands between comes later.
        """
        await self.promise(connection, room, None)
        row = await connection.fetchrow(SQL["draw"], room.event_id, room.round)
        assert row is not None
        await connection.execute(SQL["allow_long_thinking"])
        people = await self._closed(connection, room)
        beacon = await last_of(connection, room, "beacon")
        if row["beacon_source"] and beacon is None:
            return
        seed = self._seed(room, row["seed"], sealed=row["seed_sealed"])
        value = b"" if beacon is None else bytes.fromhex(str(beacon["value"]))
        # Some seconds for millions of people: in a thread, so that other lines go on.
        outcome = await asyncio.to_thread(_drawn, seed, row["commitment"], value, people)
        width = 4 * RANKS_A_ROW
        parts = [(at // 4, outcome.ranks[at : at + width]) for at in range(0, len(outcome.ranks), width)]
        await connection.executemany(SQL["add_ranks"], [(room.event_id, room.round, *part) for part in parts])
        told = {"order": outcome.order_root.hex(), "seed": seed.hex()}
        await enter(connection, room, "drawn", told)
        numbers = len(outcome.ranks) // 4
        holes = holes_after(room.holes, numbers, drawn=len(numbers_given(people)))
        await connection.execute(SQL["set_drawn"], room.event_id, numbers, holes, max(joined, numbers))

    async def _closed(self, connection: Connection, room: Room) -> bytes:
        """Who takes part: fixed now, for everybody to see before anybody can know the order, or fixed before."""
        closed = await last_of(connection, room, "closed")
        if closed is not None:
            return await people_drawn(connection, room, closed)
        counted = await count_on(connection, room)
        people = await people_drawn(connection, room, {"chunks": counted.chunks, "numbers": counted.end})
        root = await asyncio.to_thread(lambda: roster_tree(people).root)
        told = {"numbers": counted.end, "people": len(numbers_given(people)), "chunks": counted.chunks}
        await enter(connection, room, "closed", told | {"register": counted.digest.hex(), "roster": root.hex()})
        return people

    def _seed(self, room: Room, kept: bytes, *, sealed: bool) -> bytes:
        return self._box.read(kept, _purpose(room), sealed=sealed)


def holes_after(holes: Sequence[int], numbers: int, *, drawn: int) -> list[int]:
    """Ranks that nobody has once numbers below `numbers` have `drawn` ranks: those between, and holes further back.

    A hole among the numbers that were drawn is none among the ranks.
    """
    behind = [bound for pair in zip(holes[::2], holes[1::2], strict=True) if pair[0] >= numbers for bound in pair]
    return [drawn, numbers, *behind] if drawn < numbers else behind


async def people_drawn(connection: Connection, line: Round, closed: Mapping[str, Value]) -> bytes:
    """The ids of everybody whom the entry `closed` lets take part, by number."""
    register = [chunk async for chunk in chunks_of(connection, line, most=int(closed["chunks"]))]
    return roster(register, int(closed["numbers"]))


def _drawn(seed: bytes, committed: bytes, beacon: bytes, people: bytes) -> _Outcome:
    order = draw(draw_key(seed, committed, beacon, roster_tree(people).root), people)
    by_number = ranks(order, len(people) // PERSON_BYTES)
    if byteorder == "big":
        by_number.byteswap()
    return _Outcome(order_tree(order).root, by_number.tobytes())


def _purpose(room: Room) -> str:
    return f"draw:{room.event_id}:{room.round}"
