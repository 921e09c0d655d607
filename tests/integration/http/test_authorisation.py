"""Who may do what: every documented address, every role, their own things and other people's.

The table says whose affair an address is. An address that is documented but not in the table fails the test, and so
does one in the table that is gone: nobody adds a route without deciding who may use it.
"""

from enum import Enum, auto
from itertools import cycle
from typing import Any, NamedTuple

import pytest
from tests.integration.http.conftest import BoxOffice, Caller

from rowlock import identity
from rowlock.identity import MANAGERS, ROLES, SCOPES, Role
from rowlock.identity.organisers import Organisers


class Affair(Enum):
    """Whose affair an address is."""

    PUBLIC = auto()
    """Anybody's, without a token."""
    SIGNED = auto()
    """Payment providers', who sign what they send; here there is none (`test_notices.py` has one)."""
    PERSONAL = auto()
    """Any person's; there is nothing in it that belongs to somebody else."""
    RIGHTS = auto()
    """Any person's, guests' and scripts' too, about themselves; no program's, whatever it was allowed."""
    SIGNING_IN = auto()
    """Anybody's who comes from our own pages; these callers do not (`test_mail_sign_in.py` has those who do)."""
    OUTSIDE = auto()
    """Anybody's where an outside provider is set up; here there is none (`test_outside.py` has one)."""
    ACCOUNT = auto()
    """Of people signed in to an account, each theirs; tokens of scripts have none (`test_sessions.py`)."""
    OWN_BOOKING = auto()
    """The booking's owner's; to everybody else the booking does not exist."""
    OWN_OFFER = auto()
    """Whose tickets were offered; tried on what nobody offered (`tests/integration/tickets`)."""
    MANAGING = auto()
    """Organisers' and operators'."""
    AUDITING = auto()
    """Operators' and organiser admins'; each sees what is theirs."""
    OWN_EVENT = auto()
    """Of those, only who works for the organiser of the event; to the others it does not exist."""
    OWN_PROPOSAL = auto()
    """Of organisers and operators, who works for its organiser (`test_approvals.py`); tried on what nobody proposed."""
    ACCESS = auto()
    """Of whoever has a session of our own pages."""
    OWN_ACCESS = auto()
    """Of those, who made it; to the others it does not exist. Here it is tried on what nobody made."""
    ABOUT_ONESELF = auto()
    """Whoever allowed a program to know who they are."""
    RECORD = auto()
    """Everybody's, of a line that had people in it; tried on an event without one (`test_queue_records.py`)."""
    PROGRAMS = auto()
    """Programs' that prove in the form who they are; a person's token says nothing there."""


SCOPE_OF = {
    Affair.PERSONAL: "bookings",
    Affair.OWN_BOOKING: "bookings",
    Affair.OWN_OFFER: "bookings",
    Affair.MANAGING: "events",
    Affair.OWN_EVENT: "events",
    Affair.OWN_PROPOSAL: "events",
    Affair.AUDITING: "audit",
    Affair.ABOUT_ONESELF: "openid",
}
"""What a program must have been allowed; what is not here is for our own pages and scripts alone."""
WITHOUT_TOKEN = {
    Affair.PUBLIC: frozenset[int](),
    Affair.SIGNING_IN: frozenset({403}),
    Affair.OUTSIDE: frozenset({404}),
    Affair.SIGNED: frozenset({404}),
    Affair.RECORD: frozenset({404}),
    Affair.PROGRAMS: frozenset({400}),
}
"""Where a token makes no difference, and what these callers get."""


