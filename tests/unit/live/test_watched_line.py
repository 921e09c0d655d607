"""The list of those who wait: each is called once, in the order of the ranks, and never before their rank is served."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from rowlock.live.frames import WireMessage
from rowlock.live.lines import WatchedLine
from rowlock.waiting_room.signing import QueueTicket


class Phone:
    """A connection of somebody at a rank."""

    is_socket = True
    send: Callable[[bytes], None]

    def __init__(self, rank: int) -> None:
        self.rank = rank

    def tell(self, message: WireMessage) -> None:
        """What is said is of no interest here."""


steps = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.integers(0, 30)),
        st.tuples(st.just("leave"), st.integers(0, 50)),
        st.tuples(st.just("serve"), st.integers(0, 8)),
        st.tuples(st.just("line up"), st.just(0)),
    ),
    max_size=60,
)


@given(steps)
def test_whoever_waits_is_called_once_and_in_time(acts: list[tuple[str, int]]) -> None:
    line, here, called, served = WatchedLine(1), list[Phone](), list[Phone](), 0
    for act, number in acts:
        if act == "join":
            here.append(Phone(number))
            line.join(here[-1], QueueTicket(1, 0, number, b""), number)
        elif act == "leave" and here:
            line.leave(here.pop(number % len(here)))
        elif act == "line up":
            assert {waiter for waiter, _ in line.line_up(lambda ticket: ticket.number)} == set(here)
            called = []
        served += number if act == "serve" else 0
        now = line.call(served)
        called += now  # type: ignore[arg-type]
        assert [phone.rank for phone in now] == sorted(phone.rank for phone in now)  # type: ignore[attr-defined]
        assert set(called) & set(here) == {phone for phone in here if phone.rank < served}
        assert len(called) == len(set(called))
