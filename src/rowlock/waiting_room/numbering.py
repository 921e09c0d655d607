"""Which place numbers may be given. PostgreSQL hands them out in blocks, Valkey one by one from the block.

A number is reserved before it can be given, so a line that Valkey lost begins again behind everything it may have
given: no number is ever given twice. What was reserved and not given is a hole, which the line passes over.
"""

from collections.abc import Sequence

from rowlock.platform.postgres import Connection, Database
from rowlock.waiting_room.line import Line, LineState
from rowlock.waiting_room.model import Room
from rowlock.waiting_room.store import SQL

NUMBERS_AHEAD = 50_000
"""Numbers that may be given before PostgreSQL is asked again: seconds of the largest rush one Valkey can take."""


async def give_numbers(database: Database, line: Line, event_id: int) -> None:
    """Let the line give more numbers; one that is not there begins. Several callers do no harm. LineAway."""
    async with database.cold.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(SQL["lock_room"], event_id)
        if row is None:
            return
        state = await line.look(row["line"])
        reserved = await reserve(connection, event_id, row["reserved"], state)
    # Only now, when the reservation is sure: what Valkey may give is never more than PostgreSQL knows of.
    await line.begin(row["line"], row["reserved"], reserved)


async def reserve(connection: Connection, event_id: int, reserved: int, state: LineState | None) -> int:
    """Reserve what a line needs to go on for a while; answers up to which number it may give. The room is locked."""
    needed = (reserved if state is None else state.next_no) + NUMBERS_AHEAD
    if needed <= reserved:
        return reserved
    await connection.execute(SQL["reserve_numbers"], event_id, needed)
    return needed


async def note(connection: Connection, room: Room, state: LineState) -> None:
    """Write who joined into the register, and what was lost before them as a hole. The room is locked, and as it is.

    Numbers below the room's `joined` had been given when a worker saw the line last: they are no hole, for their people
    have tickets. Of those given after that, in a fifth of a second, nobody can say how many they are.
    """
    end: int = await connection.fetchval(SQL["register_end"], room.event_id, room.round)
    given = max(end, room.joined)
    if given < state.registered:
        await connection.execute(SQL["add_hole"], room.event_id, given, state.registered)
    if state.people:
        await connection.execute(SQL["note_people"], room.event_id, room.round, state.registered, state.people)


def near_a_loss(holes: Sequence[int], number: int) -> bool:
    """Whether a place may have been lost with the line before it was registered."""
    pairs = zip(holes[::2], holes[1::2], strict=True)
    return any(first - NUMBERS_AHEAD <= number < last for first, last in pairs)
