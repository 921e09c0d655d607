"""What is done about tickets in the background."""

from collections.abc import Mapping, Sequence

from rowlock.platform.jobs import Task
from rowlock.tickets.commands import TELL_CONFIRMED
from rowlock.tickets.notices import Notices

TELL_LAPSED, TELL_REFUNDED, TELL_PASSED_ON = "tell_lapsed", "tell_refunded", "tell_passed_on"
TELL_KEPT = "tell_kept"

TASKS_OF_TOPICS: Mapping[str, Sequence[str]] = {
    "booking.confirmed": (TELL_CONFIRMED,),
    "booking.lapsed": (TELL_LAPSED,),
    "booking.refunded": (TELL_REFUNDED,),
    "tickets.passed_on": (TELL_PASSED_ON,),
    "waitlist.offered": (TELL_KEPT,),
}


def ticket_tasks(notices: Notices) -> list[Task]:
    """The tasks, for the worker."""
    return [
        Task(TELL_CONFIRMED, notices.tell_confirmed),
        Task(TELL_LAPSED, notices.tell_lapsed),
        Task(TELL_REFUNDED, notices.tell_refunded),
        Task(TELL_PASSED_ON, notices.tell_passed_on),
        Task(TELL_KEPT, notices.tell_kept),
    ]
