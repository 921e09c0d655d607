"""Two people behind risky changes of live events: one proposes, another decides, both stand in the audit log.

It is for each organiser to want (`rowlock organiser two-people`). Risky are prices, calling an event off, paying
everybody back, and taking many seats from sale or putting them back. A proposal lapses after a day; what it would
replace must still be as its proposer saw it. Carrying out is repeatable: after a crash the decider asks again and it
goes on.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import asyncpg
import msgspec

from rowlock.audit import Action, Deed, record
from rowlock.catalog.views import SQL as CATALOG
from rowlock.identity import Person
from rowlock.kernel import limits
from rowlock.kernel.ids import parse_booking_id, parse_number_id
from rowlock.kernel.problems import Problem
from rowlock.organiser.blocks import BlockDesk
from rowlock.organiser.commands import Organiser
from rowlock.organiser.model import BlockBody, EventPatch, UnblockBody
from rowlock.organiser.refunds import RefundDesk, RefundRunBody
from rowlock.platform.postgres import Connection, Database, load_queries

SQL = load_queries("rowlock.organiser")

Kind = Literal["change_event", "block_seats", "unblock_seats", "refund_event"]
Change = EventPatch | BlockBody | UnblockBody | RefundRunBody
State = Literal["open", "lapsed", "rejected", "approved", "done"]
LISTED_MAX = 200
_SHAPES: Mapping[Kind, type[Change]] = {
    "change_event": EventPatch, "block_seats": BlockBody, "unblock_seats": UnblockBody,
    "refund_event": RefundRunBody,
}  # fmt: skip


class DecisionBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What the other person says to a proposal."""

    approve: bool
    reason: Annotated[str, msgspec.Meta(max_length=limits.NAME_CHARS_MAX)] = ""


class ApprovalItem(msgspec.Struct, frozen=True, rename="camel"):
    """A proposal. `request` is the change as it was sent, `was` what it would replace, `seats` how many it moves."""

    id: str
    event_id: str
    kind: str
    state: State
    request: msgspec.Raw
    was: msgspec.Raw
    seats: int
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class ApprovalList(msgspec.Struct, frozen=True):
    """Proposals, newest first."""

    items: tuple[ApprovalItem, ...]


