"""People at an on-sale: they look, think, choose, lose seats to others, try again, and most of those who hold pay."""

import asyncio
import random

from tests.attacks.on_sale.clients import Client, some_seats
from tests.attacks.on_sale.sale import SEATS_PER_ROW, Sale
from tests.simulation.virtual_time import pass_time

RUSH_SHARE, RUSH_SECONDS, ARRIVAL_SECONDS = 0.7, 15.0, 180.0
"""Most are there when the sale opens."""
PHONE = 6.0
"""So much slower than an attacker's core a phone computes."""
BUYING_SHARE = 0.9
TRIES_MAX = 6
NETWORKS = 40
"""Networks that all people share: mobile carriers and offices have many of them behind few addresses."""


class Buyer(Client):
    """One person with one phone."""

    def __init__(self, sale: Sale, number: int, dice: random.Random) -> None:
        super().__init__(sale, f"person:{number}", dice, cores=asyncio.Semaphore(1), slower=PHONE)
        self.address = f"198.51.{dice.randrange(NETWORKS)}.{dice.randrange(250)}"
        self.device = sale.traces.new_device()
        self.wants = dice.choice([1, 2, 2, 2, 3, 4])
        self.willing = dice.random() < BUYING_SHARE
        """Whether it ends in a purchase if nothing comes between."""
        self.bought = False

    async def shop(self) -> None:
        """From the map to the tickets, or away without."""
        in_the_rush = self.dice.random() < RUSH_SHARE
        await pass_time(self.dice.uniform(0, RUSH_SECONDS if in_the_rush else ARRIVAL_SECONDS))
        for _ in range(TRIES_MAX):
            self.look()
            await pass_time(self.dice.lognormvariate(1.8, 0.5))
            seats = some_seats(
                self.sale.free(), self.wants, self.dice, SEATS_PER_ROW
            )  # the map has moved on with the sale
            if not seats:
                await pass_time(self.dice.uniform(15, 40))
                continue
            reply = await self.reserve(seats)
            if reply.status == 201:
                await pass_time(self.dice.uniform(12, 50))
                if not self.willing:
                    await self.release(reply)
                    return
                self.bought = await self.pay(reply)
                return
            await pass_time(min(float(reply.body.get("retryAfter", 0)), 30) + self.dice.lognormvariate(1.0, 0.5))
