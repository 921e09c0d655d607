"""What is done to a running installation: processes killed or stopped, connections broken."""

import asyncio
import contextlib
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import psutil
from tests.faults.installation import Installation
from tests.faults.proxy import Proxy, Way

STOPPED_SECONDS = 2.5
"""Longer than a hold lasts here."""
BROKEN_SECONDS = 0.2
AGAIN_SECONDS = 0.05


class Scene(NamedTuple):
    """Where a blow falls: an installation, and the proxy between it and its shoppers."""

    shop: Installation
    proxy: Proxy
    dice: random.Random
    closing: asyncio.Event
    """Set when the round is over: nothing lasts longer."""


class Blow(NamedTuple):
    """`weight` is its share in a random draw; `kills` tells whether a process dies of it."""

    name: str
    strike: Callable[[Scene], Awaitable[None]]
    weight: int
    kills: bool


async def kill_api(scene: Scene) -> None:
    """One process of the api role."""
    await _kill_one(scene, lambda: scene.shop.roles("api"))


async def kill_worker(scene: Scene) -> None:
    """The worker."""
    await _kill_one(scene, lambda: scene.shop.roles("worker"))


async def kill_backend(scene: Scene) -> None:
    """One backend; PostgreSQL then throws out all others and recovers its shared memory."""
    await _kill_one(scene, scene.shop.backends)


async def kill_postmaster(scene: Scene) -> None:
    """PostgreSQL's first process; the others notice and end."""
    await _kill_one(scene, lambda: scene.shop.postgres()[:1])


async def kill_valkey(scene: Scene) -> None:
    """Valkey, with all it knew."""
    await _kill_one(scene, scene.shop.valkey)


async def stop_api(scene: Scene) -> None:
    """One process of the api role sleeps through holds, and wakes up with old beliefs."""
    await _asleep(scene, scene.shop.roles("api")[:1])


async def stop_valkey(scene: Scene) -> None:
    """Valkey takes connections and says nothing."""
    await _asleep(scene, scene.shop.valkey())


async def stop_postgres(scene: Scene) -> None:
    """All of PostgreSQL holds its breath, with locks in hand."""
    await _asleep(scene, scene.shop.postgres())


async def cut_shoppers_off(scene: Scene) -> None:
    """All connections of the shoppers end."""
    scene.proxy.cut()


async def swallow_answers(scene: Scene) -> None:
    """What was asked is done, and the connection ends before the answer."""
    await _broken(scene, answers=Way.CUT)


async def lose_answers(scene: Scene) -> None:
    """What was asked is done, and the answer never comes: a half-open connection."""
    await _broken(scene, answers=Way.DROP)


async def stall_requests(scene: Scene) -> None:
    """Requests arrive late."""
    await _broken(scene, requests=Way.STALL)


BLOWS = (
    Blow("kill -9 of an api process", kill_api, 30, kills=True),
    Blow("kill -9 of the worker", kill_worker, 10, kills=True),
    Blow("kill -9 of a PostgreSQL backend", kill_backend, 20, kills=True),
    Blow("kill -9 of the postmaster", kill_postmaster, 12, kills=True),
    Blow("kill -9 of Valkey", kill_valkey, 8, kills=True),
    Blow("SIGSTOP of an api process", stop_api, 2, kills=False),
    Blow("SIGSTOP of Valkey", stop_valkey, 1, kills=False),
    Blow("SIGSTOP of PostgreSQL", stop_postgres, 1, kills=False),
    Blow("connections cut", cut_shoppers_off, 6, kills=False),
    Blow("connections cut before the answer", swallow_answers, 6, kills=False),
    Blow("answers lost, half open", lose_answers, 2, kills=False),
    Blow("requests stalled", stall_requests, 2, kills=False),
)


async def lasts(closing: asyncio.Event, seconds: float) -> None:
    """Return after so many seconds, or at closing time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(closing.wait(), seconds)


async def _kill_one(scene: Scene, candidates: Callable[[], Sequence[psutil.Process]]) -> None:
    """Kill one of them; they come and go, and one that goes by itself does not count."""
    while True:
        with contextlib.suppress(psutil.NoSuchProcess, IndexError):
            scene.dice.choice(candidates()).kill()
            return
        await lasts(scene.closing, AGAIN_SECONDS)


async def _asleep(scene: Scene, processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGSTOP)
    try:
        await lasts(scene.closing, STOPPED_SECONDS)
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)


async def _broken(scene: Scene, *, requests: Way = Way.PASS, answers: Way = Way.PASS) -> None:
    scene.proxy.let(requests=requests, answers=answers)
    await asyncio.wait_for(scene.proxy.bytes_lost.wait(), STOPPED_SECONDS)
    await lasts(scene.closing, BROKEN_SECONDS)
    scene.proxy.let()
