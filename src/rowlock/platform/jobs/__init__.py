"""Cold work: jobs that stand in PostgreSQL, put there by the transaction that wants them and run by the worker."""

from rowlock.platform.jobs.book import Job, defer
from rowlock.platform.jobs.runner import GiveWay, JobRunner, Task

__all__ = ["GiveWay", "Job", "JobRunner", "Task", "defer"]
