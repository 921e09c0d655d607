"""Watches what happens at the gate and scores it: after the answers, for many at once, never before anybody's answer.

What was seen gathers in this process for half a second, then one call to Valkey adds it to what all processes know,
the rules judge the sums, and a second call writes the marks that the gate reads with the rate limits. Without Valkey
nothing is kept and nobody is scored.
"""

import asyncio
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
import structlog

from rowlock.bots.answers import STEPS
from rowlock.bots.model import STEPS_SHORTER_MAX, Attempt, Finding
from rowlock.bots.rules import JUDGED_FROM, QUICK_MS, Record, findings, score_of, unpaid
from rowlock.bots.traces import contradicts_itself
from rowlock.platform.http.calls import RawHeaders
from rowlock.platform.telemetry import metrics
from rowlock.platform.valkey.limiter import Limit, Limiter
from rowlock.platform.valkey.scripts import Call, ScriptRunner, load_script

FLUSH_SECONDS = 0.5
FORGOTTEN_SECONDS = 2 * 3_600
"""What was seen of a name is forgotten so long after it was first seen, whatever came later."""
MARK_SECONDS = 3_600
FIELDS_MAX = 200
SUSPECTS = "bots:suspects"
GATHERED_MAX = 50_000
"""Sightings that may wait for their flush; in a crowd beyond that, what comes is not scored."""
NAMES_PER_CALL = 200
NAMES_KEPT_MAX = 20_000
NO_MARK = (0, 0, 0, 0)

NOTE = load_script("rowlock.bots", "note.lua")
MARK = load_script("rowlock.bots", "mark.lua")
_pack = msgspec.msgpack.Encoder().encode
_records = msgspec.msgpack.Decoder(list[dict[str, float] | None])
log = structlog.get_logger(__name__)


class Patience(msgspec.Struct, frozen=True):
    """What becomes of those who hold again and again and never buy."""

    unpaid_free: int = 3
    """So many holds may lapse without any harm."""
    shorter_seconds: int = 60
    """From then on each hold is this much shorter for every further one."""
    rest_after: int = 5
    rest_seconds: int = 60
    """After so many lapsed holds the next one waits for so long, doubling each time."""
    rest_seconds_max: int = 900


class Seen:
    """What one flush adds to a name."""

    __slots__ = ("adds", "attempted", "drops", "sets")

    def __init__(self) -> None:
        self.adds: dict[str, int] = {}
        self.sets: dict[str, int] = {}
        self.drops: list[str] = []
        self.attempted = False

    def add(self, field: str, amount: int = 1) -> None:
        """Count."""
        self.adds[field] = self.adds.get(field, 0) + amount


EndOfHold = Literal["paid", "pending", "released"]
"""`pending`: the provider has not spoken yet, which says neither good nor bad."""
Sighting = Callable[[str, Seen], None]
"""Adds itself to what was seen of a name."""


