"""`python -m tests.checkouts --checkouts 10000`: buyers, blows and bad webhooks; exit 1 when a cent is missing."""

import asyncio
import os
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import click
import httpx
from tests.checkouts.buyer import Buyer
from tests.checkouts.judge import Verdict, judge
from tests.checkouts.trouble import Trouble
from tests.faults.installation import Installation, up
from tests.house import PRICES, small_plan
from tests.standin import StandInProcess

from rowlock.standin import STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET

ROWS, SEATS_PER_ROW = 120, 100
BUYERS = 96
HOT_SEATS = 400
HOT_SHARE = 0.25
HOLD_SECONDS = 6
SHORT_HOLDS = """
ALTER TABLE event_inventory DROP CONSTRAINT IF EXISTS event_inventory_hold_seconds_check;
UPDATE event_inventory SET hold_seconds = %d
"""


@click.command()
@click.option("--checkouts", default=10_000, show_default=True)
@click.option("--seed", type=int, help="Else one is drawn and printed.")
def main(checkouts: int, seed: int | None) -> None:
    """Sell under blows, then compare the books."""
    seed = random.SystemRandom().randrange(10**9) if seed is None else seed
    dice, seen = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="rowlock-checkouts-") as folder, world(Path(folder)) as (shop, provider):
        started = time.monotonic()
        verdict = asyncio.run(_sell(shop, provider, checkouts, dice, seen))
        verified = shop.tried("verify")
        took = time.monotonic() - started
    for what, times in sorted(seen.items(), key=lambda one: -one[1]):
        click.echo(f"{times:>7,}  {what}")
    click.echo(f"{checkouts:,} checkouts in {took:.0f} s, {verdict.payments:,} payments, seed {seed}")
    click.echo(f"taken {verdict.taken / 100:,.2f}, given back {verdict.given_back / 100:,.2f}")
    click.echo(
        f"everything settled {verdict.settled_seconds:.1f} s after the last blow; {verified.stdout.splitlines()[-1]}"
    )
    faults = verdict.faults if verified.returncode == 0 else [*verdict.faults, verified.stdout, verified.stderr]
    faults += [f"{times} calls were {what}" for what, times in seen.items() if what == "answered 500"]
    if faults:
        sys.exit("\n".join([f"{len(faults)} faults:", *faults[:40]]))
    click.echo("not one charge without seats or refund, not one seat without a charge; the books agree to the cent")


@contextmanager
def world(folder: Path) -> Iterator[tuple[Installation, StandInProcess]]:
    """The stand-in and an installation that takes its payments there."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    hook = f"http://127.0.0.1:{port}/api/v1/payments/webhooks/stripe"
    provider = StandInProcess(folder / "provider.journal", "--stripe-webhook", hook).start()
    os.environ |= {
        "ROWLOCK_PAYMENT_PROVIDER": "stripe",
        "ROWLOCK_STRIPE_SECRET_KEY": STRIPE_SECRET_KEY,
        "ROWLOCK_STRIPE_WEBHOOK_SECRET": STRIPE_WEBHOOK_SECRET,
        "ROWLOCK_STRIPE_API": f"{provider.url}/stripe",
        "ROWLOCK_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ROWLOCK_PAYMENT_UNKNOWN_SECONDS": "8",
        "ROWLOCK_PAYMENT_CHALLENGE_SECONDS": "6",
    }
    try:
        with up(folder, port=port) as shop:
            yield shop, provider
    finally:
        provider.stop()


async def _sell(
    shop: Installation, provider: StandInProcess, checkouts: int, dice: random.Random, seen: Counter[str]
) -> Verdict:
    event_id, seat_ids = await _open_sale(shop)
    tokens = shop.tokens("buyer", BUYERS)
    left, closing = iter(range(checkouts)), asyncio.Event()

    async def shopping(token: str) -> None:
        buyer = Buyer(shop.url, token, random.Random(dice.getrandbits(64)), seen, closing)
        for number in left:
            if number % 500 == 0:
                click.echo(f"{number:>7,} of {checkouts:,} checkouts begun", err=True)
            where = seat_ids[:HOT_SEATS] if dice.random() < HOT_SHARE else seat_ids
            await buyer.check_out(event_id, dice.sample(where, dice.randint(1, 3)))
        await buyer.close()

    trouble = asyncio.create_task(Trouble(shop, provider, dice, seen).go_on(closing))
    await asyncio.gather(*(shopping(token) for token in tokens))
    closing.set()
    await trouble
    return await judge(shop.servers.database_url, provider)


async def _open_sale(shop: Installation) -> tuple[str, list[str]]:
    """An event of 12,000 seats whose holds are over soon."""
    plan_id = shop.import_plan(small_plan(rows=ROWS, seats_per_row=SEATS_PER_ROW))
    body = {
        "name": "Under blows", "startsAt": (datetime.now(UTC) + timedelta(days=30)).isoformat(), "currency": "EUR",
        "timezone": "Europe/Berlin", "planId": plan_id, "prices": PRICES,
        "fees": {"perTicket": "1.50", "perOrder": "2.00"}, "tax": {"rate": "19", "included": True},
    }  # fmt: skip
    token = shop.tokens("organiser", 1)[0]
    async with httpx.AsyncClient(base_url=shop.url, headers={"Authorization": f"Bearer {token}"}) as line:
        made = await line.post("/api/v1/events", json=body)
        assert made.status_code == 201, made.text
        event_id = str(made.json()["id"])
        plan = (await line.get(f"/api/v1/events/{event_id}/plan")).json()
    connection = await asyncpg.connect(shop.servers.database_url)
    await connection.execute(SHORT_HOLDS % HOLD_SECONDS)
    await connection.close()
    return event_id, [seat["id"] for seat in plan["seats"]]


if __name__ == "__main__":
    main()
