"""Shopping sessions: who has been let in, until when. PostgreSQL decides; a process remembers for a moment."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from rowlock.platform.batching import Gatherer
from rowlock.platform.postgres import Database
from rowlock.platform.postgres.pool import rerun
from rowlock.waiting_room.store import SQL

BELIEVED_SECONDS = 1.0
"""After this a session that was open is asked for again: it may have been ended elsewhere."""
SESSIONS_KEPT_MAX = 50_000

Standing = Literal["open", "ended", "other", "none"]
"""`other`: the place, or the person, has a session with somebody, or from some place, else; `none`: not opened yet."""
Ending = Literal["purchase", "leave", "staff"]


class Turn(NamedTuple):
    """The place that lets a person in, and for how long they may shop; 0: only look how it stands."""

    event_id: int
    round: int
    number: int
    subject: str
    seconds: int


class Session(NamedTuple):
    """How a turn stands."""

    standing: Standing
    ends_at: datetime | None


class _Known(NamedTuple):
    """How a turn stood, believed until a moment of this process's clock."""

    turn: Turn
    session: Session
    until: float


class ShoppingSessions:
    """The sessions of all rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open = Gatherer[Turn, Session]("shopping", self._open_all)
        self._known: OrderedDict[tuple[int, str], _Known] = OrderedDict()  # by event and person

    async def enter(self, turn: Turn) -> Session:
        """Open the session of a turn, or say how it stands. A repeat finds the same session."""
        who = turn.event_id, turn.subject
        known = self._known.get(who)
        if known is not None and known.turn == turn and time.monotonic() < known.until:
            return known.session
        session = await self._open.ask(turn)
        self._known[who] = _Known(turn, session, time.monotonic() + BELIEVED_SECONDS)
        if len(self._known) > SESSIONS_KEPT_MAX:
            self._known.popitem(last=False)
        return session

    async def end(self, event_id: int, round_no: int, subject: str, how: Ending) -> bool:
        """End a person's session; whether there was one."""
        rows = await rerun(lambda: self._database.cold.fetch(SQL["end_shopping"], event_id, round_no, subject, how))
        self._known.pop((event_id, subject), None)
        return bool(rows)

    def forget(self) -> None:
        """Ask anew how everybody's session stands."""
        self._known.clear()

    async def _open_all(self, turns: Sequence[Turn]) -> list[Session]:
        columns = [list(column) for column in zip(*turns, strict=True)]
        rows = await rerun(lambda: self._database.hot.fetch(SQL["open_shopping"], *columns))
        found = {row["ord"]: Session(row["outcome"], row["ends_at"]) for row in rows}
        return [found[ord_no] for ord_no in range(1, len(turns) + 1)]
