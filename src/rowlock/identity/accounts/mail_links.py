"""Proof of a mail address: a link and a code are mailed, and either comes back once, from the browser that asked.

A link opened elsewhere proves nothing, for whoever asked may be waiting for a stranger to open it. The code says the
same to the person who reads the mail on another device: it is typed where it was asked for.
"""

import secrets
import uuid
from typing import Literal, NamedTuple

from rowlock.identity.accounts.directory import SQL, Account, Accounts, Address
from rowlock.identity.accounts.letters import proof_letter
from rowlock.identity.accounts.visits import Visit, digest, new_secret
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.platform.mail import Mail, Postbox
from rowlock.platform.postgres import Connection, Database

Purpose = Literal["sign_in", "change_email", "join_outside"]
CODE_MARKS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_CHARS = 8


class OutsideIdentity(NamedTuple):
    """Who somebody is at an outside provider."""

    issuer: str
    subject: str


class Proof(NamedTuple):
    """An address that was just proven, and what for."""

    address: Address
    purpose: Purpose
    account_id: uuid.UUID | None
    outside: OutsideIdentity | None
    name: str
    language: str


class MailLinks:
    """Sends links and takes them back."""

    def __init__(self, database: Database, accounts: Accounts, postbox: Postbox) -> None:
        self._database = database
        self._accounts = accounts
        self._postbox = postbox

    async def send(
        self,
        visit: Visit,
        address: Address,
        purpose: Purpose = "sign_in",
        *,
        name: str = "",
        language: str = "en",
        account: Account | None = None,
        outside: OutsideIdentity | None = None,
    ) -> None:
        """Mail a link; what happens is the same for whoever watches, whether the address has an account or not.

        `account` is whose address is to change, `outside` who is to be joined to the account of this address. Past a
        handful of unanswered mails to one address none is sent: nobody's mailbox is flooded from here.
        """
        link, code = new_secret(), "".join(secrets.choice(CODE_MARKS) for _ in range(CODE_CHARS))
        known = account or await self._accounts.of_email(address)
        letter = proof_letter(
            "register" if purpose == "sign_in" and known is None else purpose,
            known.language if known is not None else language,
            name=known.name if known is not None else name,
            link=f"{visit.site}/sign-in#link={link}" if visit.site else None,
            code=f"{code[:4]}-{code[4:]}",
            provider=outside.issuer if outside is not None else "",
        )
        async with self._database.cold.acquire() as connection, connection.transaction():
            waiting = await connection.fetchval(SQL["links_waiting"], address.key, limits.MAIL_LINK_SECONDS)
            await connection.execute(
                SQL["insert_mail_link"], uuid.uuid4(), address.typed, address.key, purpose,
                account.id if account is not None else None, *(outside or (None, None)), name, language,
                visit.browser_hash, digest(link), digest(code), limits.MAIL_LINK_SECONDS,
            )  # fmt: skip
            if waiting < limits.MAIL_LINKS_PER_ADDRESS_MAX:
                await self._postbox.send(connection, Mail(address.typed, letter))

    async def take(self, connection: Connection, visit: Visit, answer: str) -> Proof | None:
        """The proof that a link's secret or a typed code is; None when it is wrong, old, used or another browser's."""
        row = await connection.fetchrow(
            SQL["use_mail_link"], visit.browser_hash, digest(_as_sent(answer)), limits.MAIL_CODE_TRIES_MAX
        )
        if row is None:
            return None
        outside = row["outside_issuer"]
        return Proof(
            Address(row["email"], row["email_key"]),
            row["purpose"],
            row["account_id"],
            None if outside is None else OutsideIdentity(outside, row["outside_subject"]),
            row["name"],
            row["language"],
        )

    async def refuse(self, visit: Visit, answer: str) -> Problem:
        """The problem that tells of an answer that was not taken; guessing at codes comes to an end."""
        await self._database.cold.execute(SQL["note_failed_try"], visit.browser_hash)
        row = await self._database.fetchrow(SQL["link_is_elsewhere"], digest(answer), visit.browser_hash)
        if row is not None and row[0]:
            return Problem("other_browser", "This link belongs to the browser in which it was asked for.")
        return Problem("sign_in_failed", "That link or code is wrong, too old, or was used before.")


def _as_sent(answer: str) -> str:
    """A typed code without what people put between its letters; a link's secret stays as it is."""
    typed = answer.replace("-", "").replace(" ", "").upper()
    return typed if len(typed) == CODE_CHARS else answer
