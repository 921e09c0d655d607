"""`python -m benchmarks.size`: what a hold costs among 2.6 million seats, in one house of 200,000, and in Valkey.

A fresh database with one event stands beside one with 1,000 events of 1,000 seats and 20 of 80,000, on the same server;
their rounds are interleaved.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import click
import msgspec
import psycopg
import uvloop
from psycopg import sql
from valkey import Valkey

from benchmarks.houses import blocks, open_events
from benchmarks.report import table, title
from benchmarks.selling import Bench, Sold, Wanted, sell, selling, servers
from rowlock.inventory.strategies.lease import lease_key
from rowlock.kernel.ids import new_booking_id
from rowlock.platform.postgres.migrate import migrate

CLIENTS = 64
PARTY = 4
CLUB, STADIUM, LARGEST = 1_000, 80_000, 200_000
KEYS_MEASURED = 100_000
HOT_SHARE = """
SELECT sum(n_tup_upd) AS updates, sum(n_tup_hot_upd) AS hot FROM pg_stat_user_tables WHERE relname LIKE 'seats_p%'
"""
EVENTS, SEATS_PER_EVENT, HELD_AT_ONCE, PEOPLE_A_MINUTE = 1_000_000, 1_000, 0.01, 10_000_000
"""What the memory is calculated for: the share of all seats on hold at a moment, and the people of a minute."""


class Opened(NamedTuple):
    """Events that were put on sale, and how long that took."""

    event_ids: list[int]
    seat_count: int
    seconds: float


class Place(msgspec.Struct):
    """A database and what may still be sold in it."""

    name: str
    url: str
    wanted: list[Wanted]
    rounds: list[Sold]


async def open_sales(url: str, seat_count: int, events: int) -> Opened:
    """Put events on sale."""
    async with selling(url) as (database, _):
        started = time.perf_counter()
        event_ids = await open_events(database, seat_count, events)
        return Opened(event_ids, seat_count, time.perf_counter() - started)


async def sell_round(bench: Bench, place: Place, seconds: float) -> None:
    """Sell on for a while; what is sold is gone from the place."""
    async with selling(place.url) as (_, engine):
        await sell(engine, _next(place.wanted, 20 * CLIENTS), CLIENTS, 60, bench.servers.postgres_pid)
        sold = await sell(engine, place.wanted, CLIENTS, seconds, bench.servers.postgres_pid)
        del place.wanted[: sold.holds]
        place.rounds.append(sold)


async def sell_out(bench: Bench, url: str, event_id: int) -> Sold:
    """Sell every seat of the largest house, ten at a time."""
    async with selling(url) as (_, engine):
        return await sell(engine, blocks([event_id], LARGEST, 10), CLIENTS, 600, bench.servers.postgres_pid)


def hot_share(url: str) -> float:
    """The share of seat updates that stayed on their page and touched no index."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        row = connection.execute(HOT_SHARE).fetchone()
    assert row is not None
    return float(row[1]) / float(row[0])


