"""Composition of the worker role: the loops that nobody waits for. Several workers do no harm."""

import asyncio
from collections.abc import Coroutine, Iterator
from functools import partial

import structlog

from rowlock.app import Api, open_api
from rowlock.identity.accounts.sessions import forget_what_is_over
from rowlock.identity.keys import rotate_when_old
from rowlock.identity.oauth.grants import forget_old_grants
from rowlock.identity.revocations import SQL as REVOCATIONS
from rowlock.inventory.clock import beat_forever
from rowlock.inventory.sweeper import sweep_forever
from rowlock.kernel import limits
from rowlock.money import jobs as money
from rowlock.money.seals import seal_forever
from rowlock.payments.notices.desk import catch_up_forever
from rowlock.payments.reconciler import reconcile_forever
from rowlock.payments.refund_runner import pay_refunds_forever
from rowlock.payments.refund_runs import pay_back_forever
from rowlock.platform.http.idempotency import SQL as IDEMPOTENCY
from rowlock.platform.jobs import GiveWay, JobRunner, Task
from rowlock.platform.mail.post import deliver_forever
from rowlock.platform.outbox.relay import Relay
from rowlock.platform.outbox.rush import Rush
from rowlock.platform.postgres import DatabaseDown
from rowlock.platform.postgres.pool import rerun
from rowlock.platform.telemetry import metrics
from rowlock.settings import Settings
from rowlock.tickets import jobs as tickets
from rowlock.waiting_room.keeper import Draw, LineKeeper
from rowlock.waiting_room.sales import SaleSights
from rowlock.waiting_room.vitals import VitalsReader
from rowlock.waitlist import Matcher, Seats

HOUSEKEEPING_SECONDS = 600.0
TASKS_OF_TOPICS = {
    topic: (*tickets.TASKS_OF_TOPICS.get(topic, ()), *money.TASKS_OF_TOPICS.get(topic, ()))
    for topic in tickets.TASKS_OF_TOPICS.keys() | money.TASKS_OF_TOPICS.keys()
}
"""Everybody who acts on messages, by their topics."""

log = structlog.get_logger(__name__)


async def work_forever(settings: Settings, stopping: asyncio.Event) -> None:
    """Run every loop until `stopping` is set; a loop that fails takes the role down, to be started again."""
    api = await open_api(settings)
    try:
        async with asyncio.TaskGroup() as group:
            for loop in _loops(api, settings, stopping):
                group.create_task(_or_all_stop(loop, stopping))
    finally:
        await api.close()


def _loops(api: Api, settings: Settings, stopping: asyncio.Event) -> Iterator[Coroutine[None, None, None]]:
    rush = Rush(api.database)
    give_way = GiveWay(rush.give_way, settings.jobs_give_way_seconds)
    yield sweep_forever(api.database, stopping, partial(_tell_expired, api))
    yield beat_forever(api.database, stopping, api.hints.committed)
    yield reconcile_forever(api.database, api.cashier, stopping)
    yield pay_refunds_forever(api.database, api.providers, stopping)
    yield pay_back_forever(api.database, api.seats_changed, stopping)
    yield catch_up_forever(api.payments.notice_desk, stopping)
    yield Relay(api.database, api.valkey, TASKS_OF_TOPICS).run_forever(stopping)
    yield rush.watch_forever(stopping)
    yield JobRunner(api.database.url, _tasks(api), give_way=give_way).run_forever(stopping)
    yield line_keeper(api).run_forever(stopping)
    yield matcher(api).run_forever(stopping)
    yield seal_forever(api.database, stopping)
    yield deliver_forever(api.database, settings.smtp_url, stopping)
    yield _keep_house(api, settings, stopping)


async def _or_all_stop(loop: Coroutine[None, None, None], stopping: asyncio.Event) -> None:
    """Run a loop; if it fails all others stop. To cancel them is not enough: `rowlock.platform.tasks` says why."""
    try:
        await loop
    except BaseException:
        stopping.set()
        raise


def line_keeper(api: Api, draw: Draw | None = None) -> LineKeeper:
    """What keeps the waiting rooms' lines going, and draws them unless `draw` does."""
    room, sales = api.waiting_room, SaleSights(api.replica, api.facts)
    vitals, calm_seconds = VitalsReader(api.valkey), api.settings.queue_calm_seconds
    return LineKeeper(api.database, room.line, sales, vitals, draw or room.draws.draw, calm_seconds=calm_seconds)


def matcher(api: Api) -> Matcher:
    """What offers seats that came back to those on waiting lists."""
    seats = Seats(api.engine, api.replica, api.facts, api.charts)
    return Matcher(api.database, seats, api.waiting_room.watch, 60 * api.settings.waitlist_offer_minutes)


def _tasks(api: Api) -> list[Task]:
    """Everything that jobs are about."""
    return [
        *tickets.ticket_tasks(api.tickets.notices),
        *money.money_tasks(api.database, api.documents, api.providers.all()),
    ]


async def _tell_expired(api: Api, expired: int, events: list[int]) -> None:
    for event_id in events:
        api.hints.committed(event_id)
    metrics.HOLDS_EXPIRED.inc(expired)
    log.info("holds_expired", holds=expired, events=events)


async def _keep_house(api: Api, settings: Settings, stopping: asyncio.Event) -> None:
    """Forget what is over and done with, and give the signing keys their successors in time."""
    database = api.database
    while not stopping.is_set():
        try:
            await rerun(lambda: database.cold.execute(IDEMPOTENCY["forget_old_keys"], limits.IDEMPOTENCY_HOURS))
            await rerun(lambda: database.cold.execute(REVOCATIONS["forget_revocations"]))
            await forget_what_is_over(database)
            await forget_old_grants(database)
            await api.payments.notice_desk.forget()
            await rerun(lambda: api.people.forget_what_is_over(settings.ended_access_days))
            if await rotate_when_old(database, settings.signing_key_days, api.secrets):
                log.info("signing_keys_rotated")
        except DatabaseDown as error:
            log.warning("housekeeping_failed", error=str(error))
        try:
            await asyncio.wait_for(stopping.wait(), HOUSEKEEPING_SECONDS)
        except TimeoutError:
            continue
