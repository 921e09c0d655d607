"""Twenty times as many people arrive at once as the sale lets in: what those notice who are in.

The room lets so many in a second, and they hold seats at that rate. In every other load twenty times as many newcomers
a second join the line, and as many ask where they stand.
"""

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, cycle, islice
from pathlib import Path

import msgspec

from benchmarks.effort import Effort
from benchmarks.installation import Installation, installation
from benchmarks.load import get, post, run_load
from benchmarks.open_loop import OpenLoad, run_open_loop
from benchmarks.report import table
from benchmarks.rounds import CLIENTS, blocks_of
from benchmarks.waiting import control

LET_IN_PER_SECOND = 50.0
TIMES = 20
LONG_SECONDS = 3_600
HELD, TOLD = 201, 200


class _Told(msgspec.Struct, rename="camel"):
    admitted: bool
    queue_ticket: str
    admission_token: str = ""


class Rush(msgspec.Struct, frozen=True):
    """Holds of people who are in, with nobody before the door and with the crowd there; and the crowd."""

    calm: OpenLoad
    crowded: OpenLoad
    crowd: OpenLoad


def chapter(effort: Effort) -> str:
    """Measure in turn; the table."""
    people = round(LET_IN_PER_SECOND * effort.seconds) * 4 * effort.rounds  # arrivals are by chance: twice as many do
    newcomers = round(TIMES * LET_IN_PER_SECOND * effort.seconds) * effort.rounds
    rounds = []
    with (
        tempfile.TemporaryDirectory(prefix="rowlock-benchmark-") as parent,
        installation(Path(parent) / "data", 1) as running,
    ):
        event, seat_ids = running.stadium()
        tokens = iter(running.tokens("buyer", people + newcomers))
        holds = _holds_of(running, event, list(islice(tokens, people)), list(blocks_of(seat_ids)))
        pace = round(60 * LET_IN_PER_SECOND)
        control(running, event, admitPerMinute=pace, admitMax=pace)
        for _ in range(effort.rounds):
            rounds.append(_round(running, event, holds, tokens, effort.seconds))
            calm, crowded = rounds[-1].calm, rounds[-1].crowded
            effort.tell(
                f"holds' p99 {calm.percentile_ms(HELD, 0.99):.1f} ms, with the crowd "
                f"{crowded.percentile_ms(HELD, 0.99):.1f} ms; joined {rounds[-1].crowd.count(TOLD):,}"
            )
    return _table(rounds)


def _holds_of(
    running: Installation, event: str, tokens: Sequence[str], blocks: Sequence[Sequence[str]]
) -> Iterator[bytes]:
    """Let people in, and a hold of each, every one of other seats."""
    path = f"/api/v1/events/{event}/queue"
    control(
        running, event, mode="fifo", admitPerMinute=1_000_000, admitMax=1_000_000,
        turnSeconds=LONG_SECONDS, shoppingSeconds=LONG_SECONDS,
    )  # fmt: skip
    joins = iter([post(path, {}, _bearer(token)) for token in tokens])
    run_load(running.url, joins, status=TOLD, clients=CLIENTS, seconds=60)
    requests = []
    for token, seats in zip(tokens, blocks, strict=False):
        told = _Told(admitted=False, queue_ticket="")
        while not told.admitted:
            kept: list[bytes] = []
            asking = iter([get(path, _bearer(token))])
            run_load(running.url, asking, status=TOLD, clients=1, seconds=10, kept=kept)
            told = msgspec.json.decode(kept[0], type=_Told)
        headers = f"{_bearer(token)}X-Admission: {told.admission_token}\r\n"
        requests.append(post("/api/v1/bookings/reserve", {"eventId": event, "seatIds": seats}, headers))
    return iter(requests)


def _round(running: Installation, event: str, holds: Iterator[bytes], tokens: Iterator[str], seconds: float) -> Rush:
    """The same holds without and with a crowd before the door; the crowd comes from another process."""
    count, rate = round(LET_IN_PER_SECOND * seconds), LET_IN_PER_SECOND
    path = f"/api/v1/events/{event}/queue"
    calm = run_open_loop(running.url, holds, rate=rate, seconds=seconds, connections=CLIENTS)
    newcomers = list(islice(tokens, TIMES * count))
    crowd = [[post(path, {}, _bearer(token)), get(path, _bearer(token))] for token in newcomers]
    with ProcessPoolExecutor(1) as beside:
        pressing = beside.submit(_press, running.url, list(chain(*crowd)), 2 * TIMES * rate, seconds)
        crowded = run_open_loop(running.url, holds, rate=rate, seconds=seconds, connections=CLIENTS)
        return Rush(calm, crowded, pressing.result())


def _press(url: str, requests: list[bytes], rate: float, seconds: float) -> OpenLoad:
    return run_open_loop(url, cycle(requests), rate=rate, seconds=seconds, connections=4 * CLIENTS)


def _bearer(token: str) -> str:
    return f"Authorization: Bearer {token}\r\n"


def _table(rounds: Sequence[Rush]) -> str:
    def median(share: float, *, crowded: bool) -> float:
        loads = (one.crowded if crowded else one.calm for one in rounds)
        return statistics.median(load.percentile_ms(HELD, share) for load in loads)

    ratio = statistics.median(
        one.crowded.percentile_ms(HELD, 0.99) / one.calm.percentile_ms(HELD, 0.99) for one in rounds
    )
    answered = statistics.median(one.crowd.count(TOLD) / one.crowd.seconds for one in rounds)
    waited = statistics.median(one.crowd.percentile_ms(TOLD, 0.99) for one in rounds)
    return table(
        f"{LET_IN_PER_SECOND:.0f} people a second hold seats|nobody before the door|{TIMES} times as many arrive",
        f"holds, p50 (ms)|{median(0.5, crowded=False):.1f}|{median(0.5, crowded=True):.1f}",
        f"holds, p99 (ms)|{median(0.99, crowded=False):.1f}|{median(0.99, crowded=True):.1f}",
        f"p99, each round by itself||{ratio:.2f}",
        f"joins and questions answered a second||{answered:,.0f}",
        f"theirs, p99 (ms)||{waited:.1f}",
    )
