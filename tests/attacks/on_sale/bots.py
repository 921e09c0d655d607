"""Five classes of bots. Each attacker has a few cores, accounts as told, and no patience."""

import asyncio
import random
from collections.abc import Callable, Sequence

from tests.attacks.on_sale.clients import BROWSERS, Client, some_seats
from tests.attacks.on_sale.sale import HOLD_SECONDS, SEATS_MAX, SEATS_PER_ROW, Reply, Sale
from tests.simulation.virtual_time import pass_time

SALE_SECONDS = 420.0
CORES = 4


class Bot(Client):
    """Snatches seats and resells them, again and again until the sale is over."""

    pause = (1.0, 1.0)
    """Seconds between two attempts, at least and at most."""
    attempts = 20

    def disguise(self) -> None:
        """What it changes about itself before each attempt."""

    async def work(self) -> None:
        """Until the end, or until it is told not to pay."""
        loop = asyncio.get_running_loop()
        await pass_time(self.dice.uniform(0, 2))
        for _ in range(self.attempts):
            if loop.time() > SALE_SECONDS:
                break
            self.disguise()
            free = self.look()
            seats = some_seats(free, min(SEATS_MAX, len(free)), self.dice, SEATS_PER_ROW) if free else []
            reply = await self.reserve(seats) if seats else None
            if reply is not None and reply.status == 201:
                await self.use(reply)
            await pass_time(self.dice.uniform(*self.pause))

    async def use(self, reply: Reply) -> None:
        """What it does with seats."""
        await self.pay(reply)


class Naive(Bot):
    """A script: no cookies, no browser, every second."""

    def __init__(self, sale: Sale, number: int, dice: random.Random, cores: asyncio.Semaphore) -> None:
        super().__init__(sale, f"naive:{number}", dice, cores=cores)
        self.address, self.browser, self.card = f"203.0.113.{number}", None, "naive"


class HeaderFaker(Bot):
    """Another browser in every request; the rest of its header lines does not always agree."""

    pause = (1.5, 2.5)
    attempts = 15

    def __init__(self, sale: Sale, number: int, dice: random.Random, cores: asyncio.Semaphore) -> None:
        super().__init__(sale, f"header-faking:{number}", dice, cores=cores)
        self.address, self.card = f"192.0.{number % 2}.{number}", f"header-faking:{number % 2}"

    def disguise(self) -> None:
        """The user agent of one browser and the hints of another."""
        self.browser = (self.dice.choice(BROWSERS)[0], self.dice.choice(BROWSERS)[1])


class AddressRotator(Bot):
    """A proxy network: every request from somewhere else, with sound headers."""

    pause = (2.0, 5.0)
    attempts = 8

    def __init__(self, sale: Sale, number: int, dice: random.Random, cores: asyncio.Semaphore) -> None:
        super().__init__(sale, f"address-rotating:{number}", dice, cores=cores)
        self.card = f"address-rotating:{number % 4}"

    def disguise(self) -> None:
        """One of ten thousand networks."""
        self.address = f"{self.dice.randrange(20, 60)}.{self.dice.randrange(250)}.7.1"


class AccountFarmer(Bot):
    """Many accounts that each do little, on three machines with cookies of their own."""

    pause = (20.0, 40.0)
    attempts = 2

    def __init__(self, sale: Sale, number: int, dice: random.Random, cores: asyncio.Semaphore) -> None:
        super().__init__(sale, f"account-farming:{number}", dice, cores=cores)
        machine = number % 3
        self.address, self.card = f"192.88.{machine}.9", f"account-farming:{number % 6}"
        self.device = MACHINES.setdefault((id(sale), machine), sale.traces.new_device())
        self.browser, self.language = BROWSERS[machine], "en-GB"


class Denier(Bot):
    """Holds row after row and never pays: the seats are dear elsewhere while they cannot be had here."""

    pause = (2.0, 6.0)
    attempts = 14

    def __init__(self, sale: Sale, number: int, dice: random.Random, cores: asyncio.Semaphore) -> None:
        super().__init__(sale, f"inventory-denying:{number}", dice, cores=cores)
        self.address = f"100.64.{number % 4}.{number}"
        self.device = sale.traces.new_device()

    async def use(self, reply: Reply) -> None:  # noqa: ARG002  they are not paid for
        """Sit on them."""
        await pass_time(self.dice.uniform(0, HOLD_SECONDS / 4))


MACHINES: dict[tuple[int, int], str] = {}
Maker = Callable[[Sale, int, random.Random, asyncio.Semaphore], Bot]
ACCOUNTS: dict[Maker, int] = {Naive: 4, HeaderFaker: 4, AddressRotator: 8, AccountFarmer: 30, Denier: 10}
CLASSES = ("naive", "header-faking", "address-rotating", "account-farming", "inventory-denying")


def bots(sale: Sale, dice: random.Random) -> Sequence[Bot]:
    """All of them; those of one class share its attacker's cores."""
    made: list[Bot] = []
    for maker, count in ACCOUNTS.items():
        cores = asyncio.Semaphore(CORES)
        made += [maker(sale, number, dice, cores) for number in range(count)]
    return made