class Watch:
    """Gathers sightings and scores names. `clock` in seconds since 1970."""

    def __init__(
        self,
        scripts: ScriptRunner,
        limiter: Limiter,
        patience: Patience | None = None,
        *,
        seats_max: int = 10,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._scripts = scripts
        self.patience = patience or Patience()
        self._limiter = limiter
        self._clock = clock
        self._seats_max = seats_max
        self._returns: Counter[Limit] = Counter()
        self._attempts: list[tuple[Attempt, RawHeaders]] = []
        self._last_seats: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._marked: OrderedDict[str, None] = OrderedDict()
        """Names that this process has marked: a mark that is to be 0 again must be written, too."""
        self._gathered: list[tuple[str, Sighting]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def saw(self, names: Sequence[str], sighting: Sighting) -> None:
        """Remember something of these names for the next flush."""
        if len(self._gathered) < GATHERED_MAX:
            self._gathered += [(name, sighting) for name in names]
            self._plan()

    def saw_attempt(self, attempt: Attempt, headers: RawHeaders) -> None:
        """Remember an attempt to book. It stands on the way to the seats: nothing is reckoned before the flush."""
        if len(self._attempts) < GATHERED_MAX:
            self._attempts.append((attempt, headers))
            if self._timer is None:
                self._plan()

    def gives_back(self, budgets: Sequence[Limit]) -> None:
        """Put back at the next flush what was taken of these; `taken` is below 0."""
        for budget in budgets:
            self._returns[budget._replace(taken=0)] += budget.taken
        self._plan()

    def _plan(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._begin_flush)

    def now_ms(self) -> int:
        """The clock in whole milliseconds."""
        return int(self._clock() * 1000)

    async def flush(self) -> None:
        """Score everything that was seen until now."""
        gathered, self._gathered = self._gathered, []
        attempts, self._attempts = self._attempts, []
        returns, self._returns = self._returns, Counter()
        if returns:
            await self._limiter.take([budget._replace(taken=amount) for budget, amount in returns.items()])
        seen: defaultdict[str, Seen] = defaultdict(Seen)
        for attempt, headers in attempts:
            self._add_attempt(attempt, headers, seen)
        for name, sighting in gathered:
            sighting(name, seen[name])
        names = list(seen)
        for start in range(0, len(names), NAMES_PER_CALL):
            some = names[start : start + NAMES_PER_CALL]
            await self._score({name: seen[name] for name in some})

    async def close(self) -> None:
        """Score what is left, then rest."""
        if self._timer is not None:
            self._timer.cancel()
        if self._flushing is not None:
            await asyncio.wait([self._flushing])
        await self.flush()

    def _begin_flush(self) -> None:
        self._timer = None
        self._flushing = asyncio.get_running_loop().create_task(self.flush())
        self._flushing.add_done_callback(_tell_of_fault)

    async def _score(self, seen: Mapping[str, Seen]) -> None:
        rows = [(f"seen:{name}", s.adds, s.sets, s.drops, s.attempted) for name, s in seen.items()]
        arguments = (
            _pack(rows),
            str(self.now_ms()),
            str(FORGOTTEN_SECONDS),
            str(FIELDS_MAX),
            str(QUICK_MS),
            str(JUDGED_FROM),
        )
        answers = await self._scripts.run(NOTE, [Call((), arguments)])
        if answers is None:
            return
        marks = []
        for name, numbers in zip(seen, _records.decode(answers[0]), strict=True):
            known = (
                self._score_of(name, {field: int(value) for field, value in numbers.items()}) if numbers else NO_MARK
            )
            if known != NO_MARK or name in self._marked:
                marks.append((name, *known))
                self._remember(name)
        if not marks:
            return
        await self._scripts.run(MARK, [Call((SUSPECTS,), (_pack(marks), str(MARK_SECONDS), str(STEPS.log)))])

    def _add_attempt(self, attempt: Attempt, headers: RawHeaders, seen: defaultdict[str, Seen]) -> None:
        trace, seats = attempt.trace, attempt.seat_nos
        person = seen[trace.person]
        person.attempted = True
        person.add("attempts")
        person.add(f"look:{trace.look[-8:]}")
        if contradicts_itself(headers):
            person.add("odd")
        if seats:
            first, last = min(seats), max(seats)
            before = self._last_seats.get(trace.person)
            if before is not None and (first == before[1] + 1 or last == before[0] - 1):
                person.add("next_to_last")
            if len(seats) == self._seats_max:
                person.add("full")
            self._last_seats[trace.person] = (first, last)
            if len(self._last_seats) > NAMES_KEPT_MAX:
                self._last_seats.popitem(last=False)
        for name in trace.clusters:
            cluster = seen[name]
            cluster.attempted = cluster.attempted or name is trace.device
            cluster.add("attempts")
            cluster.add(f"who:{trace.person[-8:]}")

    def _remember(self, name: str) -> None:
        self._marked[name] = None
        self._marked.move_to_end(name)
        if len(self._marked) > NAMES_KEPT_MAX:
            self._marked.popitem(last=False)

    def _score_of(self, name: str, record: Record) -> tuple[int, int, int, int]:
        """Score, whether to block, how much shorter holds are, and how long to rest."""
        found = findings(name.partition(":")[0], record)
        score = score_of(found)
        blocked = deserves_block(found, record)
        if score >= STEPS.log:
            metrics.BOTS_SCORED.inc()
            rules = {finding.rule: finding.points for finding in found}
            log.info("bot_scored", name=name, score=score, rules=rules, blocked=blocked)
        return score, int(blocked), self._steps_shorter(record), self._rest(record)

    def _steps_shorter(self, record: Record) -> int:
        past = unpaid(record) - record.get("paid", 0) - self.patience.unpaid_free + 1
        return max(0, min(past, STEPS_SHORTER_MAX))

    def _rest(self, record: Record) -> int:
        past = unpaid(record) - record.get("paid", 0) - self.patience.rest_after
        if past < 0:
            return 0
        return min(self.patience.rest_seconds * (1 << min(past, 10)), self.patience.rest_seconds_max)


def deserves_block(found: Sequence[Finding], record: Record) -> bool:
    """Whether checkout is closed to a name: a high score by two rules or more, after a milder answer was given."""
    warned = record.get("answer:challenge", 0) + record.get("answer:slow_lane", 0) > 0
    return warned and len(found) > 1 and score_of(tuple(found)) >= STEPS.block


def _tell_of_fault(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (fault := task.exception()) is not None:
        log.error("bot_scoring_failed", exc_info=fault)


def hold(booking: str, ends_ms: int) -> Sighting:
    """A hold that runs until `ends_ms`."""

    def add(_name: str, seen: Seen) -> None:
        seen.add("holds")
        seen.sets[f"open:{booking[-12:]}"] = ends_ms

    return add


def end_of_hold(booking: str, how: EndOfHold) -> Sighting:
    """A hold that its buyer ended."""

    def add(_name: str, seen: Seen) -> None:
        seen.add(how)
        seen.drops.append(f"open:{booking[-12:]}")

    return add


def look_at_map(at_ms: int) -> Sighting:
    """Somebody reads the seats of an event."""

    def add(_name: str, seen: Seen) -> None:
        seen.add("looked")
        seen.sets["looked_at"] = at_ms

    return add


def answered(how: str) -> Sighting:
    """An answer of ours: `challenge`, `slow_lane`, `blocked`, `solved`."""

    def add(_name: str, seen: Seen) -> None:
        seen.add(f"answer:{how}")

    return add