AFFAIRS = {
    "get /api/v1/events": Affair.PUBLIC,
    "get /api/v1/events/search": Affair.PUBLIC,
    "get /api/v1/events/{eventId}": Affair.PUBLIC,
    "get /api/v1/events/{eventId}/plan": Affair.PUBLIC,
    "get /api/v1/events/{eventId}/seats": Affair.PUBLIC,
    "get /api/v1/events/{eventId}/stream": Affair.PUBLIC,
    "get /api/v1/events/{eventId}/queue/stream": Affair.PUBLIC,
    "get /api/v1/events/{eventId}/queue": Affair.PUBLIC,
    "post /api/v1/events/{eventId}/queue": Affair.PERSONAL,
    "delete /api/v1/events/{eventId}/queue": Affair.PERSONAL,
    "get /api/v1/events/{eventId}/queue/board": Affair.PUBLIC,
    "get /api/v1/events/{eventId}/queue/record": Affair.RECORD,
    "get /api/v1/events/{eventId}/queue/proof": Affair.RECORD,
    "get /api/v1/events/{eventId}/queue/board/{bucket}": Affair.PUBLIC,
    "put /api/v1/events/{eventId}/queue/control": Affair.OWN_EVENT,
    "get /api/v1/events/{eventId}/queue/control": Affair.OWN_EVENT,
    "post /api/v1/events/{eventId}/queue/revoke": Affair.OWN_EVENT,
    "get /api/v1/events/{eventId}/waitlist": Affair.OWN_OFFER,
    "post /api/v1/events/{eventId}/waitlist": Affair.PERSONAL,
    "delete /api/v1/events/{eventId}/waitlist": Affair.OWN_OFFER,
    "get /api/v1/events/{eventId}/waitlist/figures": Affair.OWN_EVENT,
    "post /api/v1/bookings/{bookingId}/refund": Affair.OWN_BOOKING,
    "get /api/v1/bookings/{bookingId}/refunds": Affair.OWN_BOOKING,
    "post /api/v1/bookings/{bookingId}/exchange": Affair.OWN_BOOKING,
    "post /api/v1/events/{eventId}/bookings/{bookingId}/refund": Affair.OWN_EVENT,
    "post /api/v1/events/{eventId}/refund-run": Affair.OWN_EVENT,
    "get /api/v1/events/{eventId}/refund-run": Affair.OWN_EVENT,
    "post /api/v1/payments/webhooks/{provider}": Affair.SIGNED,
    "post /api/v1/session": Affair.PUBLIC,
    "get /api/v1/session": Affair.PUBLIC,
    "delete /api/v1/session": Affair.SIGNING_IN,
    "post /api/v1/session/mail-link": Affair.SIGNING_IN,
    "post /api/v1/session/mail-answer": Affair.SIGNING_IN,
    "post /api/v1/session/password": Affair.SIGNING_IN,
    "post /api/v1/session/passkey-options": Affair.SIGNING_IN,
    "post /api/v1/session/passkey": Affair.SIGNING_IN,
    "post /api/v1/session/second-factor": Affair.SIGNING_IN,
    "get /api/v1/session/outside": Affair.OUTSIDE,
    "get /api/v1/session/outside/callback": Affair.OUTSIDE,
    "post /api/v1/session/role": Affair.ACCOUNT,
    "get /api/v1/account": Affair.ACCOUNT,
    "patch /api/v1/account": Affair.ACCOUNT,
    "post /api/v1/account/email": Affair.ACCOUNT,
    "get /api/v1/account/sessions": Affair.ACCOUNT,
    "delete /api/v1/account/sessions": Affair.ACCOUNT,
    "delete /api/v1/account/sessions/{sessionId}": Affair.ACCOUNT,
    "get /api/v1/account/security": Affair.ACCOUNT,
    "put /api/v1/account/password": Affair.ACCOUNT,
    "delete /api/v1/account/password": Affair.ACCOUNT,
    "post /api/v1/account/passkeys/options": Affair.ACCOUNT,
    "post /api/v1/account/passkeys": Affair.ACCOUNT,
    "delete /api/v1/account/passkeys/{passkeyId}": Affair.ACCOUNT,
    "post /api/v1/account/authenticator": Affair.ACCOUNT,
    "post /api/v1/account/authenticator/confirm": Affair.ACCOUNT,
    "delete /api/v1/account/authenticator": Affair.ACCOUNT,
    "post /api/v1/account/recovery-codes": Affair.ACCOUNT,
    "get /api/v1/account/export": Affair.RIGHTS,
    "post /api/v1/account/erasure": Affair.RIGHTS,
    "post /api/v1/account/consents": Affair.RIGHTS,
    "post /api/v1/stream-tickets": Affair.PERSONAL,
    "post /api/v1/bookings/reserve": Affair.PERSONAL,
    "post /api/v1/bookings": Affair.PERSONAL,
    "post /api/v1/bookings/best-available": Affair.PERSONAL,
    "post /api/v1/bookings/{eventId}": Affair.PERSONAL,
    "get /api/v1/bookings": Affair.PERSONAL,
    "get /api/v1/bookings/{bookingId}": Affair.OWN_BOOKING,
    "post /api/v1/bookings/{bookingId}/extend": Affair.OWN_BOOKING,
    "post /api/v1/bookings/{bookingId}/code": Affair.OWN_BOOKING,
    "delete /api/v1/bookings/{bookingId}/code": Affair.OWN_BOOKING,
    "post /api/v1/codes": Affair.MANAGING,
    "get /api/v1/codes": Affair.MANAGING,
    "delete /api/v1/codes/{codeId}": Affair.OWN_PROPOSAL,
    "post /api/v1/bookings/{bookingId}/accept": Affair.OWN_BOOKING,
    "post /api/v1/bookings/{bookingId}/confirm": Affair.OWN_BOOKING,
    "post /api/v1/bookings/{bookingId}/release": Affair.OWN_BOOKING,
    "post /api/v1/bookings/{bookingId}/contact": Affair.OWN_BOOKING,
    "get /api/v1/bookings/{bookingId}/receipt.pdf": Affair.OWN_BOOKING,
    "get /api/v1/bookings/{bookingId}/documents": Affair.OWN_BOOKING,
    "get /api/v1/bookings/{bookingId}/documents/{number}": Affair.OWN_BOOKING,
    "post /api/v1/transfers": Affair.PERSONAL,
    "get /api/v1/transfers": Affair.PERSONAL,
    "post /api/v1/transfers/accept": Affair.ACCOUNT,
    "delete /api/v1/transfers/{transferId}": Affair.OWN_OFFER,
    "get /api/v1/tickets": Affair.PERSONAL,
    "get /api/v1/invoices": Affair.AUDITING,
    "get /api/v1/payout.csv": Affair.AUDITING,
    "delete /api/v1/bookings/{bookingId}": Affair.OWN_BOOKING,
    "get /api/v1/audit": Affair.AUDITING,
    "post /oauth/token": Affair.PROGRAMS,
    "post /oauth/revoke": Affair.PROGRAMS,
    "post /oauth/introspect": Affair.PROGRAMS,
    "get /oauth/userinfo": Affair.ABOUT_ONESELF,
    "post /oauth/userinfo": Affair.ABOUT_ONESELF,
    "get /oauth/jwks.json": Affair.PUBLIC,
    "get /api/v1/account/grants": Affair.ACCESS,
    "post /api/v1/account/grants": Affair.ACCESS,
    "delete /api/v1/account/grants/{grantId}": Affair.OWN_ACCESS,
    "get /api/v1/account/keys": Affair.ACCESS,
    "post /api/v1/account/keys": Affair.ACCESS,
    "delete /api/v1/account/keys/{keyId}": Affair.OWN_ACCESS,
    "get /api/v1/approvals": Affair.MANAGING,
    "post /api/v1/approvals/{approvalId}": Affair.OWN_PROPOSAL,
    "post /api/v1/venues": Affair.MANAGING,
    "post /api/v1/plans": Affair.MANAGING,
    "post /api/v1/events": Affair.OWN_EVENT,
    "patch /api/v1/events/{eventId}": Affair.OWN_EVENT,
    "post /api/v1/events/{eventId}/blocks": Affair.OWN_EVENT,
    "get /api/v1/events/{eventId}/blocks": Affair.OWN_EVENT,
    "post /api/v1/events/{eventId}/blocks/release": Affair.OWN_EVENT,
    "delete /api/v1/events/{eventId}/blocks/{blockId}": Affair.OWN_EVENT,
}
SEATS = cycle([f"S-{row}-{place}" for row in (4, 5) for place in range(1, 11)])
"""One after the other: the picture of a seat just given back may be 50 ms old."""
NO_GATEWAY_HERE = {"get /api/v1/events/{eventId}/stream", "get /api/v1/events/{eventId}/queue/stream"}
"""These tests run the api alone, which then answers 503 for streams."""
NOBODY_S_BLOCK = "00000000-0000-4000-8000-000000000000"
NOBODY_S = {
    "approvalId": NOBODY_S_BLOCK,
    "codeId": NOBODY_S_BLOCK,
    "sessionId": NOBODY_S_BLOCK,
    "passkeyId": "AAAA",
    "grantId": NOBODY_S_BLOCK,
    "keyId": "key-of-nobody",
    "provider": "stripe",
    "number": "R1-000001",
    "bucket": "17",
    "transferId": NOBODY_S_BLOCK,
}


