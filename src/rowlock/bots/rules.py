"""What counts against a name, rule by rule. Pure: the same record always gives the same findings.

A record is what is known of a hidden name: whole numbers by field, as `note.lua` adds them up. No rule alone reaches
the threshold of a block.
"""

import math
from collections.abc import Callable, Iterator, Mapping

from rowlock.bots.model import SCORE_MAX, Finding

Record = Mapping[str, int]

JUDGED_FROM = 3
"""Fewer attempts and unpaid holds than these say nothing: no rule below fires before."""
QUICK_MS = 800
"""From the first look at the map to a hold: faster than anybody reads it."""
EVEN_GAPS_MIN = 6
EVEN_SPREAD_MAX = 0.15
"""Standard deviation of the pauses between attempts, as a part of their mean: people's is 0.4 and more."""
UNPAID_MIN = 3
DEVICE_PEOPLE_MAX = 3
LOOKS_MAX = 2
CLUSTER_UNPAID_MIN = 12
CLUSTER_PEOPLE_MIN = 12
CLUSTER_PAID_SHARE_MIN = 0.15
"""People pay for about half of what they hold; a whole network of them never for less than this."""


def findings(kind: str, record: Record) -> tuple[Finding, ...]:
    """All that speaks against a name of this kind (`person`, `device`, `prefix`, `look`)."""
    return tuple(found for rule in RULES[kind] for found in rule(record))


def score_of(found: tuple[Finding, ...]) -> int:
    """All points together."""
    return min(sum(finding.points for finding in found), SCORE_MAX)


def unpaid(record: Record) -> int:
    """Holds that ended without a payment: their time ran out, or they were given back."""
    return record.get("lapsed", 0) + record.get("released", 0)


def _quick(record: Record) -> Iterator[Finding]:
    quick = record.get("quick", 0)
    if quick >= 2:
        yield Finding("quick", min(15 * (quick - 1), 45), f"{quick} holds within {QUICK_MS} ms of seeing the map")


def _even(record: Record) -> Iterator[Finding]:
    gaps = record.get("gaps", 0)
    if gaps < EVEN_GAPS_MIN:
        return
    mean = record["gap_sum"] / gaps
    spread = math.sqrt(max(record["gap_squares"] / gaps - mean * mean, 0.0)) / max(mean, 1.0)
    if spread <= EVEN_SPREAD_MAX:
        yield Finding("even", 35, f"{gaps} pauses of {mean / 1000:.1f} s that differ by {spread:.0%}")


def _hasty(record: Record) -> Iterator[Finding]:
    gaps = record.get("gaps", 0)
    if gaps >= EVEN_GAPS_MIN and record["gap_sum"] / gaps < 2_000:
        yield Finding("hasty", 20, f"{gaps} attempts, on average {record['gap_sum'] / gaps / 1000:.1f} s apart")


def _holds_without_buying(record: Record) -> Iterator[Finding]:
    count, paid = unpaid(record), record.get("paid", 0)
    if count >= UNPAID_MIN and paid * 3 < count:
        yield Finding("holds_without_buying", min(10 + 5 * count, 50), f"{count} holds not paid for, {paid} paid")


def _cluster_without_buying(record: Record) -> Iterator[Finding]:
    count, paid = unpaid(record), record.get("paid", 0)
    if count >= CLUSTER_UNPAID_MIN and paid < (count + paid) * CLUSTER_PAID_SHARE_MIN:
        yield Finding("cluster_without_buying", 40, f"{count} holds not paid for, {paid} paid")


def _walks_the_rows(record: Record) -> Iterator[Finding]:
    steps = record.get("next_to_last", 0)
    if steps >= 3:
        yield Finding("walks_the_rows", 25, f"{steps} times the seats right beside those asked for before")


def _always_the_most(record: Record) -> Iterator[Finding]:
    full = record.get("full", 0)
    if full >= 3:
        yield Finding("always_the_most", 15, f"{full} attempts for as many seats as a booking may have")


def _changing_look(record: Record) -> Iterator[Finding]:
    looks = _distinct(record, "look:")
    if looks > LOOKS_MAX:
        yield Finding("changing_look", min(15 * (looks - LOOKS_MAX), 45), f"{looks} kinds of header lines")


def _odd_headers(record: Record) -> Iterator[Finding]:
    odd = record.get("odd", 0)
    if odd >= 3:
        yield Finding("odd_headers", 30, f"{odd} requests that contradict themselves about their browser")


def _many_people(record: Record) -> Iterator[Finding]:
    people = _distinct(record, "who:")
    if people > DEVICE_PEOPLE_MAX:
        yield Finding("many_people", min(20 + 5 * (people - DEVICE_PEOPLE_MAX), 60), f"{people} accounts on one device")


def _many_new_people(record: Record) -> Iterator[Finding]:
    people = _distinct(record, "who:")
    if people >= CLUSTER_PEOPLE_MIN and record.get("attempts", 0) < 3 * people and record.get("looked", 0) < people / 2:
        yield Finding("many_new_people", 35, f"{people} accounts that hardly looked at a map")


def _distinct(record: Record, prefix: str) -> int:
    return sum(1 for field in record if field.startswith(prefix))


Rule = Callable[[Record], Iterator[Finding]]
RULES: Mapping[str, tuple[Rule, ...]] = {
    "person": (
        _even, _hasty, _holds_without_buying, _walks_the_rows, _always_the_most, _changing_look, _odd_headers,
    ),
    "device": (_quick, _many_people, _even, _holds_without_buying, _changing_look),
    "prefix": (_cluster_without_buying, _many_new_people),
    "look": (_cluster_without_buying,),
}  # fmt: skip
