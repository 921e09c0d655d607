"""What goes wrong meanwhile: killed processes, a provider that fails, hangs and forgets, webhooks in disorder."""

import asyncio
import contextlib
import random
from collections import Counter

import httpx
import psutil
from tests.faults.installation import Installation
from tests.standin import StandInProcess

PAUSE_SECONDS = (0.5, 3.0)
KILL_SHARE = 0.2


class Trouble:
    """Makes trouble until it is told to stop; then everything behaves."""

    def __init__(self, shop: Installation, provider: StandInProcess, dice: random.Random, seen: Counter[str]) -> None:
        self._shop = shop
        self._provider = provider
        self._dice = dice
        self._seen = seen

    async def go_on(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set."""
        while not stopping.is_set():
            if self._dice.random() < KILL_SHARE:
                await asyncio.to_thread(self._kill)
            else:
                await asyncio.to_thread(self._switch)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self._dice.uniform(*PAUSE_SECONDS))
        await asyncio.to_thread(self._calm_down)

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
