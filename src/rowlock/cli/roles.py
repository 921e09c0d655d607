"""The roles (`api`, `live`, `worker`) and what goes before them (`migrate`, `check`)."""

import asyncio
import gc
import signal
import socket
import uuid
from collections.abc import Coroutine, Iterator
from pathlib import Path

import click
import msgspec
import uvicorn
import uvloop
from valkey import Valkey
from valkey.exceptions import ValkeyError

from rowlock.app import Api, open_api, serving
from rowlock.cli.installation import VerbFault, database_of, json_option, one_line_faults
from rowlock.cli.supervisor import BACKLOG
from rowlock.live.role import open_live
from rowlock.payments import OutcomeUnknown
from rowlock.payments.providers.setup import open_providers
from rowlock.platform.http.handover import HandoverDoor
from rowlock.platform.mail.inbox import serve_inbox
from rowlock.platform.postgres.migrate import check_schema, migrate
from rowlock.platform.tasks import end
from rowlock.platform.telemetry.logs import configure_logs
from rowlock.settings import Settings, load_settings
from rowlock.waiting_room.overflow import Overflow
from rowlock.waiting_room.vitals import VitalsTeller
from rowlock.worker import work_forever

POST_PATH = click.Path(path_type=Path)
COLLECTION_THRESHOLDS = (50_000, 10, 50)
"""Cycles are few and die young; a full collection stops a busy api process for as long as fifty holds take."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option("--fd", type=int, hidden=True, help="A listening socket inherited from `up`.")
@click.option(
    "--live", "live_posts", type=POST_PATH, multiple=True, hidden=True, help="Where live processes take over."
)
@one_line_faults
def api(host: str, port: int, fd: int | None, live_posts: tuple[Path, ...]) -> None:
    """Run one process of the api role; needs DATABASE_URL, uses VALKEY_URL."""
    settings = _needs_database()
    configure_logs(settings.log_level, "api")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # uvicorn's own choice of loop comes too late
        runner.run(_serve(settings, host, port, fd, live_posts))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8081, show_default=True)
@click.option("--fd", type=int, hidden=True, help="A listening socket inherited from whoever starts this.")
@click.option("--post", type=POST_PATH, hidden=True, help="Where `up` has api processes pass connections on to.")
@one_line_faults
def live(host: str, port: int, fd: int | None, post: Path | None) -> None:
    """Run one gateway of the live role: seat streams. Needs DATABASE_URL, uses VALKEY_URL; any number will do."""
    settings = _needs_database()
    configure_logs(settings.log_level, "live")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_stream(settings, host, port, fd, post))


@click.command()
@one_line_faults
def worker() -> None:
    """Run the worker role: expiry, payments, housekeeping. Needs DATABASE_URL; several do no harm."""
    settings = _needs_database()
    configure_logs(settings.log_level, "worker")
    asyncio.run(_work(settings))


@click.command(hidden=True)
@click.option(
    "--fd", "doors", type=int, multiple=True, required=True, help="Listening sockets: for mails, for the page."
)
@one_line_faults
def inbox(doors: tuple[int, ...]) -> None:
    """Stand in for a mail server on this machine, for `rowlock up` without one."""
    smtp, web = (socket.socket(fileno=door) for door in doors)
    configure_logs("info", "inbox")
    asyncio.run(_receive(smtp, web))


@click.command("migrate")
@one_line_faults
def migrate_verb() -> None:
    """Bring the database of DATABASE_URL to the schema of this release."""
    settings = load_settings()
    if settings.database_url is None:
        raise VerbFault("set DATABASE_URL; embedded installations are migrated by `rowlock up`")
    click.echo(f"schema is at revision {migrate(settings.database_url)}")


@click.command()
@json_option
@one_line_faults
def check(as_json: bool) -> None:
    """Check the configuration and every dependency; exit 1 with the reason."""
    settings = _needs_database()
    found = {"database": f"schema revision {check_schema(str(settings.database_url))}"}
    if settings.valkey_url is None:
        found["valkey"] = "not configured; each process keeps its own rate limits"
    else:
        try:
            Valkey.from_url(settings.valkey_url, socket_timeout=2, socket_connect_timeout=2).ping()
        except (ValkeyError, OSError) as error:
            raise VerbFault(f"VALKEY_URL: {error}") from error
        found["valkey"] = "ok"
    found["secrets"] = "ok" if settings.secret_keys else "no keys; what needs them is refused"
    found["mail"] = "configured" if settings.smtp_url else "not configured; mails wait a day for ROWLOCK_SMTP_URL"
    found["payments"] = asyncio.run(_reach_payments(settings))
    found["settings"] = "ok"
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        for name, state in found.items():
            click.echo(f"{name:<10} {state}")


async def _reach_payments(settings: Settings) -> str:
    """Whether every provider that is set up answers to our keys."""
    async with database_of(settings) as database:
        opened = open_providers(settings, database)
        try:
            for provider in opened.outside:
                await provider.reach()
        except OutcomeUnknown as error:
            raise VerbFault(f"payments: {error}") from error
        finally:
            await opened.close()
    if settings.payment_provider == "mock":
        return "the built-in provider; no money moves"
    webhooks = "webhooks too" if settings.payment_provider in opened.readers else "no webhook secret: slower to learn"
    return f"{settings.payment_provider} answers; {webhooks}"


def _needs_database() -> Settings:
    settings = load_settings()
    if settings.database_url is None:
        raise VerbFault("set DATABASE_URL (`rowlock up` runs embedded servers and needs none)")
    return settings


async def _serve(settings: Settings, host: str, port: int, fd: int | None, live_posts: tuple[Path, ...]) -> None:
    assert settings.database_url is not None
    await asyncio.to_thread(check_schema, settings.database_url)
    running = await open_api(settings)
    listener = socket.socket(fileno=fd) if fd is not None else None
    door = HandoverDoor(live_posts) if live_posts else None
    config = serving(running, host=host, port=port, live_door=door)
    _keep_out_of_collections()
    beside = [asyncio.create_task(loop) for loop in _beside(running)]
    try:
        await uvicorn.Server(config).serve(sockets=[listener] if listener is not None else None)
    finally:
        await end(*beside)
        await running.close()


def _beside(api: Api) -> Iterator[Coroutine[None, None, None]]:
    """What a process that serves people does beside that, until it ends."""
    yield VitalsTeller(api.valkey, uuid.uuid4().hex).run_forever(asyncio.Event())
    if api.settings.queue_by_load:
        room = api.waiting_room
        room.doorman.overflow = Overflow(room.control, lambda: api.bots.surge.by_load)
        yield room.doorman.overflow.run_forever()


async def _stream(settings: Settings, host: str, port: int, fd: int | None, post: Path | None) -> None:
    await asyncio.to_thread(check_schema, str(settings.database_url))
    listener = socket.socket(fileno=fd) if fd is not None else None
    if listener is None and post is None:
        listener = socket.create_server(
            (host, port), backlog=BACKLOG, family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    stopping, role = _stopping(), await open_live(settings)
    try:
        await role.serve(stopping, listener=listener, post=post)
    finally:
        await role.close()


def _keep_out_of_collections() -> None:
    """What is here now stays to the end: going through it again in every full collection stops a sale for 100 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTION_THRESHOLDS)


async def _work(settings: Settings) -> None:
    await work_forever(settings, _stopping())


async def _receive(smtp: socket.socket, web: socket.socket) -> None:
    await serve_inbox(smtp, web, _stopping())


def _stopping() -> asyncio.Event:
    """Set at the signal to stop."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping
