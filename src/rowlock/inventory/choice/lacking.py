"""Why a party surely cannot be seated, told from the few seats that may be free, without choosing any. Pure."""

from collections.abc import Iterator, Sequence

from rowlock.inventory.choice.chart import Chart
from rowlock.inventory.choice.wishes import Lack, NothingFits, PartyWish


def surely_nothing(chart: Chart, maybe_free: Sequence[int], wish: PartyWish) -> NothingFits | None:
    """Why nothing fits the wish if no seat beside `maybe_free` (ascending) is free; None when it takes choosing.

    Wheelchair places and price caps take choosing. Says what `seats_for_party` would say, but for `total_min`.
    """
    if wish.accessible or wish.total_max is not None:
        return None
    wanted = [seat_no for seat_no in maybe_free if _is_wanted(chart, chart.row_of[seat_no], wish)]
    longest = max(_runs(chart, wanted), default=0)
    if longest >= wish.size or (not wish.together and len(wanted) >= wish.size):
        return None
    if not wanted:
        exist = any(_is_wanted(chart, row_no, wish) for row_no in range(len(chart.rows)))
        return NothingFits(Lack.SOLD_OUT if exist else Lack.NO_SUCH_SEATS)
    return NothingFits(Lack.TOO_FEW if len(wanted) < wish.size else Lack.NOT_TOGETHER, len(wanted), longest)


def _is_wanted(chart: Chart, row_no: int, wish: PartyWish) -> bool:
    """Whether the seats of this row may be given to the party; those for wheelchairs are in no row."""
    if row_no < 0:
        return False
    row = chart.rows[row_no]
    return wish.tier_no in (None, row.tier_no) and wish.section_no in (None, row.section_no)


def _runs(chart: Chart, seat_nos: Sequence[int]) -> Iterator[int]:
    """The length of every run of neighbours, counted up seat by seat."""
    run, before = 0, -1
    for seat_no in seat_nos:
        run = run + 1 if seat_no == before + 1 and chart.neighbour_left[seat_no] else 1
        before = seat_no
        yield run
