"""One stand-in for all tests here."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from stripe import StripeClient
from tests.standin import StandInProcess, stripe_client


@pytest.fixture
async def stripe(standin: StandInProcess) -> AsyncIterator[StripeClient]:
    """Stripe's SDK on a stand-in that behaves."""
    standin.misbehave()
    async with stripe_client(standin) as client:
        yield client


@pytest.fixture
def own_standin(tmp_path: Path) -> Iterator[Callable[..., StandInProcess]]:
    """Starts stand-ins of the test's own, with options, and stops them."""
    started: list[StandInProcess] = []

    def start(*options: str) -> StandInProcess:
        started.append(StandInProcess(tmp_path / f"journal{len(started)}", *options).start())
        return started[-1]

    yield start
    for process in started:
        process.stop()