class Person(NamedTuple):
    """One of those who try: nobody, every role of the house, and every staff role of another organiser.

    With scopes it is a program that acts for somebody of that role; `signed_in` is a session of our own pages.
    """

    role: Role | None
    organiser_id: int
    scopes: frozenset[str] | None = None
    signed_in: bool = False

    def works_for_the_house(self) -> bool:
        return self.organiser_id == 1 or self.role == "operator"


class Attempt(NamedTuple):
    """One request of the matrix, and which statuses it may get."""

    words: str
    status: int
    refusals: frozenset[int]
    allowed: bool

    @property
    def right(self) -> bool:
        """Let through means: no 401, 403, 404 and no 5xx; what else comes is between the request and the sale."""
        if self.allowed:
            return self.status not in {401, 403, 404} and (
                self.status < 500 or self.words.startswith(tuple(NO_GATEWAY_HERE))
            )
        return self.status in self.refusals


def documented(document: dict[str, Any]) -> set[str]:
    """Every operation of the document; path parameters by their documented names."""
    return {f"{method} {_plain(path)}" for path, operations in document["paths"].items() for method in operations}


def _plain(path: str) -> str:
    return (
        path.replace("{event_id}", "{eventId}")
        .replace("{block_id}", "{blockId}")
        .replace("{booking_id}", "{bookingId}")
        .replace("{approval_id}", "{approvalId}")
        .replace("{code_id}", "{codeId}")
    )