class ApprovalDesk:
    """Where risky changes wait for a second person."""

    def __init__(self, database: Database, organiser: Organiser, blocks: BlockDesk, refunds: RefundDesk) -> None:
        self._database = database
        self._refunds = refunds
        self._organiser = organiser
        self._blocks = blocks

    async def hold_back(self, event_id: str, change: Change, by: Person) -> ApprovalItem | None:
        """The proposal that a change becomes; None when one person is enough for it.

        Problems as of the change itself.
        """
        number = parse_number_id(event_id)
        if number is None or not _may_be_risky(change):
            return None
        wanted = await self._database.fetchrow(SQL["wants_two_people"], number, by.reach)
        if wanted is None or not wanted["wanted"]:
            return None
        if isinstance(change, EventPatch | RefundRunBody):
            return await self._propose(number, change, by, 0)
        seats = await self._blocks.count(event_id, change, by)
        if seats < limits.RISKY_SEATS_MIN:
            return None
        return await self._propose(number, change, by, seats)

    async def list(self, by: Person, *, only_open: bool) -> ApprovalList:
        """The newest proposals of the organisers that somebody works for."""
        rows = await self._database.fetch(SQL["approvals"], by.reach, only_open, LISTED_MAX)
        return ApprovalList(tuple(_item(row) for row in rows))

    async def decide(self, approval_id: str, body: DecisionBody, by: Person) -> ApprovalItem:
        """Say yes or no; yes carries the change out in its proposer's name.

        Problems: `approval_not_found`, `own_proposal`, `approval_closed`, `approval_stale`, and those of the change.
        """
        row = await self._row(approval_id, by)
        if row["decided_by"] != by.subject or row["decision"] != ("approved" if body.approve else "rejected"):
            await self._note_decision(row, body, by)
        if body.approve:
            await self._carry_out(row)
        return _item(await self._row(approval_id, by))

    async def _propose(self, event_id: int, change: Change, by: Person, seats: int) -> ApprovalItem:
        approval_id, kind = uuid.uuid4(), _kind(change)
        async with self._database.cold.acquire() as connection, connection.transaction():
            organiser_id, was = await _standing(connection, event_id, change)
            await connection.execute(
                SQL["insert_approval"], approval_id, event_id, organiser_id, kind, _json(change), _json(was), seats,
                by.subject, by.role, limits.APPROVAL_HOURS,
            )  # fmt: skip
            facts = {"kind": kind, "request": msgspec.to_builtins(change), "seats": seats}
            deed = Deed(
                "propose_change", f"event:{event_id}", organiser_id, was, facts | {"approval": str(approval_id)}
            )
            await record(connection, by, [deed])
        return _item(await self._row(str(approval_id), by))

    async def _note_decision(self, row: asyncpg.Record, body: DecisionBody, by: Person) -> None:
        if row["proposed_by"] == by.subject:
            raise Problem("own_proposal", "You proposed this; somebody else has to decide.")
        change = msgspec.json.decode(row["request"], type=_SHAPES[row["kind"]])
        decision: Literal["approved", "rejected"] = "approved" if body.approve else "rejected"
        act: Action = "approve_change" if body.approve else "reject_change"
        async with self._database.cold.acquire() as connection, connection.transaction():
            _, now = await _standing(connection, row["event_id"], change)
            if body.approve and _json(now) != _json(msgspec.json.decode(row["was"])):
                raise Problem("approval_stale", "What this would change has changed since. Propose it anew.")
            words = body.reason or None
            if await connection.fetchval(SQL["decide_approval"], row["id"], decision, by.subject, words) is None:
                raise Problem("approval_closed", "This was decided already, or its day is over.")
            await record(connection, by, [_deed(act, row, body.reason)])

    async def _carry_out(self, row: asyncpg.Record) -> None:
        """Do what was approved. Every kind may be done twice, so a repeat after a crash does no harm."""
        if row["done_at"] is not None:
            return
        event_id, proposer = row["event_id"], Person(row["proposed_by"], row["proposed_role"], row["organiser_id"])
        change = msgspec.json.decode(row["request"], type=_SHAPES[row["kind"]])
        match change:
            case EventPatch():
                await self._organiser.patch_event(event_id, change, proposer)
            case BlockBody():
                await self._blocks.block(str(event_id), change, proposer, f"approval:{row['id']}")
            case UnblockBody():
                await self._blocks.release(str(event_id), change, proposer)
            case RefundRunBody():
                await self._refunds.begin_run(str(event_id), change, proposer)
        await self._database.cold.execute(SQL["approval_done"], row["id"])

    async def _row(self, approval_id: str, by: Person) -> asyncpg.Record:
        number = parse_booking_id(approval_id)
        row = await self._database.fetchrow(SQL["approval"], number, by.reach) if number is not None else None
        if row is None:
            raise Problem("approval_not_found", f"There is no proposal {approval_id}.")
        return row


async def set_two_people(connection: Connection, organiser_id: int, *, wanted: bool) -> bool:
    """Whether an organiser wants two people behind risky changes; answers whether that is new."""
    return await connection.fetchval(SQL["set_two_people"], organiser_id, wanted) is not None


def _may_be_risky(change: Change) -> bool:
    """Whether a change could need a second person at all; names and texts never do."""
    if isinstance(change, EventPatch):
        return change.changes_prices or change.cancelled is not msgspec.UNSET
    return True


def _kind(change: Change) -> Kind:
    return next(kind for kind, shape in _SHAPES.items() if isinstance(change, shape))


async def _standing(connection: Connection, event_id: int, change: Change) -> tuple[int, dict[str, object]]:
    """Whose event it is, and what the change would replace as it stands; seats have their own guards."""
    row = await connection.fetchrow(CATALOG["event_terms"], event_id, None)
    assert row is not None
    terms = msgspec.json.decode(row["terms"], type=dict[str, object])
    asked = msgspec.to_builtins(change) if isinstance(change, EventPatch) else {}
    return row["organiser_id"], {name: terms[name] for name in sorted(asked) if name in terms}


def _deed(action: Action, row: asyncpg.Record, reason: str) -> Deed:
    facts = {"kind": row["kind"], "approval": str(row["id"]), "proposedBy": row["proposed_by"]}
    return Deed(action, f"event:{row['event_id']}", row["organiser_id"], after=facts, reason=reason or None)


def _json(facts: object) -> str:
    return msgspec.json.encode(facts, order="sorted").decode()


def _item(row: asyncpg.Record) -> ApprovalItem:
    state: State = "done" if row["done_at"] else row["decision"] or ("lapsed" if row["lapsed"] else "open")
    return ApprovalItem(
        str(row["id"]), str(row["event_id"]), row["kind"], state, msgspec.Raw(row["request"].encode()),
        msgspec.Raw(row["was"].encode()), row["seats"], row["proposed_by"], row["proposed_at"], row["expires_at"],
        row["decided_by"], row["decided_at"], row["reason"],
    )  # fmt: skip
