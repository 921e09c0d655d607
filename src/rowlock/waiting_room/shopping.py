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


class ShoppingSessions:
    """The sessions of all rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open = Gatherer[Turn, Session]("shopping", self._open_all)
        self._known: OrderedDict[Turn, tuple[float, Session]] = OrderedDict()

    async def enter(self, turn: Turn) -> Session:
        """Open the session of a turn, or say how it stands. A repeat finds the same session."""
        known = self._known.get(turn)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        session = await self._open.ask(turn)
        self._known[turn] = time.monotonic() + BELIEVED_SECONDS, session
        if len(self._known) > SESSIONS_KEPT_MAX:
            self._known.popitem(last=False)
        return session

    async def end(self, event_id: int, round_no: int, subject: str, how: Ending) -> bool:
        """End a person's session; whether there was one."""
        rows = await rerun(lambda: self._database.cold.fetch(SQL["end_shopping"], event_id, round_no, subject, how))
        self.forget(event_id, subject)
        return bool(rows)

    def forget(self, event_id: int, subject: str) -> None:
        """Ask anew how a person's session stands."""
        for turn in [turn for turn in self._known if turn.event_id == event_id and turn.subject == subject]:
            del self._known[turn]

    async def _open_all(self, turns: Sequence[Turn]) -> list[Session]:
        columns = [list(column) for column in zip(*turns, strict=True)]
        rows = await rerun(lambda: self._database.hot.fetch(SQL["open_shopping"], *columns))
        found = {row["ord"]: Session(row["outcome"], row["ends_at"]) for row in rows}
        return [found[ord_no] for ord_no in range(1, len(turns) + 1)]
