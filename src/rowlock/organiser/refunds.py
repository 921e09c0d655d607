"""What staff pay back: seats of one booking, or everybody's when an event was called off."""

from typing import Annotated

import msgspec

from rowlock.audit import Deed, record
from rowlock.catalog.views import SQL as CATALOG
from rowlock.identity import Person
from rowlock.identity.pseudonyms import pseudonym_of
from rowlock.kernel import limits
from rowlock.kernel.ids import parse_booking_id, parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.payments import Refund, RefundBody, RefundRun, Returns, begin_run, run_of
from rowlock.platform.postgres import Connection, Database


class RefundRunBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Why everybody is paid back; buyers read it."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.NAME_CHARS_MAX)]


class RefundDesk:
    """Staff's refunds; each stands in the audit log."""

    def __init__(self, database: Database, returns: Returns) -> None:
        self._database = database
        self._returns = returns

    async def refund(self, event_id: str, booking_id: str, body: RefundBody, by: Person) -> Refund:
        """Pay a booking of the event back, or some of its seats, at any time.

        Problems: `event_not_found`, `booking_not_found`, `already_returned`, `not_paid`, `unknown_seat`,
        `payment_pending`, `exchange_pending`.
        """
        booking = parse_booking_id(booking_id)
        if booking is None:
            raise Problem("booking_not_found", f"There is no booking {booking_id}.")
        async with self._database.cold.acquire() as connection, connection.transaction():
            number, organiser_id = await _event(connection, event_id, by)
            name = await pseudonym_of(connection, by.subject)
            request_id, row = await self._returns.staff_give_back(connection, number, booking, body, name)
            facts = {"event": number, "seats": body.seat_ids, "refund": str(request_id)}
            deed = Deed("refund_booking", f"booking:{booking}", organiser_id, after=facts, reason=body.reason or None)
            await record(connection, by, [deed])
        return await self._returns.told(request_id, row)

    async def begin_run(self, event_id: str, body: RefundRunBody, by: Person) -> RefundRun:
        """Pay everybody back. Problems `event_not_found`, `event_not_called_off`. Repeating it is harmless."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            number, organiser_id = await _event(connection, event_id, by)
            name = await pseudonym_of(connection, by.subject)
            if not await begin_run(connection, number, name, body.reason):
                raise Problem("event_not_called_off", "Call the event off first; then everybody can be paid back.")
            await record(connection, by, [Deed("refund_event", f"event:{number}", organiser_id, reason=body.reason)])
        return await self.run(event_id, by)

    async def run(self, event_id: str, by: Person) -> RefundRun:
        """How far it is. Problems `event_not_found`, `event_not_called_off` when nobody is paid back."""
        async with self._database.cold.acquire() as connection:
            number, _ = await _event(connection, event_id, by)
        run = await run_of(self._database, number)
        if run is None:
            raise Problem("event_not_called_off", "Nobody is paid back: the event takes place.")
        return run


async def _event(connection: Connection, event_id: str, by: Person) -> tuple[int, int]:
    """The event and its organiser; another organiser's is none."""
    number = parse_number_id(event_id)
    row = await connection.fetchrow(CATALOG["event_terms"], number, by.reach) if number is not None else None
    if number is None or row is None:
        raise Problem("event_not_found", f"There is no event {event_id}.")
    return number, row["organiser_id"]
