"""The slice put together, once the database is open."""

from collections.abc import Callable
from typing import NamedTuple

from valkey.asyncio import Valkey

from rowlock.platform.postgres import Database
from rowlock.platform.secrets import SecretBox
from rowlock.waiting_room.control import RoomControl
from rowlock.waiting_room.desk import QueueDesk
from rowlock.waiting_room.doorman import Doorman
from rowlock.waiting_room.draw_desk import DrawDesk
from rowlock.waiting_room.line import Line
from rowlock.waiting_room.record_views import RecordViews
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
    draws: DrawDesk
    records: RecordViews


def waiting_room_parts(
    database: Database,
    valkey: "Valkey | None",
    secret: bytes,
    box: SecretBox,
    on_change: Callable[[int], None] = lambda _event_id: None,
) -> WaitingRoomParts:
    """Wire it; `secret` is the installation's own, `box` seals what draws are made of, `on_change` is told of every
    event whose room staff change."""
    draws = DrawDesk(box)
    watch, line, seals = RoomWatch(database), Line(valkey), QueueSeals(secret)
    sessions = ShoppingSessions(database)
    return WaitingRoomParts(
        watch,
        line,
        seals,
        QueueDesk(database, watch, line, seals, sessions),
        Doorman(watch, seals, sessions),
        RoomControl(database, line, watch, draws, on_change),
        draws,
        RecordViews(database),
    )
