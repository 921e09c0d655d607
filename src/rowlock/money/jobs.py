"""What is done about money in the background."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rowlock.money.documents import Documents
from rowlock.money.statement import Books, compare
from rowlock.platform.jobs import Task
from rowlock.platform.postgres import Database

WRITE_RECEIPTS, WRITE_CREDIT_NOTES = "write_receipts", "write_credit_notes"
COMPARE_YESTERDAY = "compare_yesterday"
IN_THE_MORNING = "30 4 * * *"
"""UTC, when yesterday is over everywhere that providers close their books."""

TASKS_OF_TOPICS: Mapping[str, Sequence[str]] = {
    "booking.confirmed": (WRITE_RECEIPTS,),
    "booking.refunded": (WRITE_CREDIT_NOTES,),
}


def money_tasks(database: Database, documents: Documents, providers: Sequence[Books]) -> list[Task]:
    """The tasks, for the worker."""

    async def compare_yesterday(told: Mapping[str, Any]) -> None:
        yesterday = datetime.fromtimestamp(told["timestamp"], UTC).date() - timedelta(days=1)
        for provider in providers:
            await compare(database, provider, yesterday)

    return [
        Task(WRITE_RECEIPTS, documents.write_receipts),
        Task(WRITE_CREDIT_NOTES, documents.write_credit_notes),
        Task(COMPARE_YESTERDAY, compare_yesterday, IN_THE_MORNING),
    ]
