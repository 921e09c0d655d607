"""What goes wrong meanwhile: killed processes, a provider that fails, hangs and forgets, webhooks in disorder."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable

import httpx
import psutil
from tests.faults.blows import lasts
from tests.faults.installation import Installation
from tests.standin import StandInProcess

SWITCH_SECONDS = (0.5, 3.0)
KILL_SECONDS = (1.0, 6.0)


class Trouble:
    """Makes trouble until it is told to stop; then everything behaves."""

    def __init__(self, shop: Installation, provider: StandInProcess, dice: random.Random, seen: Counter[str]) -> None:
        self._shop = shop
        self._provider = provider
        self._dice = dice
        self._seen = seen

    async def go_on(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set."""
        await asyncio.gather(
            self._again_and_again(self._kill, KILL_SECONDS, stopping),
            self._again_and_again(self._switch, SWITCH_SECONDS, stopping),
        )
        await asyncio.to_thread(self._calm_down)

    async def _again_and_again(
        self, trouble: Callable[[], None], seconds: tuple[float, float], stopping: asyncio.Event
    ) -> None:
        while not stopping.is_set():
            await asyncio.to_thread(trouble)
            await lasts(stopping, self._dice.uniform(*seconds))

    def _kill(self) -> None:
        victim = self._dice.choice(["api", "worker", "provider", "backend"])
        self._seen[f"killed: {victim}"] += 1
        if victim == "provider":
            self._provider.kill()
            self._provider.start()
            return
        victims = self._shop.backends() if victim == "backend" else self._shop.roles(victim)
        if victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._dice.choice(victims).kill()

    def _switch(self) -> None:
        letters = self._dice.choice(["lost", "copied", "delayed", "held", "turned round", "sound"])
        calls = self._dice.choice(["sound", "sound", "sound", "fail before", "fail after", "hang after"])
        self._seen[f"webhooks {letters}"] += 1
        self._seen[f"calls {calls}"] += 1
        switches: dict[str, object] = {
            "webhookCopies": {"lost": 0, "copied": 5}.get(letters, 1),
            "webhookDelayMs": self._dice.randint(100, 3_000) if letters == "delayed" else 0,
            "webhooksHeld": letters == "held",
        }
        if calls != "sound":
            how, when = calls.split()
            broken = {"failHow": "hang" if how == "hang" else "error", "failWhen": when}
            switches |= broken | {"failCalls": self._dice.randint(1, 4)}
        with contextlib.suppress(httpx.HTTPError):
            if letters == "turned round":
                self._provider.ask("POST", "/control/release?order=backwards")
            self._provider.misbehave(**switches)

    def _calm_down(self) -> None:
        self._provider.misbehave()
        self._provider.ask("POST", "/control/release?order=backwards")
