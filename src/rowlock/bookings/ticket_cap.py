"""So many tickets a person, over all bookings and accounts: claimed for everybody a payment is known to come from."""

import uuid
from collections.abc import Awaitable, Callable, Iterable

from rowlock.inventory import PickRules
from rowlock.inventory.store import SQL
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Database
from rowlock.platform.postgres.pool import rerun

Hide = Callable[[str, str], str]
"""Kind and value of an identity to the name it is kept under."""
AddressBehind = Callable[[str], Awaitable[str | None]]
"""The mail address that a buyer has proven, if any."""


class TicketCap:
    """The caps of events that have one; all others cost nothing here."""

    def __init__(self, database: Database, rules: PickRules, hide: Hide, address_behind: AddressBehind) -> None:
        self._database = database
        self._address_behind = address_behind
        self._rules = rules
        self._hide = hide

    async def check(self, event_id: int, buyer: str, seats: int, booking_id: uuid.UUID) -> None:
        """Refuse a hold that its buyer could never pay for: Problem `too_many_tickets`. A repeat counts once."""
        cap = await self.of(event_id)
        if cap is None:
            return
        rows = await self._database.fetch(SQL["tickets_of_buyer"], buyer, event_id, booking_id)
        if rows[0][0] + seats > cap:
            raise too_many_tickets(cap, rows[0][0])

    async def of(self, event_id: int) -> int | None:
        """The cap of an event, None when it has none; known here, at most a second old."""
        return await self._rules.tickets_per_person_max(event_id)

    async def claim(self, booking_id: uuid.UUID, buyer: str, card: str | None) -> bool:
        """Claim a booking's seats for buyer, mailbox and card; False when one of them would have too many."""
        address = await self._address_behind(buyer)
        identities = [self._hide(kind, value) for kind, value in _known(buyer, address, card)]
        rows = await rerun(lambda: self._database.hot.fetch(SQL["claim_tickets"], booking_id, identities))
        return bool(rows[0][0])


def _known(buyer: str, address: str | None, card: str | None) -> Iterable[tuple[str, str]]:
    yield "account", buyer
    if address is not None:
        yield "mailbox", mailbox_of(address)
    if card is not None:
        yield "card", card


def mailbox_of(address: str) -> str:
    """Where mail to an address ends up: many servers put `ada+anything@` into the box of `ada@`."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def too_many_tickets(cap: int, have: int | None = None) -> Problem:
    """One person may have so many tickets of the event."""
    already = f" You have or hold {have} already." if have else ""
    return Problem(
        "too_many_tickets", f"One person may have {cap} tickets for this event.{already}", ticketsPerPersonMax=cap
    )