def judged(affair: Affair, person: Person, *, own_booking: bool) -> tuple[bool, frozenset[int]]:
    """Whether a person may, and with what they are refused otherwise."""
    if affair in WITHOUT_TOKEN:
        return affair is Affair.PUBLIC, WITHOUT_TOKEN[affair]
    if person.role is None:
        return False, frozenset({401})
    if person.scopes is not None and SCOPE_OF.get(affair) not in person.scopes:
        return False, frozenset({403})
    match affair:
        case Affair.ACCOUNT:
            return False, frozenset({403})
        case Affair.ACCESS:
            return person.signed_in, frozenset({403})
        case Affair.OWN_ACCESS:
            return False, frozenset({404 if person.signed_in else 403})
        case Affair.PERSONAL | Affair.ABOUT_ONESELF | Affair.RIGHTS:
            return True, frozenset()
        case Affair.OWN_OFFER:
            return False, frozenset({404})
        case Affair.OWN_BOOKING:
            return own_booking, frozenset({404})
        case _:
            return _judged_staff(affair, person)


def _judged_staff(affair: Affair, person: Person) -> tuple[bool, frozenset[int]]:
    match affair:
        case Affair.AUDITING:
            return person.role in {"organiser_admin", "operator"}, frozenset({403})
        case _ if person.role not in MANAGERS:
            return False, frozenset({403})
        case Affair.MANAGING:
            return True, frozenset()
        case Affair.OWN_PROPOSAL:
            return False, frozenset({404})
        case _:
            return person.works_for_the_house(), frozenset({404})


async def _body(office: BoxOffice, operation: str, seat: str, booking: str) -> object:
    event = office.event
    if operation == "patch /api/v1/events/{eventId}":
        return {"description": "Seen"}
    if operation == "post /api/v1/events":
        return {
            "name": "Another", "startsAt": "2031-05-01T19:30:00+02:00", "timezone": "Europe/Berlin",
            "planId": office.house.plan_id, "currency": "EUR", "prices": {"VIP": "1.00", "Regular": "1.00"},
        }  # fmt: skip
    bodies: dict[str, object] = {
        "post /api/v1/bookings/reserve": {"eventId": event, "seatIds": [seat]},
        "post /api/v1/bookings": {"eventId": event, "seatIds": [seat]},
        "post /api/v1/bookings/best-available": {"eventId": event, "quantity": 1},
        "post /api/v1/bookings/{eventId}": {"seatIds": [seat], "paymentDetails": {"paymentToken": "tok_declined"}},
        "post /api/v1/bookings/{bookingId}/confirm": {"paymentToken": "tok_declined"},
        "post /api/v1/bookings/{bookingId}/exchange": {"fromBookingId": booking},
        "post /api/v1/events/{eventId}/bookings/{bookingId}/refund": {"reason": "Tried"},
        "post /api/v1/events/{eventId}/refund-run": {"reason": "Tried"},
        "put /api/v1/events/{eventId}/queue/control": {"mode": "off"},
        "post /api/v1/events/{eventId}/waitlist": {"partySize": 1},
        "post /api/v1/events/{eventId}/queue/revoke": {"place": 0, "reason": "Tried"},
        "post /api/v1/venues": {"name": "Somewhere"},
        "post /api/v1/bookings/{bookingId}/code": {"code": "NOBODYS"},
        "post /api/v1/codes": {"kind": "percent", "percent": "5", "count": 1},
        "post /api/v1/plans": {"name": "Not a whole plan"},
        "post /api/v1/approvals/{approvalId}": {"approve": True},
        "post /api/v1/account/grants": {"query": "client_id=nobody", "allow": True},
        "post /api/v1/account/keys": {"name": "Door 3", "scopes": ["bookings"], "publicKey": {}},
        "post /api/v1/events/{eventId}/blocks": {"kind": "house", "reason": "Tried", "seatIds": [seat]},
        "post /api/v1/events/{eventId}/blocks/release": {"reason": "Tried", "seatIds": [seat]},
    }
    return bodies.get(operation)


