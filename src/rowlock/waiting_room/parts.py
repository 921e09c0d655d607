"""The slice put together, once the database is open."""

from typing import NamedTuple

from valkey.asyncio import Valkey

from rowlock.platform.postgres import Database
from rowlock.waiting_room.control import RoomControl
from rowlock.waiting_room.desk import QueueDesk
from rowlock.waiting_room.doorman import Doorman
from rowlock.waiting_room.line import Line
from rowlock.waiting_room.shopping import ShoppingSessions
from rowlock.waiting_room.signing import QueueSeals
from rowlock.waiting_room.watch import RoomWatch


class WaitingRoomParts(NamedTuple):
    """What one process has of the waiting rooms."""

    watch: RoomWatch
    line: Line
    seals: QueueSeals
    desk: QueueDesk
    doorman: Doorman
    control: RoomControl


def waiting_room_parts(database: Database, valkey: "Valkey | None", secret: bytes) -> WaitingRoomParts:
    """Wire it; `secret` is the installation's own."""
    watch, line, seals = RoomWatch(database), Line(valkey), QueueSeals(secret)
    sessions = ShoppingSessions(database)
    return WaitingRoomParts(
        watch,
        line,
        seals,
        QueueDesk(database, watch, line, seals, sessions),
        Doorman(watch, seals, sessions),
        RoomControl(database, line, watch),
    )
