"""The face of the bots slice: what it adds to a visit at the gate, and the answer it gives.

Before an attempt it only names limits and marks, which are read in the limiter's own round trip. What an attempt tells
about its caller is noted as it ends and scored later.
"""

from collections.abc import Callable, Sequence

import msgspec

from rowlock.bots.answers import Answer, Proof, answer_to, difficulty, worst
from rowlock.bots.challenge import LIFETIME_SECONDS, SOLUTION_HEADER, WAIT, Challenges, Purpose
from rowlock.bots.contention import Contention
from rowlock.bots.model import Attempt, Mark, Ruling, Trace, mark_of
from rowlock.bots.slow_lane import SlowLane
from rowlock.bots.traces import Traces
from rowlock.bots.watch import EndOfHold, Watch, answered, end_of_hold, hold, look_at_map
from rowlock.kernel.problems import Problem
from rowlock.platform.http.calls import RawHeaders, header
from rowlock.platform.telemetry import metrics
from rowlock.platform.valkey.limiter import QUIET_RETRY_SECONDS, Limit, Limiter, Taken

BUDGET_SECONDS = 600
"""A cluster that has used up its share of an event gets it back over so long, as holds end; at once when it pays."""


class ShareCap(msgspec.Struct, frozen=True):
    """How much of an event one cluster of identities may hold unpaid: this share, but always so many seats."""

    share: float = 0.02
    seats: int = 20

    def seats_of(self, seat_count: int) -> int:
        """The cap for an event of so many seats."""
        return max(self.seats, int(seat_count * self.share))


