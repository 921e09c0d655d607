"""The accounts themselves: whose address it is, the guests they were before, and in which roles they may act."""

import re
import unicodedata
import uuid
from datetime import datetime

import asyncpg
import msgspec

from rowlock.identity.person import Role
from rowlock.kernel import limits
from rowlock.kernel.problems import Problem
from rowlock.platform.mail import is_address
from rowlock.platform.postgres import Connection, Database, load_queries

SQL = load_queries("rowlock.identity.accounts")
ACCOUNT_SUBJECTS = "account:"
LANGUAGES = ("en", "de", "fr")
_SPACES = re.compile(r"\s+")


class Account(msgspec.Struct, frozen=True):
    """One person's account. It opens to nobody before a mail to its address was answered; most are only made then."""

    id: uuid.UUID
    subject: str
    email: str
    email_key: str
    name: str
    language: str
    created_at: datetime


class Membership(msgspec.Struct, frozen=True, rename="camel"):
    """A role that an account may act in, and for whom."""

    organiser_id: str
    organiser: str
    role: Role


class Address(msgspec.Struct, frozen=True):
    """A mail address as it was typed, and as two spellings of it compare equal."""

    typed: str
    key: str

    @classmethod
    def of(cls, text: str) -> "Address":
        """Problem `invalid_request` when it is no mail address."""
        typed = text.strip()
        if not is_address(typed):
            raise Problem("invalid_request", "That is not a mail address.")
        return cls(typed, typed.lower())


def clean_name(text: str) -> str:
    """A name as it may stand in pages and mails: one line, no control characters; Problem `invalid_request`."""
    name = _SPACES.sub(" ", "".join(" " if unicodedata.category(mark) in {"Cc", "Zl", "Zp"} else mark for mark in text))
    if len(name) > limits.PERSON_NAME_CHARS_MAX:
        raise Problem("invalid_request", f"A name has at most {limits.PERSON_NAME_CHARS_MAX} characters.")
    return name.strip()


def known_language(code: str | None) -> str:
    """One of ours; English for any other."""
    return code if code in LANGUAGES else "en"


class Accounts:
    """Finding and changing accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, account_id: uuid.UUID) -> Account | None:
        """The account of that id."""
        return _account(await self._database.fetchrow(SQL["find_account"], account_id))

    async def of_subject(self, subject: str) -> Account | None:
        """The account whose tokens have that subject."""
        return _account(await self._database.fetchrow(SQL["account_of_subject"], subject))

    async def of_email(self, address: Address) -> Account | None:
        """The account with that address."""
        return _account(await self._database.fetchrow(SQL["account_of_email"], address.key))

    async def address_behind(self, subject: str) -> str | None:
        """The mail address that somebody has proven, also of a guest who joined an account since; in lower case."""
        row = await self._database.fetchrow(SQL["address_behind"], subject)
        return None if row is None else str(row["email_key"])

    async def memberships(self, account_id: uuid.UUID) -> tuple[Membership, ...]:
        """The roles that an account may act in."""
        rows = await self._database.fetch(SQL["memberships"], account_id)
        return tuple(Membership(str(row["organiser_id"]), row["organiser"], row["role"]) for row in rows)

    async def change(self, account_id: uuid.UUID, *, name: str | None, language: str | None) -> None:
        """Set what is not None."""
        wanted = None if name is None else clean_name(name)
        if language is not None and language not in LANGUAGES:
            raise Problem("invalid_request", f"language is one of {', '.join(LANGUAGES)}.")
        await self._database.cold.execute(SQL["change_account"], account_id, wanted, language)


async def find_account(connection: Connection, account_id: uuid.UUID) -> Account | None:
    """The account of that id, as the caller's transaction sees it."""
    return _account(await connection.fetchrow(SQL["find_account"], account_id))


async def account_for(connection: Connection, address: Address, name: str, language: str) -> tuple[Account, bool]:
    """The account of a proven address, made when there is none, and whether it is new. Two at once make one."""
    account_id = uuid.uuid4()
    made = await connection.fetchval(
        SQL["insert_account"], account_id, f"{ACCOUNT_SUBJECTS}{account_id}", address.typed, address.key, name, language
    )
    account = _account(await connection.fetchrow(SQL["account_of_email"], address.key))
    assert account is not None
    return account, made is not None


async def change_address(connection: Connection, account_id: uuid.UUID, address: Address) -> bool:
    """Give the account another proven address; False when somebody else has it by now."""
    try:
        async with connection.transaction():
            return await connection.fetchval(SQL["change_email"], account_id, address.typed, address.key) is not None
    except asyncpg.UniqueViolationError:
        return False


async def grant(connection: Connection, account_id: uuid.UUID, organiser_id: int, role: Role) -> bool:
    """Let the account act in a role; False when it may already."""
    return await connection.fetchval(SQL["grant_membership"], account_id, organiser_id, role) is not None


async def withdraw(connection: Connection, account_id: uuid.UUID, organiser_id: int, role: Role) -> bool:
    """Let the account act in a role no more; False when it could not."""
    return await connection.fetchval(SQL["withdraw_membership"], account_id, organiser_id, role) is not None


async def guests_of(database: Database, subject: str) -> frozenset[str]:
    """The guests whom the account of this subject joined. Only accounts have any: others are not looked up."""
    if not subject.startswith(ACCOUNT_SUBJECTS):
        return frozenset()
    return frozenset(row["subject"] for row in await database.fetch(SQL["guests_of"], subject))


def _account(row: asyncpg.Record | None) -> Account | None:
    return None if row is None else Account(**dict(row))
