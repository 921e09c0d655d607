"""A house of 200,000 seats is put on sale, sold from, looked at and proved like any other."""

from tests.house import House, small_plan

from rowlock.inventory import HoldWord, SeatReplica, SeatState
from rowlock.platform.postgres import Database

SEATS = 200_000


async def test_a_house_of_200_000_seats_sells(database: Database) -> None:
    house = await House.open(database, small_plan(rows=SEATS // 100, seats_per_row=100))
    engine = house.engine()
    first, last = house.hold_of(0, 1), house.hold_of(SEATS - 2, SEATS - 1)
    assert (await engine.hold(first)).word is HoldWord.HELD
    assert (await engine.hold(last)).word is HoldWord.HELD
    assert (await engine.hold(house.hold_of(SEATS - 1))).conflicts == (SEATS - 1,)
    assert (await engine.hold(house.hold_of(SEATS))).word is HoldWord.UNKNOWN_SEAT
    picture = await SeatReplica(database).picture(house.event_id)
    assert picture is not None
    assert picture.counts() == {"available": SEATS - 4, "held": 4, "booked": 0, "blocked": 0}
    assert picture.state(SEATS - 1) is SeatState.HELD
    assert await house.broken() == []
