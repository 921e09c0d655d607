"""Handing over and forgetting."""

import uuid
from typing import NamedTuple

from valkey.asyncio import Valkey

from rowlock.audit import Deed, record
from rowlock.identity import Person
from rowlock.identity.accounts.sessions import end_sessions
from rowlock.identity.pseudonyms import pseudonym_of
from rowlock.identity.revocations import revoke
from rowlock.identity.tokens import TOKEN_LIFETIME_SECONDS
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Connection, Database, load_queries
from rowlock.privacy.model import AskedBy, ConsentBody, Erasure, KeepingRules, new_erased_name

SQL = load_queries("rowlock.privacy")
KEYS_A_STEP = 1_000
_MEANS_MORE = str.maketrans({mark: f"\\{mark}" for mark in "\\*?[]"})


class Somebody(NamedTuple):
    """A person by all their names: the account's subject and those of the guests they were before."""

    subjects: list[str]
    account_id: uuid.UUID | None
    email_key: str | None


class ErasureRefused(Problem):
    """Not now: money is on its way."""

    def __init__(self) -> None:
        super().__init__("payment_pending", "A payment is under way. Ask again when it has ended, in a minute or two.")


class PeoplesData:
    """What may be done with everything about one person."""

    def __init__(self, database: Database, valkey: "Valkey | None", rules: KeepingRules) -> None:
        self._database = database
        self._valkey = valkey
        self._rules = rules

    async def export(self, subject: str, by: Person) -> str:
        """Everything that is stored about a person, as a JSON document; that it was taken goes into the audit log."""
        async with self._database.cold.acquire() as connection, connection.transaction():
            somebody = await _who(connection, subject)
            name = await pseudonym_of(connection, subject)
            names = await connection.fetchval(SQL["pseudonyms_of"], somebody.subjects)
            document = await connection.fetchval(
                SQL["everything_about"], somebody.subjects, somebody.account_id, somebody.email_key, names
            )
            await record(connection, by, [Deed("export_person", f"person:{name}", None)])
        assert isinstance(document, str)
        return document

    async def erase(self, subject: str, by: Person) -> Erasure:
        """Forget a person: the name in their place is in what is answered, and nowhere stands whose it is.

        Their holds are given back. ErasureRefused while a payment of theirs is under way.
        """
        asked_by: AskedBy = "person" if by.subject == subject else "operator"
        async with self._database.cold.acquire() as connection:
            somebody = await _who(connection, subject)
            await connection.execute(SQL["release_holds"], somebody.subjects)
            async with connection.transaction():
                erasure = await self._erase(connection, somebody, by, asked_by)
        await self._forget_in_valkey(somebody)
        return erasure

    async def consent(self, person: Person, body: ConsentBody) -> None:
        """Keep somebody's yes, or that it was taken back."""
        statement = SQL["give_consent"] if body.given else SQL["withdraw_consent"]
        await self._database.cold.execute(statement, person.subject, body.purpose, body.version)

    async def subject_of(self, email: str) -> str | None:
        """The subject of the account with that address."""
        row = await self._database.fetchrow(SQL["subject_of_email"], email)
        return None if row is None else str(row["subject"])

    async def forget_what_is_over(self, days: int) -> None:
        """Forget what ended so many days ago: keys of devices, consents that were taken back, and who had how
        many tickets of an event, and who waited for them."""
        await self._database.cold.execute(SQL["forget_ended_device_keys"], days)
        await self._database.cold.execute(SQL["forget_withdrawn_consents"], days)
        await self._database.cold.execute(SQL["forget_old_ticket_claims"], days)
        await self._database.cold.execute(SQL["forget_old_waits"], days)

    async def _erase(self, connection: Connection, somebody: Somebody, by: Person, asked_by: AskedBy) -> Erasure:
        """Seats and ledger first, the audit log and the revocations last: the one order of locks."""
        name = new_erased_name()
        bookings = await connection.fetchval(SQL["rename_buyer"], somebody.subjects, name)
        if bookings is None:
            raise ErasureRefused
        kept_until = self._rules.until(await connection.fetchval(SQL["last_paid"], name))
        kept_by = "" if kept_until is None else self._rules.law
        for statement in ("forget_ticket_claims", "forget_contacts"):
            await connection.execute(SQL[statement], name)
        for statement in ("forget_grants", "forget_device_keys", "forget_answers", "forget_consents", "forget_waits"):
            await connection.execute(SQL[statement], somebody.subjects)
        for statement in ("forget_in_approvals", "forget_in_events", "forget_in_tickets", "forget_shopping"):
            await connection.execute(SQL[statement], somebody.subjects, name)
        if somebody.email_key is not None:
            await connection.execute(SQL["forget_links"], somebody.email_key)
            await connection.execute(SQL["forget_mails"], somebody.email_key)
            await connection.execute(SQL["forget_offers_to"], somebody.email_key)
        erased_at = await connection.fetchval(SQL["note_erasure"], name, asked_by, bookings, kept_until, kept_by)
        facts = {"standsFor": name, "bookings": bookings, "askedBy": asked_by}
        await record(connection, by, [Deed("erase_person", f"person:{name}", None, after=facts)])
        await connection.execute(SQL["forget_pseudonyms"], somebody.subjects)
        if somebody.account_id is not None:
            await end_sessions(connection, somebody.account_id)
            await connection.execute(SQL["forget_account"], somebody.account_id)
        for subject in somebody.subjects:
            await revoke(connection, "subject", subject, TOKEN_LIFETIME_SECONDS)
        return Erasure(name, erased_at, bookings, kept_until, kept_by)

    async def _forget_in_valkey(self, somebody: Somebody) -> None:
        """Counters under the person's names. Most end by themselves in a minute; none shall tell of them until then."""
        if self._valkey is None:
            return
        for subject in somebody.subjects:
            pattern = f"*{subject.translate(_MEANS_MORE)}*"
            async for key in self._valkey.scan_iter(match=pattern, count=KEYS_A_STEP):
                await self._valkey.unlink(key)


async def _who(connection: Connection, subject: str) -> Somebody:
    row = await connection.fetchrow(SQL["who"], subject)
    assert row is not None
    return Somebody(row["subjects"], row["account_id"], row["email_key"])
