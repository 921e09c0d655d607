"""The daily statement: a provider's books of a day beside ours, payment by payment, to the cent."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple, Protocol

import msgspec
import structlog

from rowlock.kernel.money import Money, money
from rowlock.money.store import SQL
from rowlock.payments import StatementLine
from rowlock.platform.postgres import Database

MARGIN = timedelta(hours=1)
"""Two clocks may put a movement into different days when it is this close to midnight."""

log = structlog.get_logger(__name__)


class Books(Protocol):
    """What a statement is made from: `payments.PaymentProvider` is one."""

    name: str

    def statement(self, since: datetime, until: datetime) -> AsyncIterator[StatementLine]:
        """Captures, refunds and disputes of that time, in no order."""


class Difference(msgspec.Struct, frozen=True, rename="camel"):
    """A movement on which the two sides do not agree. `ours` or `theirs` is None on the side that does not know it."""

    kind: Literal["charge", "refund", "dispute"]
    key: str | None
    reference: str
    ours: Money | None
    theirs: Money | None


class Sum(msgspec.Struct, frozen=True, rename="camel"):
    """All movements of a kind and currency of the day, on each side, with those on which both agree in the middle."""

    kind: str
    ours: Money
    theirs: Money


class Statement(msgspec.Struct, frozen=True, rename="camel"):
    """A day (UTC) of a provider beside ours; `agrees` only when there is no difference at all."""

    provider: str
    day: date
    agrees: bool
    movements: int
    sums: tuple[Sum, ...]
    differences: tuple[Difference, ...]


class _Movement(NamedTuple):
    kind: Literal["charge", "refund", "dispute"]
    key: str | None
    amount: int
    currency: str
    at: datetime
    reference: str


_Key = tuple[str, str]


async def compare(database: Database, provider: Books, day: date) -> Statement:
    """Make the statement of a day and keep it in place of an earlier one."""
    since, until = _bounds(day)
    theirs = [_their(line) async for line in provider.statement(since - MARGIN, until + MARGIN)]
    rows = await database.report(SQL["our_movements"], provider.name, since - MARGIN, until + MARGIN)
    known = await database.report(
        SQL["our_movements_of"], provider.name, [line.key for line in theirs if line.key is not None]
    )
    ours = {(row["kind"], row["key"]): _Movement(*row) for row in (*known, *rows)}
    made = _compared(provider.name, day, ours, theirs)
    document = msgspec.json.encode(made).decode()
    await database.cold.execute(SQL["keep_statement"], provider.name, day, made.agrees, document)
    if not made.agrees:
        log.error("statement_differs", provider=provider.name, day=day.isoformat(), differences=len(made.differences))
    return made


def _compared(name: str, day: date, ours: Mapping[_Key, _Movement], theirs: list[_Movement]) -> Statement:
    since, until = _bounds(day)
    matched: set[_Key] = set()
    differences, sums = [], dict[tuple[str, str], list[int]]()
    movements = 0
    for line in theirs:
        mine = ours.get((line.kind, line.key)) if line.key is not None else None
        if mine is not None and line.key is not None:
            matched.add((line.kind, line.key))
        if not since <= (mine or line).at < until:
            continue
        movements += 1
        _add(sums, line.kind, line.currency, 1, line.amount)
        if mine is not None:
            _add(sums, mine.kind, mine.currency, 0, mine.amount)
        if mine is None or (mine.amount, mine.currency) != (line.amount, line.currency):
            differences.append(_difference(line.kind, mine, line))
    for key, mine in ours.items():
        if key not in matched and since <= mine.at < until:
            movements += 1
            _add(sums, mine.kind, mine.currency, 0, mine.amount)
            differences.append(_difference(mine.kind, mine, None))
    told = tuple(Sum(kind, money(a, currency), money(b, currency)) for (kind, currency), (a, b) in sorted(sums.items()))
    return Statement(name, day, not differences, movements, told, tuple(differences))


def _add(sums: dict[tuple[str, str], list[int]], kind: str, currency: str, side: int, amount: int) -> None:
    sums.setdefault((kind, currency), [0, 0])[side] += amount


def _difference(
    kind: Literal["charge", "refund", "dispute"], mine: _Movement | None, line: _Movement | None
) -> Difference:
    known = line or mine
    assert known is not None
    return Difference(
        kind,
        known.key,
        known.reference,
        None if mine is None else money(mine.amount, mine.currency),
        None if line is None else money(line.amount, line.currency),
    )


def _their(line: StatementLine) -> _Movement:
    return _Movement(line.kind, line.key, line.amount, line.currency, line.at, line.ref)


def _bounds(day: date) -> tuple[datetime, datetime]:
    since = datetime.combine(day, time(), UTC)
    return since, since + timedelta(days=1)
