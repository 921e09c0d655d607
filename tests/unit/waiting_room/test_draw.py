"""The draw is a shuffle that only its inputs decide: every order as likely, and none by when somebody came."""

from collections import Counter
from hashlib import sha256
from math import sqrt

from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.waiting_room.written import people

from rowlock.waiting_room.proof import (
    NO_RANK,
    NOBODY,
    PERSON_BYTES,
    Terms,
    commitment,
    draw,
    draw_key,
    ranks,
    roster_tree,
)

keys = st.binary(min_size=32, max_size=32)
ids = st.lists(st.one_of(st.just(NOBODY), st.binary(min_size=PERSON_BYTES, max_size=PERSON_BYTES)), max_size=70)


@given(keys, ids)
@example(bytes(32), [])
@example(bytes(32), [NOBODY, NOBODY])
@example(bytes(32), [b"\x01" + bytes(11), bytes(11) + b"\x01"])
def test_everybody_has_one_rank(key: bytes, roster: list[bytes]) -> None:
    order = draw(key, b"".join(roster))
    given_out = [no for no, person in enumerate(roster) if person != NOBODY]
    assert sorted(order) == given_out
    by_number = ranks(order, len(roster))
    assert [by_number[no] for no in order] == list(range(len(given_out)))
    assert [rank == NO_RANK for rank in by_number] == [person == NOBODY for person in roster]


@given(keys, keys, st.integers(2, 60))
def test_the_same_inputs_give_the_same_order_and_others_another(one: bytes, other: bytes, crowd: int) -> None:
    assert draw(one, people(0, crowd)) == draw(one, people(0, crowd))
    if one != other and crowd > 20:
        assert draw(one, people(0, crowd)) != draw(other, people(0, crowd))


@given(st.integers(1, 200))
def test_one_more_person_changes_the_key(crowd: int) -> None:
    """So who adds a made-up person throws the dice anew for all, and cannot only squeeze somebody in."""
    with_one_more = [draw_key(bytes(32), bytes(32), b"", roster_tree(people(0, n)).root) for n in (crowd, crowd + 1)]
    assert with_one_more[0] != with_one_more[1]


def test_the_key_and_the_promise_depend_on_every_part() -> None:
    zero, one = bytes(32), bytes(31) + b"\x01"
    made = {
        draw_key(zero, zero, b"", zero),
        draw_key(one, zero, b"", zero),
        draw_key(zero, one, b"", zero),
        draw_key(zero, zero, b"\x00", zero),
        draw_key(zero, zero, b"", one),
    }
    terms = Terms("12", 1, "2026-11-21T09:00:00.000000Z", "")
    others = [terms._replace(event="13"), terms._replace(round=2), terms._replace(closes_at="x"), terms]
    promises = {commitment(zero, other) for other in (*others, terms._replace(beacon_source="s"))}
    assert (len(made), len(promises)) == (5, 5)
    assert commitment(one, terms) not in promises


def test_no_rank_is_likelier_for_any_number() -> None:
    """Chi-square over 20,000 draws of 24 people, each number against each rank; fixed seeds, so it never flakes."""
    crowd, draws = 24, 20_000
    cells: Counter[tuple[int, int]] = Counter()
    for seed in range(draws):
        order = draw(sha256(seed.to_bytes(4, "big")).digest(), people(0, crowd))
        cells.update(enumerate(order))
    expected = draws / crowd
    statistic = sum(
        (cells[rank, number] - expected) ** 2 / expected for rank in range(crowd) for number in range(crowd)
    )
    freedom = (crowd - 1) ** 2
    # Ranks are given once a draw, which spreads the cells wider than throws one by one: crowd / (crowd - 1) times.
    assert abs(statistic * (crowd - 1) / crowd - freedom) < 3.3 * sqrt(2 * freedom)


def test_coming_early_is_no_advantage() -> None:
    """Among 60,000, each tenth by arrival stands on average where all do; number and rank do not go together."""
    crowd = 60_000
    by_number = ranks(draw(sha256(b"early").digest(), people(0, crowd)), crowd)
    tenth = crowd // 10
    spread_of_a_mean = crowd / sqrt(12 * tenth)
    for first in range(0, crowd, tenth):
        mean = sum(by_number[first : first + tenth]) / tenth
        assert abs(mean - crowd / 2) < 3.3 * spread_of_a_mean
    middle = (crowd - 1) / 2
    together = sum((no - middle) * (rank - middle) for no, rank in enumerate(by_number))
    assert abs(together / (crowd * (crowd**2 - 1) / 12)) < 3.3 / sqrt(crowd)
