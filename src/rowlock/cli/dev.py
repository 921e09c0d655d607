"""`rowlock dev`: programs that stand in for other people's while Rowlock is developed or tried out."""

import asyncio
import signal
import socket
from pathlib import Path

import click

from rowlock.cli.installation import VerbFault, one_line_faults
from rowlock.platform.telemetry.logs import configure_logs
from rowlock.standin import StandIn, Webhooks


@click.group()
def dev() -> None:
    """Stand-ins for this machine, never for production."""


@dev.command()
@click.option("--port", type=click.IntRange(0, 65535), default=9300, show_default=True, help="0: any free one.")
@click.option("--fd", type=int, hidden=True, help="A listening socket inherited from whoever starts this.")
@click.option("--stripe-webhook", multiple=True, metavar="URL", help="Where Stripe's events go; may be repeated.")
@click.option("--razorpay-webhook", multiple=True, metavar="URL", help="Where Razorpay's events go; may be repeated.")
@click.option(
    "--journal", type=click.Path(dir_okay=False, path_type=Path), help="A file, so that nothing is forgotten."
)
@one_line_faults
def payments(
    port: int, fd: int | None, stripe_webhook: tuple[str, ...], razorpay_webhook: tuple[str, ...], journal: Path | None
) -> None:
    """Stand in for Stripe and Razorpay, with a payment page. Prints one line `ready ADDRESS` when it serves.

    Rowlock uses it with ROWLOCK_STRIPE_API=ADDRESS/stripe or ROWLOCK_RAZORPAY_API=ADDRESS/razorpay: docs/payments.md.
    """
    configure_logs("info", "payments")
    try:
        listener = socket.socket(fileno=fd) if fd is not None else socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise VerbFault(f"port {port}: {error.strerror}") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else answers on a kept connection wait 40 ms
    asyncio.run(_serve(listener, Webhooks(stripe_webhook, razorpay_webhook), journal))


async def _serve(listener: socket.socket, webhooks: Webhooks, journal: Path | None) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    address = f"http://localhost:{listener.getsockname()[1]}"
    click.echo(f"ready {address}")
    await StandIn(address, webhooks=webhooks, journal=journal).serve(listener, stopping)
