"""Seats are called in mails and on papers what the map calls them."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from tests.unit.seating.plans import seating_plans

from rowlock.seating import SeatingPlan, SeatPlace
from rowlock.seating.store import ShelvedPlan


@given(seating_plans())
def test_every_seat_is_found_where_it_stands(plan: SeatingPlan) -> None:
    shelved = ShelvedPlan(1, 1, 1, plan)
    for placed in plan.placed_seats():
        assert shelved.place(placed.seat_no) == (placed.section.name, placed.row.label, placed.seat.number)


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_words_are_those_of_the_pages(language: str) -> None:
    messages = json.loads(files("rowlock.storefront.messages").joinpath(f"{language}.json").read_text("utf-8"))
    short = messages["seat.short"].format(row="G", number="21")
    assert SeatPlace("Top Deck 2", "G", "21").in_words(language) == f"Top Deck 2, {short}"
