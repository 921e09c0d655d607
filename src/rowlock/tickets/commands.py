"""What buyers say about their tickets."""

from rowlock.bookings import BookingRow, booking_closed
from rowlock.identity.accounts.directory import Accounts, Address, known_language
from rowlock.kernel.problems import Problem
from rowlock.platform.jobs import Job, defer
from rowlock.platform.postgres import Database
from rowlock.tickets.model import ContactBody
from rowlock.tickets.notices import SQL

TELL_CONFIRMED = "tell_confirmed"
"""The task that sends tickets."""


class TicketDesk:
    """Takes down where tickets go."""

    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts

    async def set_contact(self, row: BookingRow, body: ContactBody) -> None:
        """Send this booking's mails to a guest's address; tickets that wait for an address are sent now.

        Problems: `booking_closed`, `invalid_request` also for who has an account: then it is the account's address.
        """
        if row.status not in {"HOLD", "PAYMENT_PENDING", "CONFIRMED"}:
            raise booking_closed(str(row.id))
        if await self._accounts.address_behind(row.buyer) is not None:
            raise Problem("invalid_request", "Mails about your bookings go to the address of your account.")
        address = Address.of(body.email)
        async with self._database.cold.acquire() as connection, connection.transaction():
            await connection.execute(SQL["set_contact"], row.id, address.typed, known_language(body.language))
            if row.status == "CONFIRMED":
                await defer(connection, [Job(TELL_CONFIRMED, {"messages": [{"bookingId": str(row.id)}]})])
