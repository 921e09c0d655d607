"""Kill processes in the middle of a sale: what was acknowledged is there, and the sale goes on."""

import asyncio
import signal
import socket
from pathlib import Path

import psutil
from tests.faults.installation import STOP_SECONDS, Installation, api_process, up
from tests.faults.sale import SEATS_PER_ROW, Sale
from tests.house import House, small_plan

from rowlock.identity import open_signer
from rowlock.platform.postgres import Database

BUYERS = 30
PLAN = small_plan(rows=20, seats_per_row=SEATS_PER_ROW)


def _open_sale(shop: Installation) -> Sale:
    """An event of 1,000 seats on sale, and its buyers."""
    prices = ("--price", "VIP=95.00", "--price", "Regular=49.50")
    evening = ("--name", "Test night", "--starts-at", "2037-05-01T19:30:00+02:00")
    event_id = shop.rowlock("event", "create", *evening, "--plan", shop.import_plan(PLAN), *prices).strip()
    return Sale(event_id, shop.tokens("buyer", BUYERS))


async def _interrupt(sale: Sale, url: str, victim: psutil.Process) -> None:
    """Sell, and kill a process when half is sold."""
    selling = asyncio.create_task(sale.go_on(url))
    await sale.half_sold()
    assert sale.open > 0
    victim.kill()
    assert await selling > 0, "nobody noticed the kill, so it tested nothing"


async def test_a_killed_installation_starts_again_with_every_acknowledged_booking(tmp_path: Path) -> None:
    with up(tmp_path) as shop:
        sale = _open_sale(shop)
        await _interrupt(sale, shop.url, shop.process)
    with up(tmp_path) as shop:
        assert await sale.look(shop.url) > 0
        assert await sale.go_on(shop.url) == 0
        assert sale.open == 0
        shop.rowlock("verify")


def test_sigterm_ends_every_process_within_ten_seconds(tmp_path: Path) -> None:
    with up(tmp_path) as shop:
        family = [shop.process, *shop.process.children(recursive=True)]
        assert len(family) > 4
        shop.process.send_signal(signal.SIGTERM)
        _, left = psutil.wait_procs(family, STOP_SECONDS)
        assert left == []


async def test_sales_go_on_without_valkey(database_url: str, database: Database) -> None:
    house = await House.open(database, PLAN)
    signer = await open_signer(database)
    sale = Sale(str(house.event_id), [signer.issue(f"buyer:{number}", "buyer") for number in range(BUYERS)])
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        valkey_url = f"valkey://127.0.0.1:{dead.getsockname()[1]}/0"
        with api_process(database_url, valkey_url) as (url, _):
            assert await sale.go_on(url) == 0
            assert sale.open == 0
            await sale.look(url)
    assert await house.broken() == []
