"""`rowlock up`: servers, migrations, demo data, then the roles as processes that are kept running."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, NamedTuple

import click
import msgspec
from prometheus_client.multiprocess import mark_process_dead

from rowlock.cli.installation import VerbFault, data_option, one_line_faults, with_own_keys
from rowlock.cli.standin import payment_environment, standin_address, with_standin
from rowlock.demo.fill import fill_demo
from rowlock.platform.embedded import EmbeddedServers, default_data_folder
from rowlock.platform.embedded.process import ends_with_parent
from rowlock.platform.postgres.migrate import migrate
from rowlock.settings import Settings, load_settings

START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 6.0
LOOK_SECONDS = 0.1
"""How soon it is noticed that something ended."""
LIFE_SECONDS_MIN = 1.0
"""A role that ended sooner after its start is started again only then, so that one with a fault does not spin."""
LOG_BYTES_MAX = 64 * 1024 * 1024
BACKLOG = 2048


StandInFace = Literal["stripe", "razorpay"]


class UpOptions(msgspec.Struct, frozen=True):
    """What `up` was asked for."""

    data: Path
    host: str
    port: int
    workers: int
    gateways: int
    demo: bool
    payments: StandInFace | None
    """The provider whose stand-in takes payments; None: whoever the settings name."""


class InboxDoors(NamedTuple):
    """Where the inbox that stands in for a mail server listens: for mails, and for who reads them."""

    smtp: socket.socket
    web: socket.socket


class Supervisor:
    """Keeps one installation running until SIGTERM or SIGINT."""

    def __init__(self, options: UpOptions, settings: Settings) -> None:
        self._options = options
        self._settings = settings
        self._stopping = threading.Event()
        self._roles: dict[str, subprocess.Popen[bytes]] = {}
        self._started_at: dict[str, float] = {}
        self._servers: EmbeddedServers | None = None
        self._live_posts: dict[str, Path] = {}
        self._inbox: InboxDoors | None = None
        self._standin: socket.socket | None = None

    def run(self) -> None:
        """Start, say so, keep going, stop in order."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self._stopping.set())
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(self._listener())
            settings = self._with_inbox(stack, with_own_keys(self._with_servers(stack), self._options.data))
            settings = self._with_standin(stack, settings, _base_url(listener))
            migrate(str(settings.database_url))
            if self._options.demo:
                fill_demo(settings)
            if self._stopping.is_set():
                return
            posts = stack.enter_context(tempfile.TemporaryDirectory(prefix="rowlock-"))  # a socket's path must be short
            names = [f"live-{number + 1}" for number in range(self._options.gateways)]
            self._live_posts = {name: Path(posts) / name for name in names}
            stack.callback(self._stop_roles)
            self._start_roles(settings, listener)
            self._await_ready(listener)
            self._greet(listener)
            self._keep_running(settings, listener)

    @contextlib.contextmanager
    def _listener(self) -> Iterator[socket.socket]:
        """The listening socket all api processes share; taken first, so a taken port is known at once."""
        host, port = self._options.host, self._options.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((host, port))
            except OSError as error:
                reason = error.strerror
                raise VerbFault(f"cannot listen on {host}:{port}: {reason}; choose another with --port") from error
            listener.listen(BACKLOG)
            yield listener

    def _with_servers(self, stack: contextlib.ExitStack) -> Settings:
        """Settings with both URLs; embedded servers stand in for what is not configured."""
        settings = self._settings
        if settings.database_url is not None:
            return settings
        self._servers = EmbeddedServers()
        stack.callback(self._servers.stop)
        started = self._servers.start(self._options.data)
        valkey_url = settings.valkey_url or started.valkey_url
        return msgspec.structs.replace(settings, database_url=started.database_url, valkey_url=valkey_url)

    def _with_inbox(self, stack: contextlib.ExitStack, settings: Settings) -> Settings:
        """Settings with a mail server: without one, an inbox on this machine stands in."""
        if settings.smtp_url:
            return settings
        smtp, web = (stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2))
        self._inbox = InboxDoors(smtp, web)
        return msgspec.structs.replace(settings, smtp_url=f"smtp://127.0.0.1:{smtp.getsockname()[1]}")

    def _with_standin(self, stack: contextlib.ExitStack, settings: Settings, url: str) -> Settings:
        """Settings whose payments go to a stand-in on this machine, when one was asked for."""
        if self._options.payments is None:
            return settings
        self._standin = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        return with_standin(
            settings, self._options.payments, standin_address(self._standin), public_url=settings.public_url or url
        )

    def _start_roles(self, settings: Settings, listener: socket.socket) -> None:
        for name in self._live_posts:
            self._start(name, settings, listener)
        for number in range(self._options.workers):
            self._start(f"api-{number + 1}", settings, listener)
        self._start("worker", settings, listener)
        if self._inbox is not None:
            self._start("inbox", settings, listener)
        if self._standin is not None:
            self._start("payments", settings, listener)

    def _start(self, name: str, settings: Settings, listener: socket.socket) -> None:
        self._started_at[name] = time.monotonic()
        with self._log_file().open("ab") as log:
            self._roles[name] = subprocess.Popen(
                [sys.executable, "-m", "rowlock", *self._arguments(name, listener)],
                env=self._environment(settings) | self._own_address(name, settings, listener),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self._doors(name, listener),
                start_new_session=True,
                preexec_fn=ends_with_parent(os.getpid(), signal.SIGTERM),  # noqa: PLW1509 - two system calls, no allocation
            )

    def _doors(self, name: str, listener: socket.socket) -> tuple[int, ...]:
        """The listening sockets that a role is given."""
        if name == "inbox" and self._inbox is not None:
            return tuple(door.fileno() for door in self._inbox)
        if name == "payments" and self._standin is not None:
            return (self._standin.fileno(),)
        return (listener.fileno(),) if name.startswith("api") else ()

    def _arguments(self, name: str, listener: socket.socket) -> list[str]:
        """Every connection comes in at the api; those that stream are passed on to the live role."""
        if name in self._live_posts:
            return ["live", "--post", str(self._live_posts[name])]
        if name == "worker":
            return ["worker"]
        if name == "inbox":
            return ["inbox", *(word for door in self._doors(name, listener) for word in ("--fd", str(door)))]
        if name == "payments":
            hook = f"--{self._options.payments}-webhook"
            journal = str(self._options.data / "payments.journal")
            address = f"{_base_url(listener)}/api/v1/payments/webhooks/{self._options.payments}"
            door = str(self._doors(name, listener)[0])
            return ["dev", "payments", "--fd", door, "--journal", journal, hook, address]
        posts = [word for post in self._live_posts.values() for word in ("--live", str(post))]
        return ["api", "--fd", str(listener.fileno()), *posts]

    def _own_address(self, name: str, settings: Settings, listener: socket.socket) -> dict[str, str]:
        """For links in the worker's mails, which no request tells where we are: ours on this machine if none is set."""
        local = ip_address(listener.getsockname()[0]).is_loopback
        return (
            {"ROWLOCK_PUBLIC_URL": _base_url(listener)}
            if name == "worker" and local and not settings.public_url
            else {}
        )

    def _environment(self, settings: Settings) -> dict[str, str]:
        if not self._roles:
            shutil.rmtree(self._metrics_folder, ignore_errors=True)
            self._metrics_folder.mkdir(parents=True)
        ours = {
            "DATABASE_URL": str(settings.database_url),
            "VALKEY_URL": settings.valkey_url or "",
            "ROWLOCK_SECRET_KEYS": settings.secret_keys,
            "ROWLOCK_SMTP_URL": settings.smtp_url,
            "PROMETHEUS_MULTIPROC_DIR": str(self._metrics_folder),
            **(payment_environment(settings) if self._standin is not None else {}),
        }
        files = {f"{name}_FILE": "" for name in ours}  # what stood in them is known by now
        return {**os.environ, **files, **ours}

    @property
    def _metrics_folder(self) -> Path:
        return self._options.data / "metrics"

    def _log_file(self) -> Path:
        logs = self._options.data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        path = logs / "rowlock.log"
        if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
            path.replace(logs / "rowlock.log.1")
        return path

    def _await_ready(self, listener: socket.socket) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._stopping.is_set():
            ended = next((name for name, role in self._roles.items() if role.poll() is not None), None)
            if ended is not None:
                raise VerbFault(f"the {ended} process ended while starting; its last words are in {self._log_file()}")
            if all(post.exists() for post in self._live_posts.values()) and _answers_ready(listener):
                return
            if time.monotonic() > deadline:
                raise VerbFault(f"not ready within {START_SECONDS_MAX:.0f} s; see {self._log_file()}")
            self._stopping.wait(0.05)

    def _greet(self, listener: socket.socket) -> None:
        url = _base_url(listener)
        click.echo(f"ready {url}")
        click.echo(f"  storefront  {url}/\n  API docs    {url}/docs\n  log         {self._log_file()}")
        if self._inbox is not None:
            click.echo(f"  mail inbox  {_base_url(self._inbox.web)}/")
        if self._standin is not None:
            click.echo(f"  payments    {standin_address(self._standin)}/control")
        sys.stdout.flush()

    def _keep_running(self, settings: Settings, listener: socket.socket) -> None:
        """Start again whatever ends, servers first; end when a server cannot be started again."""
        while not self._stopping.wait(LOOK_SECONDS):
            if self._servers is not None and (fault := self._servers.fault()) is not None:
                click.echo(f"rowlock: {fault}; starting it again", err=True)
                self._servers.revive()
            for name, role in list(self._roles.items()):
                if role.poll() is not None and self._rested(name) and not self._stopping.is_set():
                    mark_process_dead(role.pid, str(self._metrics_folder))  # type: ignore[no-untyped-call]
                    click.echo(f"rowlock: {name} ended with {role.returncode}; starting it again", err=True)
                    self._start(name, settings, listener)

    def _rested(self, name: str) -> bool:
        return time.monotonic() - self._started_at[name] >= LIFE_SECONDS_MIN

    def _stop_roles(self) -> None:
        for role in self._roles.values():
            role.terminate()
        deadline = time.monotonic() + STOP_SECONDS_MAX
        for role in self._roles.values():
            try:
                role.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                role.kill()
                role.wait()


def _base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104  # nosec B104  a wildcard is no address to visit
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _answers_ready(listener: socket.socket) -> bool:
    host, port = _base_url(listener).removeprefix("http://").rsplit(":", 1)
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@click.command()
@click.option("--demo", is_flag=True, help="Fill an empty installation with venues and events to try.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 picks a free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes of the api role.")
@click.option(
    "--gateways", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes of the live role."
)
@click.option(
    "--payments", type=click.Choice(["stripe", "razorpay"]), help="Take payments by a stand-in of this provider."
)
@data_option
@one_line_faults
def up(
    *, demo: bool, host: str, port: int, workers: int, gateways: int, payments: StandInFace | None, data: Path | None
) -> None:
    """Run everything on this machine: servers, api, live, worker. Prints `ready URL` when it serves."""
    options = UpOptions(data or default_data_folder(), host, port, workers, gateways, demo, payments)
    Supervisor(options, load_settings()).run()
