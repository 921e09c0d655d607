"""What an organiser is owed: the ledger of a time, event by event, as a table for spreadsheets."""

import csv
from datetime import datetime
from io import StringIO

import asyncpg

from rowlock.kernel.money import amount_text
from rowlock.money.store import SQL
from rowlock.platform.postgres import Database

AMOUNTS = ("sales", "refunds", "fees", "tax", "disputes", "provider_fees", "net")
HEAD = ("event", "name", "starts_at", "currency", *AMOUNTS)
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def payout_table(database: Database, organiser_id: int, since: datetime, until: datetime) -> str:
    """CSV with a line for each event and currency, and one for the whole of each currency.

    Amounts are decimals of the currency: `sales` all-in and before refunds; `fees` and `tax` as they remain after
    refunds; `net` is what the organiser's account has, less what is disputed and what providers kept.
    """
    rows = await database.report(SQL["payout"], organiser_id, since, until)
    out = StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(HEAD)
    sums: dict[str, list[int]] = {}
    for row in rows:
        amounts = _amounts(row)
        before = sums.get(row["currency"], [0] * len(amounts))
        sums[row["currency"]] = [a + b for a, b in zip(before, amounts, strict=True)]
        told = [str(row["event_id"]), cell(row["name"]), row["starts_at"].isoformat(), row["currency"]]
        table.writerow([*told, *(amount_text(amount, row["currency"]) for amount in amounts)])
    for currency, amounts in sums.items():
        table.writerow(["", "", "", currency, *(amount_text(amount, currency) for amount in amounts)])
    return out.getvalue()


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def _amounts(row: asyncpg.Record) -> list[int]:
    net = row["organiser"] - row["disputes"] - row["provider_fees"]
    return [row["sales"], row["refunds"], row["fees"], row["tax"], row["disputes"], row["provider_fees"], net]
