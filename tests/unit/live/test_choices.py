"""Who has selected what: one person counts once, sees himself nowhere, and is forgotten when silent."""

from hypothesis import given
from hypothesis import strategies as st

from rowlock.live.choices import EXPIRY_SECONDS, Choices

people = st.sampled_from(["anna", "ben", "cleo"])
seats = st.frozensets(st.integers(0, 4), max_size=3)


@given(st.lists(st.tuples(people, seats), max_size=20), people)
def test_numbers_are_those_of_the_last_selections_of_others(steps: list[tuple[str, frozenset[int]]], me: str) -> None:
    choices, last, told = Choices(), dict[str, frozenset[int]](), dict.fromkeys(range(5), 0)
    for moment, (person, selection) in enumerate(steps):
        choices.put(person, selection, moment)
        last[person] = selection
        told.update(choices.numbers(choices.take_untold()))
    assert told == {seat: sum(seat in chosen for chosen in last.values()) for seat in range(5)}
    others = {seat: sum(seat in chosen for who, chosen in last.items() if who != me) for seat in range(5)}
    assert dict(choices.standing(me)) == {seat: number for seat, number in others.items() if number}


def test_what_is_not_repeated_is_forgotten() -> None:
    choices = Choices()
    choices.put("anna", [1], 0)
    choices.put("ben", [1, 2], 1)
    choices.put("anna", [1], 10)
    choices.take_untold()
    choices.expire(1 + EXPIRY_SECONDS)
    assert choices.numbers(choices.take_untold()) == [(1, 1), (2, 0)]
    choices.expire(10 + EXPIRY_SECONDS)
    assert choices.numbers(choices.take_untold()) == [(1, 0)]
    assert not choices


def test_repeating_a_selection_tells_nobody_anything() -> None:
    choices = Choices()
    choices.put("anna", [1], 0)
    choices.take_untold()
    choices.put("anna", [1], 5)
    assert choices.take_untold() == []