def bytes_per_key(url: str) -> dict[str, float]:
    """What Valkey keeps for one lease and for one rate limit, measured on many."""
    measured = {}
    with Valkey.from_url(url) as client:
        for name, keys in {
            "lease": [lease_key(number // 1_000, number % 1_000) for number in range(KEYS_MEASURED)],
            "rate limit": [f"limit:requests:buyer:{new_booking_id()}" for _ in range(KEYS_MEASURED)],
        }.items():
            before = client.info("memory")["used_memory"]
            pipeline = client.pipeline(transaction=False)
            for key in keys:
                pipeline.set(key, str(new_booking_id()) if name == "lease" else str(time.time_ns() // 1000), px=600_000)
            pipeline.execute()
            measured[name] = (client.info("memory")["used_memory"] - before) / KEYS_MEASURED
    return measured


def _next(wanted: list[Wanted], count: int) -> list[Wanted]:
    taken = wanted[:count]
    del wanted[:count]
    return taken


def _database(bench: Bench, name: str) -> str:
    """The URL of a new migrated database of that name."""
    with psycopg.connect(bench.servers.database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = urlunsplit(urlsplit(bench.servers.database_url)._replace(path=f"/{name}"))
    migrate(url)
    return url


def _sales(place: Place) -> str:
    rates = [one.per_second for one in place.rounds]
    costs = [(one.engine_us, one.postgres_us) for one in place.rounds]
    engine, postgres = (statistics.median(side) for side in zip(*costs, strict=True))
    return f"{place.name}|{statistics.median(rates):,.0f}|{engine:,.0f}|{postgres:,.0f}"


def _openings(openings: Sequence[Opened]) -> list[str]:
    return [
        f"{len(one.event_ids):,} events of {one.seat_count:,} seats|{one.seconds:,.1f}"
        f"|{len(one.event_ids) * one.seat_count / one.seconds:,.0f}"
        for one in openings
    ]


def _memory(measured: dict[str, float]) -> str:
    leases = EVENTS * SEATS_PER_EVENT * HELD_AT_ONCE
    rows = {
        f"leases, {HELD_AT_ONCE:.0%} of {EVENTS:,} x {SEATS_PER_EVENT:,} seats on hold at once": (leases, "lease"),
        f"rate limits, two for each of {PEOPLE_A_MINUTE:,} people of one minute": (2 * PEOPLE_A_MINUTE, "rate limit"),
    }
    parts = {words: (keys, measured[name]) for words, (keys, name) in rows.items()}
    total = sum(keys * size for keys, size in parts.values()) / 2**30
    return table(
        "Valkey, by calculation|keys|bytes a key, measured|GiB",
        *(f"{words}|{keys:,.0f}|{size:.0f}|{keys * size / 2**30:.2f}" for words, (keys, size) in parts.items()),
        f"together|||{total:.2f}",
    )


@click.command()
@click.option("--seconds", default=4.0, show_default=True, help="How long each sale of a round lasts at most.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--clubs", default=1_000, show_default=True, help="Events of 1,000 seats.")
@click.option("--stadiums", default=20, show_default=True, help="Events of 80,000 seats.")
def main(seconds: float, rounds: int, clubs: int, stadiums: int) -> None:
    """Open the sales, sell here and there in turn, sell the largest house out; print the tables."""
    with servers() as bench, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        fresh_url, full_url = _database(bench, "fresh"), _database(bench, "full")
        fresh = runner.run(open_sales(fresh_url, STADIUM, 1))
        openings = [
            runner.run(open_sales(full_url, CLUB, clubs)),
            runner.run(open_sales(full_url, STADIUM, stadiums)),
            runner.run(open_sales(full_url, LARGEST, 1)),
        ]
        for line in _openings(openings):
            click.echo(line)
        places = [
            Place("a fresh database, one event of 80,000", fresh_url, blocks(fresh.event_ids, STADIUM, PARTY), []),
            Place("among all, one event of 80,000", full_url, blocks(openings[1].event_ids[:1], STADIUM, PARTY), []),
            Place(f"among all, spread over {clubs:,} events", full_url, blocks(openings[0].event_ids, CLUB, PARTY), []),
        ]
        for _ in range(rounds):
            for place in places:
                runner.run(sell_round(bench, place, seconds))
                click.echo(f"{place.name}: {place.rounds[-1].per_second:,.0f} holds/s")
        largest = Place("the event of 200,000 sold out, ten seats a hold", full_url, [], [])
        largest.rounds.append(runner.run(sell_out(bench, full_url, openings[2].event_ids[0])))
        click.echo(
            "\n\n".join(
                [
                    f"\n{title('Size')}",
                    table("put on sale|seconds|seats a second", *_openings(openings)),
                    table(
                        f"holds of four seats, {CLIENTS} callers|holds/s|engine (µs)|postgres (µs)",
                        *(_sales(place) for place in (*places, largest)),
                    ),
                    f"Seat updates that stayed on their page (HOT): {hot_share(full_url):.1%}.",
                    _memory(bytes_per_key(bench.servers.valkey_url)),
                ]
            )
        )


if __name__ == "__main__":
    main()
