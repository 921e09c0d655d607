"""The worker's part in what the API begins, when a test tells it to work."""

from tests.integration.http.conftest import BoxOffice

from rowlock.money import jobs as money
from rowlock.money.seals import seal
from rowlock.payments.refund_runner import pay_refunds
from rowlock.platform.jobs import JobRunner
from rowlock.platform.outbox.relay import Relay
from rowlock.tickets import Notices
from rowlock.tickets import jobs as tickets
from rowlock.worker import TASKS_OF_TOPICS

SITE = "https://shop.test"


class Worker:
    """Pays refunds, relays, runs jobs and seals, without Valkey: what is done in the background does not need it."""

    def __init__(self, office: BoxOffice) -> None:
        self.api = office.api
        database = office.house.database
        self.notices = Notices(database, self.api.plans, self.api.account_parts.postbox, SITE)
        self._relay = Relay(database, None, TASKS_OF_TOPICS)
        tasks = money.money_tasks(database, self.api.documents, self.api.providers.all())
        self._runner = JobRunner(database.url, [*tickets.ticket_tasks(self.notices), *tasks])

    async def work(self) -> None:
        """Until there is nothing left to do now."""
        while await pay_refunds(self.api.database, self.api.providers):
            continue
        while await self._relay.round():
            continue
        await self._runner.run_waiting()
        while await seal(self.api.database):
            continue
