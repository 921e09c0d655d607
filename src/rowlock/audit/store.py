"""Writing the log and reading it."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import asyncpg
import msgspec

from rowlock.audit.model import Action, AuditEntry, AuditPage
from rowlock.identity import Person
from rowlock.identity.pseudonyms import pseudonym_of, subjects_behind
from rowlock.platform.postgres import Connection, Database, load_queries

SQL = load_queries("rowlock.audit")

ACCOUNT, PERSON = "account:", "person:"
Facts = Mapping[str, object]
"""What a thing was or is, by name, in what JSON can say."""


class Deed(NamedTuple):
    """What somebody did to a thing (`event:12`), and whose affair it was."""

    action: Action
    thing: str
    organiser_id: int | None
    before: Facts | None = None
    after: Facts | None = None
    reason: str | None = None


async def record(connection: Connection, by: Person, deeds: Iterable[Deed]) -> None:
    """Append what `by` did, in the transaction in which it is done, and as its last step: others wait from here on."""
    actor = await pseudonym_of(connection, by.subject)
    for deed in deeds:
        thing = await _unnamed_thing(connection, deed.thing)
        was, now = [await _unnamed(connection, facts) for facts in (deed.before, deed.after)]
        who, what = (actor, by.role, deed.organiser_id), (deed.action, thing, was, now, deed.reason)
        await connection.execute(SQL["append_audit"], *who, *what)


async def _unnamed_thing(connection: Connection, thing: str) -> str:
    """An account by its pseudonym: `account:<id>` is the subject of its person."""
    return PERSON + await pseudonym_of(connection, thing) if thing.startswith(ACCOUNT) else thing


async def _unnamed(connection: Connection, facts: Facts | None) -> str | None:
    """Facts as JSON; a `subject` among them by its pseudonym."""
    if facts is None:
        return None
    subject = facts.get("subject")
    if isinstance(subject, str):
        facts = {**facts, "subject": await pseudonym_of(connection, subject)}
    return msgspec.json.encode(facts).decode()


class AuditLog:
    """The log as those read it who may."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        reader: Person,
        *,
        actor: str | None = None,
        action: str | None = None,
        thing: str | None = None,
        below: int | None = None,
        size: int,
    ) -> AuditPage:
        """The newest entries below a number that the reader may see: an organiser's staff their organiser's."""
        rows = await self._database.report(SQL["audit_page"], reader.reach, actor, action, thing, below, size + 1)
        names = (name for row in rows for name in (row["actor"], row["object"].removeprefix(PERSON)))
        people = await subjects_behind(self._database, names)
        items = tuple(_entry(row, people) for row in rows[:size])
        return AuditPage(items, str(items[-1].no) if len(rows) > size else None)


def _entry(row: asyncpg.Record, people: Mapping[str, str]) -> AuditEntry:
    organiser_id = row["organiser_id"]
    return AuditEntry(
        row["no"],
        row["at"],
        people.get(row["actor"], row["actor"]),
        row["role"],
        None if organiser_id is None else str(organiser_id),
        row["action"],
        people.get(row["object"].removeprefix(PERSON), row["object"]),
        _raw(row["before"]),
        _raw(row["after"]),
        row["reason"],
    )


def _raw(text: str | None) -> msgspec.Raw | None:
    return None if text is None else msgspec.Raw(text.encode())
