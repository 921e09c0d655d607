"""Booking ids and references."""

import itertools
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowlock.kernel.ids import (
    REFERENCE_ALPHABET,
    booking_id_for_key,
    booking_no_of,
    new_booking_id,
    parse_booking_id,
    parse_number_id,
    reference_of,
)

NUMBERS = st.integers(1, 2**40 - 1)


@given(NUMBERS)
def test_a_reference_leads_back_to_its_number(number: int) -> None:
    reference = reference_of(number)
    assert len(reference) == 8
    assert set(reference) <= set(REFERENCE_ALPHABET)
    assert booking_no_of(reference) == number


@given(NUMBERS)
def test_a_reference_survives_being_written_down(number: int) -> None:
    reference = reference_of(number)
    spoken = f" {reference[:4]}-{reference[4:]} ".lower().replace("0", "o").replace("1", "l")
    assert booking_no_of(spoken) == number


def test_references_are_unique_and_neighbours_look_different() -> None:
    references = [reference_of(number) for number in range(1, 20_001)]
    assert len(set(references)) == len(references)
    alike = [sum(a == b for a, b in zip(one, other, strict=True)) for one, other in itertools.pairwise(references)]
    assert sum(alike) / len(alike) < 1.5


@pytest.mark.parametrize("number", [0, -1, 2**40])
def test_numbers_that_have_no_reference(number: int) -> None:
    with pytest.raises(ValueError, match="booking number"):
        reference_of(number)


@pytest.mark.parametrize("text", ["", "ABC", "ABCDEFGHJ", "ABCDEFGU", "ABCDEFG!", "ÀBCDEFGH"])
def test_texts_that_are_no_reference(text: str) -> None:
    with pytest.raises(ValueError, match="booking reference"):
        booking_no_of(text)


def test_new_booking_ids_are_time_ordered_version_7() -> None:
    made = [new_booking_id() for _ in range(1_000)]
    assert len(set(made)) == 1_000
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}
    stamps = [one.int >> 80 for one in made]
    assert stamps == sorted(stamps)


@given(st.text(), st.text(min_size=1))
def test_a_key_always_means_the_same_booking(buyer: str, key: str) -> None:
    made = booking_id_for_key(buyer, key)
    assert made == booking_id_for_key(buyer, key)
    assert made not in {booking_id_for_key(buyer + "x", key), booking_id_for_key(buyer, key + "x")}
    assert parse_booking_id(str(made)) == made


@given(st.integers(0, 10**18 - 1))
def test_number_ids_are_plain_decimals(number: int) -> None:
    assert parse_number_id(str(number)) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1_0", "１", "²", "9" * 19, "0x1", "1\x00"])  # noqa: RUF001
def test_texts_that_are_no_number_id(text: str) -> None:
    assert parse_number_id(text) is None
