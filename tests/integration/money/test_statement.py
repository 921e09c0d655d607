"""The daily statement: a provider's books beside ours; every cent that only one side knows is named."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.integration.money.conftest import Trade

from rowlock.money.payout import cell, payout_table
from rowlock.money.statement import Statement, compare
from rowlock.payments import StatementLine

ORGANISERS_ACCOUNT = """
SELECT -sum(a.amount)::bigint FROM money_ledger m CROSS JOIN unnest(m.accounts, m.amounts) AS a(account, amount)
WHERE a.account = 'organiser'
"""


def today() -> date:
    """Of the books: a run may go on beyond midnight."""
    return datetime.now(UTC).date()


class Doctored:
    """A provider's books with something else in them than the provider wrote."""

    name = "mock"

    def __init__(self, lines: list[StatementLine]) -> None:
        self.lines = lines

    async def statement(self, since: datetime, until: datetime) -> AsyncIterator[StatementLine]:
        """The lines of that time."""
        for line in self.lines:
            if since <= line.at < until:
                yield line


async def _doctored(trade: Trade) -> Doctored:
    """The provider's books of one sale and one refund, to be tampered with."""
    booking = await trade.sell("S-1-1", "S-2-1")
    await trade.give_back(booking, 10)
    await trade.worker.work()
    (provider,) = trade.worker.api.providers.all()
    now = datetime.now(UTC)
    lines = [line async for line in provider.statement(now - timedelta(hours=1), now + timedelta(hours=1))]
    assert sorted(line.kind for line in lines) == ["charge", "refund"]
    return Doctored(lines)


async def _kept(trade: Trade) -> list[bool]:
    return [row["agrees"] for row in await trade.database.fetch("SELECT agrees FROM money_statements")]


async def test_books_that_agree_agree_to_the_cent(trade: Trade) -> None:
    made = await compare(trade.database, await _doctored(trade), today())
    assert (made.agrees, made.movements, made.differences) == (True, 2, ())
    assert [(one.kind, one.ours.amount, one.theirs.amount) for one in made.sums] == [
        ("charge", "144.50", "144.50"), ("refund", "49.50", "49.50"),
    ]  # fmt: skip
    assert await _kept(trade) == [True]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("a cent more", ("144.50", "144.51")),
        ("another currency", ("144.50", "144.50")),
        ("not there", ("144.50", None)),
        ("unknown to us", (None, "7.00")),
        ("without a key", (None, "7.00")),
    ],
)
async def test_what_one_side_does_not_know_is_named(
    trade: Trade, change: str, told: tuple[str | None, str | None]
) -> None:
    books = await _doctored(trade)
    charge = next(line for line in books.lines if line.kind == "charge")
    rest = [line for line in books.lines if line is not charge]
    stranger = StatementLine("charge", "8a2f0c9e-0000-4000-8000-000000000000", "ref", 700, "EUR", charge.at)
    match change:
        case "a cent more":
            books.lines = [*rest, StatementLine("charge", charge.key, charge.ref, 14451, "EUR", charge.at)]
        case "another currency":
            books.lines = [*rest, StatementLine("charge", charge.key, charge.ref, 14450, "USD", charge.at)]
        case "not there":
            books.lines = rest
        case "unknown to us":
            books.lines = [*books.lines, stranger]
        case "without a key":
            books.lines = [*books.lines, StatementLine("charge", None, "ref", 700, "EUR", charge.at)]
    made = await compare(trade.database, books, today())
    assert not made.agrees
    (difference,) = made.differences
    sides = tuple(side.amount if side is not None else None for side in (difference.ours, difference.theirs))
    assert sides == told
    assert await _kept(trade) == [False]


async def test_a_movement_at_midnight_may_be_of_either_day(trade: Trade) -> None:
    """The provider's clock is a minute behind, and puts into yesterday what we noted today."""
    await trade.sell("S-1-1")
    (provider,) = trade.worker.api.providers.all()
    now = datetime.now(UTC)
    (line,) = [line async for line in provider.statement(now - timedelta(hours=1), now + timedelta(hours=1))]
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    async with trade.database.cold.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("UPDATE money_ledger SET at = $1", midnight + timedelta(seconds=20))
    early = StatementLine(line.kind, line.key, line.ref, line.amount, line.currency, midnight - timedelta(seconds=40))
    days = [await compare(trade.database, Doctored([early]), day) for day in (today() - timedelta(days=1), today())]
    assert [(day.agrees, day.movements) for day in days] == [(True, 0), (True, 1)]


async def test_a_statement_made_again_takes_the_place_of_the_first(trade: Trade) -> None:
    books = await _doctored(trade)
    lines, books.lines = books.lines, []
    assert not (await compare(trade.database, books, today())).agrees
    books.lines = lines
    again: Statement = await compare(trade.database, books, today())
    assert again.agrees
    assert await _kept(trade) == [True]


async def test_a_payout_adds_up_to_the_ledger(trade: Trade) -> None:
    booking = await trade.sell("S-1-1", "S-2-1")
    await trade.sell("S-3-1")
    await trade.give_back(booking, 10)
    await trade.worker.work()
    admin = trade.office.caller("organiser_admin")
    answer = await admin.get(f"/payout.csv?from={today()}&to={today()}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, event, whole = [line.split(",") for line in answer.text.split("\r\n")[:3]]
    row = dict(zip(head, event, strict=True))
    assert (row["event"], row["currency"], row["sales"], row["refunds"], row["net"]) == (
        trade.office.event, "EUR", "194.00", "49.50", "144.50"
    )  # fmt: skip
    assert event[4:] == whole[4:]
    assert await trade.database.cold.fetchval(ORGANISERS_ACCOUNT) == 14450
    before = datetime.now(UTC) - timedelta(days=1)
    assert (await payout_table(trade.database, 1, before - timedelta(days=9), before)).count("\r\n") == 1
    invoices = (await admin.get(f"/invoices?from={today()}&to={today()}")).json()["items"]
    assert sorted(one["number"] for one in invoices) == ["C1-000001", "R1-000001", "R1-000002"]


@pytest.mark.parametrize("asked", ["from=x", "from=2027-01-02&to=2027-01-01", "from=2020-01-01&to=2026-01-01"])
async def test_days_that_are_none_are_refused(trade: Trade, asked: str) -> None:
    assert (await trade.office.caller("operator").get(f"/payout.csv?{asked}")).status_code == 422


async def test_another_organisers_books_do_not_exist(trade: Trade) -> None:
    assert (await trade.office.caller("organiser_admin").get("/invoices?organiserId=7")).status_code == 404
    assert (await trade.office.caller("operator").get("/invoices?organiserId=7")).json() == {"items": []}


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_name_becomes_a_formula(name: str) -> None:
    assert cell(name) == f"'{name}"
    assert cell("Tonight") == "Tonight"
