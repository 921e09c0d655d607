"""A whole installation, started the way a visitor of the project starts it, and a browser to visit it with."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import Browser, async_playwright, expect
from tests.e2e.browser import launch_options
from tests.e2e.organiser import put_on_sale
from tests.e2e.visitor import Arrivals, Visitor

ANSWER_MS = 15_000
"""How long a page may take to show what a test expects: long, for machines busy with other things."""
STOP_S = 30

expect.set_options(timeout=ANSWER_MS)


class Shop(NamedTuple):
    """A running installation."""

    url: str
    data: Path
    pid: int
    inbox: str

    def verify(self) -> subprocess.CompletedProcess[str]:
        """`rowlock verify`: the ledger replayed and every invariant checked."""
        command = [sys.executable, "-m", "rowlock", "verify", "--data", str(self.data)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment())


def environment() -> dict[str, str]:
    """Without the limits on one address, which all visitors here share, and with servers of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "VALKEY_URL"}}
    limits = ("BOOKING_ATTEMPTS", "REQUESTS", "SIGN_INS", "SIGN_INS_PER_NETWORK")
    return inherited | {f"ROWLOCK_{name}_PER_MINUTE": "0" for name in limits}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """`rowlock up --demo`, stopped after the last test."""
    data = tmp_path_factory.mktemp("shop")
    command = [sys.executable, "-m", "rowlock", "up", "--demo", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as running:
        assert running.stdout is not None
        first_line = running.stdout.readline()
        assert first_line.startswith("ready "), f"rowlock up did not start: {first_line!r}"
        inbox = next(line for line in running.stdout if "mail inbox" in line).split()[-1]
        yield Shop(first_line.split()[1], data, running.pid, inbox)
        running.terminate()
        running.wait(STOP_S)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the run; every visitor has a profile of their own in it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


@pytest.fixture(scope="session", autouse=True)
async def minute_long_hold(browser: Browser, shop: Shop) -> AsyncIterator[Visitor]:
    """Somebody who took a seat for one minute when the run began: the last test sees it end, and nobody has to wait."""
    door = Arrivals(browser, shop.url)
    visitor = await door.visitor()
    await visitor.page.goto(f"/events/{put_on_sale(shop.url, shop.data, holdSeconds=60)}")
    await visitor.map_drawn()
    await visitor.open_section("Stalls")
    await visitor.seat("Stalls", "A", 1).click()
    await visitor.hold()
    yield visitor
    await door.close()
    assert door.errors == []


@pytest.fixture
async def arrivals(browser: Browser, shop: Shop) -> AsyncIterator[Arrivals]:
    """Lets visitors in; at the end none of their pages may have thrown an error."""
    door = Arrivals(browser, shop.url)
    yield door
    await door.close()
    assert door.errors == []