class Guard:
    """Watches one process's gate with what all processes know."""

    def __init__(
        self,
        traces: Traces,
        limiter: Limiter,
        watch: Watch,
        challenges: Challenges,
        contention: Contention,
        *,
        share_cap: ShareCap | None = None,
        acts: bool = True,
        surging: Callable[[], bool] = lambda: False,
    ) -> None:
        self.traces = traces
        self._watch = watch
        self.slow_lane = SlowLane()
        self._limiter = limiter
        self._challenges = challenges
        self._contention = contention
        self._cap = share_cap or ShareCap()
        self._acts = acts
        self._surging = surging
        self._patience = watch.patience
        self._caps: dict[int, int] = {}

    def marks(self, trace: Trace) -> list[str]:
        """What is to be read of a trace."""
        return [*(f"mark:{name}" for name in trace.scored), *(f"rest:{name}" for name in _resting(trace))]

    def budgets(self, attempt: Attempt) -> list[Limit]:
        """The shares of the event that the clusters of an attempt may hold unpaid, with this attempt's seats taken."""
        cap = self._caps[attempt.event_id] = self._cap.seats_of(attempt.seat_count)
        return [_budget(name, attempt.event_id, cap, attempt.seats) for name in attempt.trace.clusters]

    async def answer(self, attempt: Attempt, headers: RawHeaders, taken: Taken) -> int:
        """Return when an attempt may go on, with the seconds by which its hold is shorter.

        Problems: `challenge_needed` with the challenge; `rate_limited`, without a reason.
        """
        self._contention.note(attempt.event_id)
        self._watch.saw_attempt(attempt, headers)
        if not any(taken.marks) or not self._acts_on(attempt.trace):
            self.slow_lane.someone_passed()
            return 0
        mark, rests = _read(attempt.trace, taken.marks)
        if mark.ruling is Ruling.LIFTED:
            return 0
        level = self._level(attempt.event_id)
        if rests and level:
            raise Problem("rate_limited", "Too many requests.", retryAfter=QUIET_RETRY_SECONDS)
        if answer_to(mark, level, Proof.NONE) is Answer.GO:
            self.slow_lane.someone_passed()
        else:
            await self._demand(mark, attempt, headers)
        return mark.steps_shorter * self._patience.shorter_seconds if level else 0

    def check_out(self, trace: Trace, taken: Taken) -> None:
        """Pass on the way to paying; Problem `checkout_blocked` for who must wait until staff have looked."""
        mark, _ = _read(trace, taken.marks)
        if self._acts_on(trace) and mark.ruling in {Ruling.BLOCKED, Ruling.CONFIRMED}:
            self._note_answer(trace, "blocked")
            raise Problem(
                "checkout_blocked",
                "Our staff look at orders like this one before they are paid for. Nothing was charged, and the seats "
                "stay yours until the hold ends. Write to us with the number in `review`.",
                review=trace.person.partition(":")[2],
            )

    def held(self, attempt: Attempt, booking: str, seconds: float) -> None:
        """An attempt got its seats, for so long."""
        self._watch.saw(attempt.trace.scored, hold(booking, self._watch.now_ms() + int(seconds * 1000)))

    def missed(self, attempt: Attempt) -> None:
        """An attempt got nothing: what it took of the budgets goes back."""
        self._give_back(attempt.trace, attempt.event_id, attempt.seats)

    def ended(self, trace: Trace, booking: str, how: EndOfHold, event_id: int, seats: int) -> None:
        """A hold of so many seats was ended by its buyer."""
        self._watch.saw(trace.scored, end_of_hold(booking, how))
        self._give_back(trace, event_id, seats)

    def looked(self, peer: str, headers: RawHeaders) -> None:
        """Somebody reads the seats of an event."""
        name = self.traces.device(headers) or self.traces.prefix(peer, headers)
        if name:
            self._watch.saw((name,), look_at_map(self._watch.now_ms()))

    async def _demand(self, mark: Mark, attempt: Attempt, headers: RawHeaders) -> None:
        """Ask for a proof of work, or take it, or let wait."""
        trace, level = attempt.trace, self._level(attempt.event_id)
        purpose = Purpose.of(trace, "reserve", attempt.event_id)
        due = answer_to(mark, level, await self._proof(purpose, headers))
        if due is Answer.PROVE:
            self._note_answer(trace, "challenge")
            challenge = await self._challenges.make(purpose, difficulty(mark, level))
            raise Problem(
                "challenge_needed",
                "Many people want these seats. Solve `challenge` and send the solution in X-Challenge-Solution, or "
                f"send `{WAIT}` there to wait in line instead.",
                challenge=challenge,
            )
        if due is Answer.SLOW:
            self._note_answer(trace, "slow_lane")
            await self.slow_lane.wait()

    async def _proof(self, purpose: Purpose, headers: RawHeaders) -> Proof:
        """What the request brings. A solution is good once, among all processes."""
        payload = header(headers, SOLUTION_HEADER)
        if payload is None or payload == WAIT:
            return Proof.NONE if payload is None else Proof.WAITS
        solution = self._challenges.solved(payload, purpose)
        if solution is None:
            return Proof.NONE
        try:
            spent = await self._limiter.take([Limit(f"spent:{solution}", 1, seconds=LIFETIME_SECONDS)])
        except Problem:
            return Proof.NONE
        return Proof.SOLVED if spent.shared else Proof.UNKNOWN

    def _acts_on(self, trace: Trace) -> bool:
        """Whether suspicion has an answer here. Programs on our own machines are only scored: load tests, scripts."""
        return self._acts and bool(trace.prefix)

    def _level(self, event_id: int) -> int:
        return max(self._contention.level(event_id), int(self._surging()))

    def _note_answer(self, trace: Trace, how: str) -> None:
        metrics.BOT_ANSWERS.labels(how).inc()
        self._watch.saw(trace.scored, answered(how))

    def _give_back(self, trace: Trace, event_id: int, seats: int) -> None:
        cap = self._caps.get(event_id)
        if cap is not None and seats and trace.clusters:
            self._watch.gives_back([_budget(name, event_id, cap, -seats) for name in trace.clusters])


def _budget(name: str, event_id: int, cap: int, seats: int) -> Limit:
    return Limit(f"unpaid:{event_id}:{name}", cap, seconds=BUDGET_SECONDS, taken=seats)


def _resting(trace: Trace) -> list[str]:
    return [name for name in (trace.person, trace.device) if name]


def _read(trace: Trace, numbers: Sequence[int]) -> tuple[Mark, bool]:
    """The marks of a trace as one, and whether it is to rest; without Valkey nothing is known."""
    if not numbers:
        return Mark(0), False
    scored = len(trace.scored)
    return worst([mark_of(number) for number in numbers[:scored]]), any(numbers[scored:])
