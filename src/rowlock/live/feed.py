"""One event's seats as a stream: where it is, what came last, and what each newcomer is told first. Pure."""

from collections.abc import Sequence

from rowlock.inventory import LedgerTail, seat_states
from rowlock.kernel import limits
from rowlock.live import frames
from rowlock.live.frames import WireMessage
from rowlock.live.window import LedgerWindow


class SeatFeed:
    """The position of an event's stream and the window behind it.

    Every viewer stands at `seq`: a newcomer is brought there by its greeting, and all go on by the same messages.
    """

    def __init__(self, event_id: int, epoch: int, seq: int, *, clock_stopped: bool = False) -> None:
        self.event_id = event_id
        self.epoch = epoch
        self.clock_stopped = clock_stopped
        self._window = LedgerWindow(seq)
        self._greetings: dict[int, WireMessage] = {}
        self._reached_back = seq == 0

    @property
    def seq(self) -> int:
        """The last ledger row the viewers know of."""
        return self._window.end

    @property
    def known_from(self) -> int:
        """The oldest position that the window can bring a viewer on from."""
        return self._window.start

    def advance(self, tail: LedgerTail) -> WireMessage | None:
        """Take what the ledger says and make the message that brings every viewer there; None when nothing is new.

        A tail of another position changes nothing but the clock: the next reading will be of this one.
        """
        news = self._move(tail)
        if tail.clock_stopped == self.clock_stopped:
            return news
        self.clock_stopped = tail.clock_stopped
        self._greetings.clear()
        told = frames.sale(clock_stopped=self.clock_stopped)
        return told if news is None else frames.both(news, told)

    def _move(self, tail: LedgerTail) -> WireMessage | None:
        if tail.epoch != self.epoch or tail.seq < self.seq or tail.rows is None:
            return self._begin_again(tail.epoch, tail.seq)
        if tail.since != self.seq or tail.seq == self.seq:
            return None
        since = self.seq
        self._window.append(seat_states([row]) for row in tail.rows)
        self._greetings.clear()
        changes = self._window.changes(since)
        if changes is None:  # more than a snapshot is worth
            return frames.reset(self.epoch, self.seq)
        return frames.seats(self.epoch, since, self.seq, changes)

    def reach_back(self, rows: Sequence[str]) -> None:
        """Take the rows just before the window, in the ledger's order."""
        self._window.prepend([seat_states([row]) for row in rows])
        self._reached_back = True
        self._greetings.clear()

    def greeting(self, since: int | None = None, epoch: int | None = None) -> WireMessage | None:
        """What to tell a viewer who has the map as of `since`, or has none; None when `reach_back` must come first.

        A viewer who is ahead of us has seen a newer answer than our last; the first message from `seq` on will fit.
        """
        if since is None or (since >= self.seq and epoch in (None, self.epoch)):
            return self._hello(self.seq)
        if epoch not in (None, self.epoch) or self.seq - since > limits.SINCE_ROWS_MAX:
            return self._fresh_start()
        if since < self.known_from and not self._reached_back:
            return None
        if since not in self._greetings:
            self._greetings[since] = self._resumption(since)
        return self._greetings[since]

    def _resumption(self, since: int) -> WireMessage:
        changes = self._window.changes(since)
        if changes is None:
            return self._fresh_start()
        return frames.both(self._hello(since), frames.seats(self.epoch, since, self.seq, changes))

    def _fresh_start(self) -> WireMessage:
        return frames.both(self._hello(self.seq), frames.reset(self.epoch, self.seq))

    def _hello(self, seq: int) -> WireMessage:
        return frames.hello(self.epoch, seq, clock_stopped=self.clock_stopped)

    def _begin_again(self, epoch: int, seq: int) -> WireMessage:
        self.epoch = epoch
        self._window = LedgerWindow(seq)
        self._greetings.clear()
        self._reached_back = False
        return frames.reset(epoch, seq)
