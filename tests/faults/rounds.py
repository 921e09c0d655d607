"""Rounds of a sale under blows, each judged three ways: the proof of the ledger, the history of what shoppers were
told, and the shoppers' own surprise at an answer that changed."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec
from tests.faults.blows import BLOWS, Blow, Scene, lasts
from tests.faults.installation import Installation
from tests.faults.proxy import proxy_to
from tests.faults.shopper import PATIENCE_SECONDS, Shopper, line_to
from tests.history.calls import Call
from tests.history.checker import faults
from tests.history.register import Terms
from tests.house import PRICES, small_plan

from rowlock.identity import TokenSigner, open_signer
from rowlock.inventory.proof import verify_events
from rowlock.platform.postgres import open_database
from rowlock.seating import write_plan

SHOPPERS = 16
PLAN = small_plan(rows=10, seats_per_row=12)
SEATS = [f"S-{row + 1}-{place + 1}" for row in range(10) for place in range(12)]
HOLD_SECONDS = 2
TERMS = Terms(HOLD_SECONDS, stale_seconds=0.1)
BLOWS_PER_ROUND = 3
RECOVERY_SECONDS_MAX = 15.0
CALM_SECONDS_MAX = 0.4
"""The longest time between two blows, once the first is got over."""
LOOK_SECONDS = 0.02
SHORT_HOLDS = """
ALTER TABLE event_inventory DROP CONSTRAINT IF EXISTS event_inventory_hold_seconds_check;
UPDATE event_inventory SET hold_seconds = %d WHERE event_id = %s
"""
"""The shortest hold a house may set is a minute; this one breaks the rule, so that a round lasts seconds."""


class Struck(msgspec.Struct):
    """One blow, and how long until every role ran and answered again."""

    blow: Blow
    recovery_seconds: float


class Score(msgspec.Struct):
    """What became of one round."""

    struck: list[Struck]
    calls: list[Call]
    faults: list[str]

    @property
    def kills(self) -> int:
        """How many processes died."""
        return sum(struck.blow.kills for struck in self.struck)

    @property
    def acknowledged(self) -> int:
        """Calls that were answered with success."""
        return sum(call.word == "done" for call in self.calls)

    @property
    def unknown(self) -> int:
        """Calls whose shoppers never learnt what became of them."""
        return sum(call.word is None for call in self.calls)


class Arena:
    """An installation with a plan and shoppers, to be struck round after round."""

    def __init__(self, shop: Installation, signer: TokenSigner) -> None:
        self._shop = shop
        self._organiser = line_to(shop.url, signer.issue("organiser:test", "organiser"))
        self._buyers = [signer.issue(f"buyer:{number}", "buyer") for number in range(SHOPPERS)]
        self._roles = len(shop.roles("api")) + len(shop.roles("worker"))
        self._plan_id = ""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, shop: Installation) -> AsyncIterator[Self]:
        """Import the plan."""
        database = await open_database(shop.servers.database_url, hot=1, cold=1)
        arena = cls(shop, await open_signer(database, shop.secrets))
        await database.close()
        async with arena._organiser:
            arena._plan_id = await arena._create("/plans", "planId", write_plan(PLAN))
            yield arena

    async def round(self, dice: random.Random, blows: int = BLOWS_PER_ROUND) -> Score:
        """A new event; shoppers crowd on it while blows fall; then every answer is looked at."""
        event_id = await self._open_sale()
        closing = asyncio.Event()
        address = urlsplit(self._shop.url)
        assert address.hostname is not None
        assert address.port is not None
        async with proxy_to(address.hostname, address.port) as proxy:
            url = f"http://127.0.0.1:{proxy.port}"
            shoppers = [
                Shopper(line_to(url, token), event_id, SEATS, random.Random(dice.getrandbits(64)), closing)
                for token in self._buyers
            ]
            async with asyncio.TaskGroup() as shopping:
                for shopper in shoppers:
                    shopping.create_task(shopper.shop())
                struck = [await self._strike(Scene(self._shop, proxy, dice, closing)) for _ in range(blows)]
                closing.set()
            await shoppers[0].read_map()
            await asyncio.gather(*(shopper.leave() for shopper in shoppers))
        calls = [call for shopper in shoppers for call in shopper.calls]
        surprises = [fault for shopper in shoppers for fault in shopper.faults]
        unproven = await self._unproven(int(event_id))
        return Score(struck, calls, surprises + unproven + await asyncio.to_thread(faults, calls, TERMS))

    async def _strike(self, scene: Scene) -> Struck:
        await lasts(scene.closing, scene.dice.uniform(0, CALM_SECONDS_MAX))
        [blow] = scene.dice.choices(BLOWS, [blow.weight for blow in BLOWS])
        started = time.monotonic()
        await blow.strike(scene)
        await asyncio.wait_for(self._recovered(scene.closing), RECOVERY_SECONDS_MAX)
        return Struck(blow, time.monotonic() - started)

    async def _recovered(self, closing: asyncio.Event) -> None:
        """Return when every role runs and the installation says that it is ready."""
        async with httpx.AsyncClient(base_url=self._shop.url, timeout=1.0) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    everyone = len(self._shop.roles("api")) + len(self._shop.roles("worker")) == self._roles
                    answer = await client.get("/readyz")
                    if everyone and answer.status_code == 200 and answer.json()["valkey"] == "ok":
                        return
                await lasts(closing, LOOK_SECONDS)

    async def _open_sale(self) -> str:
        starts_at = datetime.now(UTC) + timedelta(days=30)
        body = {
            "name": "Test night", "startsAt": starts_at.isoformat(), "timezone": "Europe/Berlin",
            "planId": self._plan_id, "currency": "EUR", "prices": PRICES,
        }  # fmt: skip
        event_id = await self._create("/events", "id", msgspec.json.encode(body))
        async with self._connected() as connection:
            await connection.execute(SHORT_HOLDS % (HOLD_SECONDS, event_id))
        return event_id

    async def _create(self, path: str, id_name: str, body: bytes) -> str:
        headers = {"Content-Type": "application/json"}
        answer = await self._organiser.post(path, content=body, headers=headers, timeout=PATIENCE_SECONDS)
        assert answer.status_code == 201, answer.text
        created: str = answer.json()[id_name]
        return created

    async def _unproven(self, event_id: int) -> list[str]:
        """The invariants of this event that do not hold."""
        async with self._connected() as connection:
            findings = [finding async for finding in verify_events(connection, event_id)]
        return [f"{finding.check}: {', '.join(finding.faults)}" for finding in findings if not finding.holds]

    @contextlib.asynccontextmanager
    async def _connected(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        connection = await asyncpg.connect(self._shop.servers.database_url)
        try:
            yield connection
        finally:
            await connection.close()
