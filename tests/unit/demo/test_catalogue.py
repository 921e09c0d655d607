"""The demo's year: complete, repeatable, at sensible hours, priced for its plans."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rowlock.demo.catalogue import PLANS, events

DAYS = st.dates(date(2024, 1, 1), date(2040, 12, 31))


@given(DAYS)
def test_a_year_of_events_from_any_day(today: date) -> None:
    found = events(today)
    assert found == events(today)
    assert 180 <= len(found) <= 220
    assert Counter(event["plan"] for event in found)["dodger-stadium"] <= 10
    start = datetime.combine(today, datetime.min.time(), UTC)
    starts = [datetime.fromisoformat(event["startsAt"]) for event in found]
    assert starts == sorted(starts)
    assert start < starts[0]
    assert starts[-1] < start + timedelta(days=390)
    assert len({(event["venue"]["name"], event["startsAt"]) for event in found}) == len(found)


@given(DAYS)
def test_times_are_those_of_the_venue(today: date) -> None:
    for event in events(today):
        for key in ("startsAt", "onSaleAt"):
            told = datetime.fromisoformat(event[key])
            local = told.astimezone(ZoneInfo(event["timezone"]))
            assert (told.utcoffset(), told.hour) == (local.utcoffset(), local.hour)
        assert 15 <= datetime.fromisoformat(event["startsAt"]).hour <= 20
        assert datetime.fromisoformat(event["onSaleAt"]) < datetime.fromisoformat(event["startsAt"])


def test_a_stadium_on_sale_and_others_to_come() -> None:
    today = date(2026, 6, 1)
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    stadium = [event for event in events(today) if event["plan"] == "dodger-stadium"]
    games = [event for event in stadium if event["genre"] == "Baseball"]
    assert {datetime.fromisoformat(event["startsAt"]).month for event in games} == {4, 5, 6, 8, 9}
    open_now = [datetime.fromisoformat(event["onSaleAt"]) <= now for event in stadium]
    assert open_now[0]
    assert not all(open_now)
    later = [event for event in events(today) if datetime.fromisoformat(event["onSaleAt"]) > now]
    assert 10 < len(later) < 100


def test_every_category_of_the_plan_has_a_price() -> None:
    categories = {key: {category.name for category in draw().categories} for key, draw in PLANS.items()}
    found = events(date(2026, 6, 1))
    assert {event["plan"] for event in found} == set(PLANS)
    for event in found:
        assert set(event["prices"]) == categories[event["plan"]]
        assert all(float(price) > 0 for price in event["prices"].values())


def test_cities_keep_their_accents() -> None:
    assert {"Köln", "São Paulo", "København", "Montréal", "Málaga"} <= {
        event["venue"]["city"] for event in events(date(2026, 6, 1))
    }