@pytest.fixture
async def people(office: BoxOffice) -> list[Person]:
    """Nobody, every role of the house, every role of another organiser."""
    async with office.house.database.cold.acquire() as connection:
        other = await Organisers.create(connection, "The other organiser")
    assert other is not None
    staff: list[Role] = ["buyer", "organiser", "operator"]
    programs = (
        Person(role, 1, frozenset(scopes))
        for role in staff
        for scopes in ((), ("openid",), *((scope,) for scope in SCOPES))
    )
    sessions = (Person(role, 1, signed_in=True) for role in staff)
    return [Person(None, 1), *(Person(role, who) for who in (1, other) for role in ROLES), *programs, *sessions]


async def test_every_documented_address_has_its_place_in_the_table(office: BoxOffice) -> None:
    document = (await office.public.get("/openapi.json")).json()
    assert documented(document) == set(AFFAIRS)


async def test_everybody_reaches_their_own_affairs_and_nobody_else_s(office: BoxOffice, people: list[Person]) -> None:
    attempts = []
    for operation, affair in AFFAIRS.items():
        for number, person in enumerate(people):
            caller = Caller(office.client, None) if person.role is None else _caller(office, person, number)
            own_or_not = (True, False) if affair is Affair.OWN_BOOKING else (False,)
            themselves = caller if person.scopes is None else _caller(office, person._replace(scopes=None), number)
            for own in own_or_not:
                owner = themselves if own and person.role is not None else None
                attempts.append(await _attempt(office, operation, person, caller, owner))
    wrong = [f"{attempt.words}: {attempt.status}" for attempt in attempts if not attempt.right]
    assert not wrong, "\n".join(wrong)
    assert {attempt.allowed for attempt in attempts} == {True, False}


def _caller(office: BoxOffice, person: Person, number: int) -> Caller:
    assert person.role is not None
    session_id = f"session:{number}" if person.signed_in else None
    who = identity.Person(f"person:{number}", person.role, person.organiser_id, session_id, scopes=person.scopes)
    return Caller(office.client, office.api.signer.issue_for(who))


async def _attempt(office: BoxOffice, operation: str, person: Person, caller: Caller, owner: Caller | None) -> Attempt:
    """Try one address with what is one's own (its `owner` is the person) or somebody else's, and clear it away."""
    affair = AFFAIRS[operation]
    booking = (
        await office.hold(owner or office.caller(), next(SEATS)) if "{bookingId}" in operation else {"bookingId": ""}
    )
    method, path = operation.split(" ")
    path = path.format(
        eventId=office.event,
        bookingId=booking["bookingId"],
        blockId=NOBODY_S_BLOCK,
        **NOBODY_S,
    )
    answer = await caller.send(method.upper(), path, await _body(office, operation, "S-3-3", booking["bookingId"]))
    await office.house.database.hot.execute(CLEAR)
    office.client.cookies.clear()  # a guest's session would speak for everybody after
    allowed, refusals = judged(affair, person, own_booking=owner is not None)
    whose = " (own booking)" if owner is not None else ""
    return Attempt(f"{operation} by {person}{whose}", answer.status_code, refusals, allowed)


CLEAR = """
DO $$ BEGIN
    PERFORM release_bookings_v1(array_agg(id), array_agg(buyer))
    FROM bookings WHERE status = 'HOLD' HAVING count(*) > 0;
    PERFORM unblock_seats_v1(ARRAY[gen_random_uuid()], ARRAY[event_id], ARRAY['cleared'], ARRAY['test'], ARRAY[1],
                             ARRAY[cardinality(seats)], seats)
    FROM (SELECT event_id, array_agg(seat_no) AS seats FROM seat_blocks GROUP BY event_id) b;
END $$
"""
