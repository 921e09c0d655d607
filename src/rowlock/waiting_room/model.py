"""What a waiting room is, and what people and staff are told of it. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, get_args

import msgspec

from rowlock.kernel import limits
from rowlock.waiting_room.forecast import Chance, Odds

Mode = Literal["off", "passthrough", "fifo", "draw", "hold", "reject"]
"""`passthrough`: all are let in at once, and counted; `fifo`: in the order of joining; `draw`: those present at the
opening in drawn order, later ones behind them; `hold`: people join, nobody is called; `reject`: nobody joins."""
MODES: tuple[Mode, ...] = get_args(Mode)
Phase = Literal["idle", "prequeue", "active", "ended"]
Ordering = Literal["fifo", "draw"]
WithoutLine = Literal["failOpen", "failClosed"]
"""What becomes of people whose place nobody can look up because Valkey is away: let in, or asked to wait."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """One event's room, as PostgreSQL had it last. Ranks and numbers count from 0."""

    event_id: int
    round: int
    line: str
    """What Valkey calls the line of this round: another database, or this one restored, has other names."""
    mode: Mode
    ordering: Ordering
    switched_by: Literal["staff", "load"]
    prequeue_at: datetime | None
    opens_at: datetime
    ended_at: datetime | None
    paused_at: datetime | None
    admit_per_minute: int
    admit_min: int
    admit_max: int
    follows_load: bool
    shoppers_max: int
    shopping_seconds: int
    turn_seconds: int
    without_line: WithoutLine
    message: str
    reserved: int
    joined: int
    drawn: int | None
    served: int
    pace_base: int
    pace_at: datetime
    holes: Sequence[int]
    closed_behind: int | None
    version: int
    outlook: str

    @property
    def on(self) -> bool:
        """Whether seats are only for those who were let in."""
        return self.mode != "off"

    @property
    def calls(self) -> bool:
        """Whether people are being called, once the room is open."""
        return self.mode in {"fifo", "draw", "reject"} and self.paused_at is None

    def phase(self, now: datetime) -> Phase:
        """How far it is; a draw that is due but not done yet still counts as `prequeue`."""
        if not self.on or (self.prequeue_at is not None and now < self.prequeue_at):
            return "idle"
        if self.ended_at is not None:
            return "ended"
        if now < self.opens_at or (self.ordering == "draw" and self.drawn is None):
            return "prequeue"
        return "active"


class ZoneOutlook(msgspec.Struct, frozen=True, rename="camel"):
    """What a price tier will have when it is somebody's turn: about so many seats, and the chance of two."""

    tier: str
    seats_left: int
    chance: Chance


class QueueOdds(msgspec.Struct, frozen=True, rename="camel"):
    """What will be left in all, and tier by tier."""

    seats_left: int
    chance: Chance
    zones: tuple[ZoneOutlook, ...]

    @classmethod
    def of(cls, odds: Odds) -> "QueueOdds":
        """The odds as they are told."""
        return cls(odds.seats_left, odds.chance, tuple(ZoneOutlook(*zone) for zone in odds.zones))


class QueueAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Where somebody stands. `position` counts from 1 and is unknown before a draw; `wait_time` is in whole minutes.

    `admitted`: it is your turn; `admission_token` goes into X-Admission of the calls that take seats.
    """

    event_id: str
    phase: Phase
    mode: Mode
    in_waiting_room: bool
    admitted: bool
    position: int | None = None
    ahead: int | None = None
    wait_time: int | None = None
    wait_time_known: bool = False
    wait_time_formatted: str = ""
    refresh_interval_seconds: int
    wait_changed: str = ""
    """Why the wait is not what was told before: `sped_up`, `slowed`, `paused`, `resumed`; empty: it is."""
    odds: QueueOdds | None = None
    message: str = ""
    paused: bool = False
    opens_in: int | None = None
    """Seconds until somebody may be called, while nobody is."""
    queue_ticket: str | None = None
    admission_token: str | None = None
    shopping_ends_in: int | None = None
    closed: bool = False
    """Those ahead are expected to buy what is left: whoever stands here is not going to be called."""


class QueueBoard(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is the same for everybody: with the rank in a ticket a page knows the rest by itself."""

    event_id: str
    phase: Phase
    mode: Mode
    round: int = 0
    served: int = 0
    joined: int = 0
    per_minute: int = 0
    message: str = ""
    paused: bool = False
    opens_at: datetime | None = None
    drawn: int | None = None
    closed_behind: int | None = None


class QueueBucket(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The wait and the odds of everybody who has about so many ahead: at most `ahead`."""

    ahead: int
    wait_time: int | None = None
    wait_time_formatted: str = ""
    wait_changed: str = ""
    odds: QueueOdds | None = None
    refresh_interval_seconds: int


PerMinute = Annotated[int, msgspec.Meta(ge=0, le=limits.ADMISSIONS_PER_MINUTE_MAX)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Seconds = Annotated[int, msgspec.Meta(ge=30, le=4 * 3600)]


class ControlBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What staff change of a room; what is not named stays as it is."""

    mode: Mode | None = None
    admit_per_minute: PerMinute | None = None
    admit_min: PerMinute | None = None
    admit_max: PerMinute | None = None
    follows_load: bool | None = None
    shoppers_max: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] | None = None
    shopping_seconds: Seconds | None = None
    turn_seconds: Seconds | None = None
    without_line: WithoutLine | None = None
    message: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    prequeue_at: Moment | None = None
    opens_at: Moment | None = None
    beacon_source: Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[ -~]*$")] | None = None
    """Which public value goes into the draw: drawn only once somebody has given it."""
    beacon: Annotated[str, msgspec.Meta(min_length=1, max_length=300)] | None = None
    paused: bool | None = None
    new_round: bool = False
    """Let the line begin anew: places of the old one are void."""


DrawStage = Literal["promised", "wants_beacon", "closed", "drawn"]


class DrawFigures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is promised of a line's draw, in hexadecimals and words, and how far it is.

    `wants_beacon`: nobody is drawn before staff give the value of the source that was promised.
    """

    commitment: str
    beacon_source: str
    stage: DrawStage


class RoomFigures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A room as staff see it."""

    event_id: str
    phase: Phase
    mode: Mode
    ordering: Ordering
    switched_by: str
    round: int
    paused: bool
    admit_per_minute: int
    admit_min: int
    admit_max: int
    follows_load: bool
    shoppers_max: int
    shopping_seconds: int
    turn_seconds: int
    without_line: WithoutLine
    message: str
    prequeue_at: datetime | None
    opens_at: datetime
    joined: int
    waiting: int
    called: int
    admitted: int
    """Shopping sessions ever opened in this round."""
    shopping: int
    bought: int
    closed_behind: int | None
    line_known: bool
    """Whether Valkey has the line: without it nobody joins."""
    draw: DrawFigures | None = None
    """Of a line that is drawn, or will be."""
