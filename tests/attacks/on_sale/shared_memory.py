"""What Valkey does for limits and bots, in plain Python on virtual time; a test holds it against the real scripts."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from tests.simulation.virtual_time import pass_time

from rowlock.bots.model import Mark, Ruling, mark_of
from rowlock.bots.watch import MARK, NOTE
from rowlock.platform.valkey.limiter import TAKE, Limit, LocalLimits
from rowlock.platform.valkey.scripts import Call, Script, ScriptRunner

TRAVEL_SECONDS = 0.0005
MICROSECONDS = 1_000_000


class SharedMemory(ScriptRunner):
    """Runs the three scripts; `clock` in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(None)
        self._clock = clock
        self._limits = LocalLimits(clock)
        self._known: dict[str, dict[str, int]] = {}
        self._marks: dict[str, int] = {}
        self._until: dict[str, float] = {}

    async def run(self, script: Script, calls: Sequence[Call]) -> list[Any] | None:
        """The answers, a moment later."""
        await pass_time(TRAVEL_SECONDS)
        return [self.answer(script, call.arguments) for call in calls]

    def answer(self, script: Script, arguments: Sequence[str | bytes]) -> object:
        """One call."""
        packed = arguments[0]
        assert isinstance(packed, bytes)
        rows = msgspec.msgpack.decode(packed)
        if script.digest == TAKE.digest:
            return msgspec.msgpack.encode([self._take(*row) for row in rows])
        if script.digest == NOTE.digest:
            now, *terms = (int(argument) for argument in (arguments[1], *arguments[3:]))
            return msgspec.msgpack.encode([self._note(row, now, *terms) for row in rows])
        assert script.digest == MARK.digest
        for row in rows:
            self._mark(*row)
        return 0

    def _take(self, key: str, quota: int, window: int, taken: int) -> float:
        if quota == 0:
            return self._marks.get(key, 0) if self._until.get(key, 0.0) > self._clock() else 0
        return -self._limits.take(Limit(key, quota, seconds=window // MICROSECONDS, taken=taken)) * MICROSECONDS

    def _note(self, row: Sequence[Any], now: int, fields_max: int, quick: int, judged_from: int) -> object:
        key, adds, sets, drops, attempted = row
        known = self._known.setdefault(key, {})

        def add(field: str, amount: int) -> None:
            if field in known or len(known) < fields_max:
                known[field] = known.get(field, 0) + amount

        if attempted:
            gap = now - known["last"] if "last" in known else 0
            if 0 < gap <= 60_000:
                for field, amount in (("gaps", 1), ("gap_sum", gap), ("gap_squares", gap * gap)):
                    add(field, amount)
            if "looked_at" in known and now - known["looked_at"] < quick:
                add("quick", 1)
            known["last"] = now
        for field, amount in adds.items():
            add(field, amount)
        for field, value in sets.items():
            known.pop(field, None)
            add(field, value)
        for field in drops:
            known.pop(field, None)
        return self._all_of(known, now) if known.get("attempts", 0) >= judged_from else None

    def _all_of(self, known: dict[str, int], now: int) -> dict[str, int]:
        for field in [field for field, value in known.items() if field.startswith("open:") and value <= now]:
            del known[field]
            known["lapsed"] = known.get("lapsed", 0) + 1
        return dict(known)

    def _mark(self, name: str, score: int, blocked: int, shorter: int, rest: int) -> None:
        key, now = f"mark:{name}", self._clock()
        ruling = mark_of(self._marks.get(key, 0)).ruling
        if ruling is Ruling.LIFTED:
            return
        self._marks[key] = Mark(score, max(ruling, Ruling(blocked)), shorter).number
        self._until[key] = now + 3_600
        if rest and self._until.get(f"rest:{name}", 0.0) <= now:
            self._marks[f"rest:{name}"], self._until[f"rest:{name}"] = 1, now + rest
