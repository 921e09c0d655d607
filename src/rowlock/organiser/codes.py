"""Codes that organisers give out: made one by one or by the thousand, listed with their uses, and taken back."""

import secrets
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import asyncpg
import msgspec

from rowlock.audit import Deed, record
from rowlock.catalog import SaleFacts, SaleFactsShelf
from rowlock.identity import Person
from rowlock.kernel import limits
from rowlock.kernel.clock import parse_wire_time
from rowlock.kernel.ids import parse_booking_id, parse_number_id
from rowlock.kernel.money import Money, known_currency, minor_units, money
from rowlock.kernel.problems import Problem
from rowlock.platform.postgres import Database, load_queries
from rowlock.pricing.codes import CodeKind, written
from rowlock.pricing.model import read_percent

SQL = load_queries("rowlock.organiser")

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and figures that nobody takes for one another."""
RANDOM_CHARS = 10
INSERTED_AT_ONCE = 1_000
LISTED_MAX = 500

CodeName = Annotated[str, msgspec.Meta(pattern=r"^\s*[A-Za-z0-9][A-Za-z0-9_-]{2,39}\s*$")]
Count = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class CodesBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """One code by its name, or `count` random ones that begin with `prefix`.

    `percent` and `amount` come off each ticket; an `access` code opens the sale at `opens_at` or the seats of the block
    `block_id`. Without `event_id` it is for all events of the organiser. `uses_max` counts bookings.
    """

    kind: CodeKind
    event_id: str | int | None = None
    code: CodeName | None = None
    count: Annotated[int, msgspec.Meta(ge=1, le=limits.CODES_AT_ONCE_MAX)] | None = None
    prefix: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{0,20}$")] = ""
    percent: str | int | None = None
    amount: Money | None = None
    uses_max: Count | None = None
    uses_per_person_max: Count | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    tiers: Annotated[list[str], msgspec.Meta(min_length=1, max_length=limits.TIERS_PER_EVENT_MAX)] | None = None
    seats_min: Annotated[int, msgspec.Meta(ge=1, le=limits.SEATS_PER_BOOKING_CEILING)] = 1
    channel: Annotated[str, msgspec.Meta(max_length=limits.NAME_CHARS_MAX)] = ""
    block_id: str | None = None
    opens_at: str | None = None


class CodeItem(msgspec.Struct, frozen=True, rename="camel"):
    """A code as its organiser sees it. `uses` counts bookings that hold it, are being paid or are paid."""

    id: str
    code: str
    kind: CodeKind
    event_id: str | None
    percent: str | None
    amount: Money | None
    uses: int
    uses_max: int | None
    uses_per_person_max: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    tiers: tuple[str, ...] | None
    seats_min: int
    channel: str
    block_id: str | None
    opens_at: datetime | None
    created_at: datetime
    disabled_at: datetime | None


class CodePage(msgspec.Struct, frozen=True, rename="camel"):
    """Codes, newest first; `next_cursor` asks for the ones before."""

    items: tuple[CodeItem, ...]
    next_cursor: str | None


class CodeRegister:
    """What an organiser may do with codes."""

    def __init__(self, database: Database, facts: SaleFactsShelf) -> None:
        self._database = database
        self._facts = facts

    async def create(
        self, body: CodesBody, by: Person, progress: Callable[[int], None] = lambda _more: None
    ) -> list[CodeItem]:
        """Make codes, all or none; `progress` is told each time how many more there are.

        Problems: `event_not_found`, `invalid_request`, `code_exists`.
        """
        facts = await self._event(body.event_id, by)
        terms = _terms(body, facts)
        organiser_id = by.makes_for if facts is None else facts.organiser_id
        names = [written(body.code)] if body.code is not None else _random_names(body)
        ids: list[uuid.UUID] = []
        async with self._database.cold.acquire() as connection, connection.transaction():
            for start in range(0, len(names), INSERTED_AT_ONCE):
                some = names[start : start + INSERTED_AT_ONCE]
                rows = await connection.fetch(
                    SQL["insert_codes"], [uuid.uuid4() for _ in some], some, organiser_id, *terms
                )
                if len(rows) < len(some):
                    raise Problem("code_exists", "There is a code of that name already.")
                ids += [row["id"] for row in rows]
                progress(len(some))
            told = {"kind": body.kind, "codes": len(names), "channel": body.channel} | (
                {"code": names[0]} if len(names) == 1 else {"prefix": written(body.prefix)}
            )
            place = f"organiser:{organiser_id}" if facts is None else f"event:{facts.event_id}"
            await record(connection, by, [Deed("create_codes", place, organiser_id, after=told)])
            return [_item(row) for row in await connection.fetch(SQL["codes_by_id"], ids)]

    async def list(self, event_id: str | None, cursor: str | None, by: Person) -> CodePage:
        """The newest codes, of one event or of all. Problems: `event_not_found`, `invalid_request`."""
        number = None if event_id is None else (await self._known_event(event_id, by)).event_id
        below = parse_number_id(cursor) if cursor is not None else None
        if cursor is not None and below is None:
            raise Problem("invalid_request", f"cursor: {cursor!r} is not a cursor of ours.")
        rows = await self._database.fetch(SQL["codes"], by.reach, number, below, LISTED_MAX + 1)
        page = rows[:LISTED_MAX]
        return CodePage(tuple(_item(row) for row in page), str(page[-1]["no"]) if len(rows) > LISTED_MAX else None)

    async def disable(self, code_id: str, by: Person) -> None:
        """Take a code back: bookings that bear it keep it. Once more is no fault. Problem `code_not_found`."""
        number = parse_booking_id(code_id)
        async with self._database.cold.acquire() as connection, connection.transaction():
            row = None if number is None else await connection.fetchrow(SQL["disable_code"], number, by.reach)
            if row is None:
                raise Problem("code_not_found", f"There is no code {code_id}.")
            if row["now"]:
                deed = Deed("disable_code", f"code:{number}", row["organiser_id"], after={"code": row["code"]})
                await record(connection, by, [deed])

    async def _event(self, event_id: str | int | None, by: Person) -> SaleFacts | None:
        return None if event_id is None else await self._known_event(str(event_id), by)

    async def _known_event(self, event_id: str, by: Person) -> SaleFacts:
        number = parse_number_id(event_id)
        facts = await self._facts.facts(number) if number is not None else None
        if facts is None or not by.works_for(facts.organiser_id):
            raise Problem("event_not_found", f"There is no event {event_id}.")
        return facts


def _random_names(body: CodesBody) -> Sequence[str]:
    if body.count is None:
        raise Problem("invalid_request", "code: name one code, or say with count how many random ones.")
    names: set[str] = set()
    while len(names) < body.count:
        names.add(written(body.prefix) + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARS)))
    return sorted(names)


def _terms(body: CodesBody, facts: SaleFacts | None) -> tuple[object, ...]:
    """The columns of a code from event_id to opens_at, in their order. Problem `invalid_request`."""
    _check_kind(body)
    if body.code is not None and body.count is not None:
        raise Problem("invalid_request", "count: a named code is one.")
    if facts is not None and (strange := set(body.tiers or ()) - set(facts.tiers)):
        raise Problem("invalid_request", f"tiers: the event has no tier {min(strange)!r}.")
    block_id = None if body.block_id is None else parse_booking_id(body.block_id)
    if body.block_id is not None and (block_id is None or facts is None):
        raise Problem("invalid_request", "blockId: it names a block of the event in eventId.")
    valid_from, valid_until = _moment("validFrom", body.valid_from), _moment("validUntil", body.valid_until)
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        raise Problem("invalid_request", "validUntil: it is before validFrom.")
    return (
        None if facts is None else facts.event_id, body.kind, _percent(body), *_amount(body, facts), body.uses_max,
        body.uses_per_person_max, valid_from, valid_until, body.tiers, body.seats_min, body.channel, block_id,
        _moment("opensAt", body.opens_at),
    )  # fmt: skip


def _check_kind(body: CodesBody) -> None:
    if (body.kind == "percent") != (body.percent is not None):
        raise Problem("invalid_request", "percent: it goes with the kind percent, and that with it.")
    if (body.kind == "amount") != (body.amount is not None):
        raise Problem("invalid_request", "amount: it goes with the kind amount, and that with it.")
    opens = body.block_id is not None or body.opens_at is not None
    if (body.kind == "access") != opens:
        raise Problem("invalid_request", "blockId, opensAt: one of them goes with the kind access, and that with them.")


def _percent(body: CodesBody) -> Decimal | None:
    if body.percent is None:
        return None
    try:
        share = read_percent("percent", body.percent)
    except ValueError as error:
        raise Problem("invalid_request", f"{error}.") from error
    if not share:
        raise Problem("invalid_request", "percent: nothing off is no discount.")
    return Decimal(str(body.percent))


def _amount(body: CodesBody, facts: SaleFacts | None) -> tuple[int | None, str | None]:
    if body.amount is None:
        return None, None
    if facts is not None and body.amount.currency != facts.currency:
        raise Problem("invalid_request", f"amount: the event is priced in {facts.currency}.")
    if not known_currency(body.amount.currency):
        raise Problem("invalid_request", f"amount: {body.amount.currency!r} is not a currency such as EUR.")
    try:
        minor = minor_units(body.amount.amount, body.amount.currency)
    except ValueError as error:
        raise Problem("invalid_request", f"amount: {error}.") from error
    if not minor:
        raise Problem("invalid_request", "amount: nothing off is no discount.")
    return minor, body.amount.currency


def _moment(name: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_wire_time(text)
    except ValueError as error:
        raise Problem("invalid_request", f"{name}: {error}.") from error


def _item(row: asyncpg.Record) -> CodeItem:
    amount = None if row["amount"] is None else money(row["amount"], row["currency"])
    return CodeItem(
        str(row["id"]), row["code"], row["kind"], None if row["event_id"] is None else str(row["event_id"]),
        None if row["percent"] is None else f"{row['percent'].normalize():f}", amount, row["uses"], row["uses_max"],
        row["uses_per_person_max"], row["valid_from"], row["valid_until"],
        None if row["tiers"] is None else tuple(row["tiers"]), row["seats_min"], row["channel"],
        None if row["block_id"] is None else str(row["block_id"]), row["opens_at"], row["created_at"],
        row["disabled_at"],
    )  # fmt: skip
