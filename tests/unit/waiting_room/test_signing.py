"""Tickets and admissions: what was not made here, or was made for something else, is none."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from rowlock.waiting_room.signing import PERSON_BYTES, Admission, QueueSeals, QueueTicket

SEALS = QueueSeals(b"a secret of this installation")
OTHERS = QueueSeals(b"a secret of another installation")
numbers = st.integers(-(2**60), 2**60)
people = st.binary(min_size=PERSON_BYTES, max_size=PERSON_BYTES)
tickets = st.builds(QueueTicket, st.integers(0, 2**60), st.integers(0, 2**31), numbers, people)
admissions = st.builds(Admission, st.integers(0, 2**60), st.integers(0, 2**31), numbers, people, st.integers(0, 2**40))


@given(tickets, admissions)
def test_what_was_made_here_is_read_as_it_was(ticket: QueueTicket, admission: Admission) -> None:
    assert SEALS.read_ticket(SEALS.ticket(ticket)) == ticket
    assert SEALS.read_admission(SEALS.admission(admission)) == admission


@given(tickets, admissions, st.data())
def test_no_bit_of_it_can_be_changed(ticket: QueueTicket, admission: Admission, data: st.DataObject) -> None:
    for text, read in ((SEALS.ticket(ticket), SEALS.read_ticket), (SEALS.admission(admission), SEALS.read_admission)):
        sealed = bytearray(base64.urlsafe_b64decode(text + "=="))
        sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
        assert read(base64.urlsafe_b64encode(sealed).decode().rstrip("=")) is None


@given(tickets, admissions)
def test_neither_kind_passes_for_the_other_nor_another_installation_s(
    ticket: QueueTicket, admission: Admission
) -> None:
    assert SEALS.read_admission(SEALS.ticket(ticket)) is None
    assert SEALS.read_ticket(SEALS.admission(admission)) is None
    assert SEALS.read_ticket(OTHERS.ticket(ticket)) is None
    assert SEALS.read_admission(OTHERS.admission(admission)) is None


@given(st.one_of(st.none(), st.text(max_size=300)))
def test_whatever_else_comes_is_refused_quietly(text: str | None) -> None:
    assert SEALS.read_ticket(text) is None
    assert SEALS.read_admission(text) is None


def test_a_token_that_names_no_algorithm_or_its_own_is_nothing_here() -> None:
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJldmVudCI6IjEifQ."
    own = "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2Rldi9udWxsIn0.eyJldmVudCI6IjEifQ.AAAA"
    for text in (unsigned, own):
        assert SEALS.read_ticket(text) is None
        assert SEALS.read_admission(text) is None


def test_people_are_named_alike_in_one_sale_and_otherwise_in_another() -> None:
    assert SEALS.person(1, "account:a") == SEALS.person(1, "account:a")
    assert len({SEALS.person(1, "account:a"), SEALS.person(2, "account:a"), SEALS.person(1, "account:b")}) == 3
