"""What the waiting room keeps in PostgreSQL."""

import asyncpg
import msgspec

from rowlock.platform.postgres import load_queries
from rowlock.waiting_room.model import Room

SQL = load_queries("rowlock.waiting_room")
_FIELDS = tuple(field.name for field in msgspec.structs.fields(Room))


def room_of_row(row: asyncpg.Record) -> Room:
    """A room from its row."""
    return Room(**{name: row[name] for name in _FIELDS})
