"""Check a queue record: recompute the draw and everything else that it says. Pure, and needs nothing but the file."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from rowlock.waiting_room.proof.draw import (
    NOBODY,
    PERSON_BYTES,
    RULES,
    SEED_BYTES,
    Terms,
    commitment,
    draw,
    draw_key,
    numbers_given,
    order_tree,
    roster_tree,
)
from rowlock.waiting_room.proof.record import Entry, Record, end_of, register_hash, roster

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
"""The one form of a time here: such texts sort as the times do."""
_AFTER_THE_END = frozenset({"mode", "paused", "resumed"})
"""What staff may still do with a room whose line is over."""


class Place(NamedTuple):
    """Where somebody stands: the number by arrival, and the rank that counts."""

    number: int
    rank: int


class Verdict(NamedTuple):
    """What was found. `order`: the numbers as they were drawn, recomputed; empty when there was no draw."""

    faults: tuple[str, ...]
    order: tuple[int, ...]

    def place(self, record: Record, person: bytes) -> Place | None:
        """Where an opaque id stands by the record alone; None when in no list. Who was not drawn stands by number."""
        for chunk in record.register:
            start = _index(chunk.people, person)
            if start is not None:
                number = chunk.first + start
                rank = self.order.index(number) if number in self.order else number
                return Place(number, rank)
        return None


def check_record(record: Record) -> Verdict:
    """Every fault of a record whose chain holds (`read_record` saw to that), and the order as it must be."""
    faults = [fault for check in _CHECKS for fault in check(record)]
    closed, drawn = _only(record, "closed"), _only(record, "drawn")
    if closed is None or drawn is None or faults:
        return Verdict(tuple(faults), ())
    people = roster(record.register[: int(closed.body["chunks"])], int(closed.body["numbers"]))
    order, more = _recompute(record, closed, drawn, people)
    return Verdict(tuple(more), tuple(order))


def _recompute(record: Record, closed: Entry, drawn: Entry, people: bytes) -> tuple[list[int], list[str]]:
    faults = []
    seed, beacon = bytes.fromhex(str(drawn.body["seed"])), _beacon(record)
    root = roster_tree(people).root
    if root.hex() != closed.body["roster"]:
        faults.append("the people in the register are not those that the draw was closed with")
    if len(numbers_given(people)) != closed.body["people"]:
        faults.append(f"the draw was closed with {closed.body['people']} people, the register has others")
    faults += [
        f"the seed is not the one that entry {entry.seq} promised"
        for entry in _all(record, "committed")
        if commitment(seed, _terms(record, entry)).hex() != entry.body["commitment"]
    ]
    # The first commitment, whatever was moved later: so moving the closing time is no second try.
    first = bytes.fromhex(str(_all(record, "committed")[0].body["commitment"]))
    order = draw(draw_key(seed, first, beacon, root), people)
    if order_tree(order).root.hex() != drawn.body["order"]:
        faults.append("the order that was drawn is not the one that seed, beacon and people give")
    return order, faults


def _check_succession(record: Record) -> Iterator[str]:
    """Each thing once, in the order in which it has to happen."""
    kinds = [entry.kind for entry in record.entries]
    for kind in ("closed", "beacon", "drawn", "ended"):
        if kinds.count(kind) > 1:
            yield f"{kind} stands {kinds.count(kind)} times"
    firsts = [kinds.index(kind) for kind in ("committed", "closed", "beacon", "drawn", "ended") if kind in kinds]
    behind_the_end = kinds[kinds.index("ended") + 1 :] if "ended" in kinds else []
    if firsts != sorted(firsts) or not _AFTER_THE_END.issuperset(behind_the_end):
        yield "the entries are not in the order of a draw"
    if "closed" in kinds and ("committed" not in kinds or "committed" in kinds[kinds.index("closed") :]):
        yield "the draw was not promised before it was closed"
    if ("drawn" in kinds or "beacon" in kinds) and "closed" not in kinds:
        yield "the draw was never closed"
    times = [entry.at for entry in record.entries]
    if times != sorted(times):
        yield "the times of the entries run backwards"


def _check_forms(record: Record) -> Iterator[str]:
    """Hex is hex, a time is a time, a count is not below nothing."""
    hexes = {"commitment": 64, "register": 64, "roster": 64, "order": 64, "seed": 2 * SEED_BYTES, "value": None}
    for entry in record.entries:
        if not _TIME.fullmatch(entry.at) or not _TIME.fullmatch(str(entry.body.get("closesAt", entry.at))):
            yield f"entry {entry.seq}: a time in another form"
        for name, value in entry.body.items():
            if name in hexes and not _is_hex(str(value), hexes[name]):
                yield f"entry {entry.seq}: {name} is no hash"
            if isinstance(value, int) and value < 0:
                yield f"entry {entry.seq}: {name} is below 0"


def _check_promises(record: Record) -> Iterator[str]:
    """The rules are known, and what was promised is what was done."""
    promised = _all(record, "committed")
    for entry in promised:
        if entry.body["rules"] != RULES:
            yield f"entry {entry.seq}: these rules are not known here: {entry.body['rules']}"
        if any("\n" in str(value) for value in entry.body.values()):
            yield f"entry {entry.seq}: a promise over several lines"
    sources = {str(entry.body["beaconSource"]) for entry in promised}
    if len(sources) > 1:
        yield "the source of the beacon was changed"
    beacon, drawn, closed = (_only(record, kind) for kind in ("beacon", "drawn", "closed"))
    if beacon is not None and {beacon.body["source"]} != sources:
        yield "the beacon is not from the source that was promised"
    if drawn is not None and (beacon is None) != (sources <= {""}):
        yield "the draw was promised with a beacon and has none, or the other way round"
    if closed is not None and promised and closed.at < str(promised[-1].body["closesAt"]):
        yield "the draw was closed before the time that was promised"


def _check_register(record: Record) -> Iterator[str]:
    """Nothing changed since it was counted, nothing uncounted, no count below one before it."""
    chunks = joined = served = 0
    digest = record.head.register_start()
    for entry in record.entries:
        if "register" not in entry.body:
            continue
        body = entry.body
        fresh = record.register[chunks : int(body["chunks"])]
        chunks, joined = chunks + len(fresh), max(joined, end_of(fresh))
        for chunk in fresh:
            digest = register_hash(digest, chunk)
        if (chunks, digest.hex()) != (body["chunks"], body["register"]):
            yield f"the register is not the one that entry {entry.seq} counted, or not all of it is here"
            return
        if joined != body["numbers" if entry.kind == "closed" else "joined"]:
            yield f"entry {entry.seq} counts other numbers than the register has"
        if int(body.get("served", served)) < served:
            yield f"entry {entry.seq} counts fewer than one before it"
        served = int(body.get("served", served))
    if len(record.register) > chunks:
        yield "the register has people whom no entry counts"


def _check_people(record: Record) -> Iterator[str]:
    """Nobody has two numbers, and no number has two people."""
    people = b"".join(chunk.people for chunk in record.register)
    ids = [people[at : at + PERSON_BYTES] for at in range(0, len(people), PERSON_BYTES)]
    if len(set(ids)) != len(ids):
        yield f"{len(ids) - len(set(ids))} places belong to people who have another"
    if NOBODY in ids:
        yield "a number of nobody stands in the register"
    in_order = sorted(record.register)
    if any(before.end() > chunk.first for before, chunk in pairwise(in_order)):
        yield "a number was given twice"


_CHECKS: tuple[Callable[[Record], Iterator[str]], ...] = (
    _check_succession,
    _check_forms,
    _check_promises,
    _check_register,
    _check_people,
)


def _terms(record: Record, entry: Entry) -> Terms:
    body = entry.body
    return Terms(record.head.event, record.head.round, str(body["closesAt"]), str(body["beaconSource"]))


def _beacon(record: Record) -> bytes:
    entry = _only(record, "beacon")
    return b"" if entry is None else bytes.fromhex(str(entry.body["value"]))


def _all(record: Record, kind: str) -> list[Entry]:
    return [entry for entry in record.entries if entry.kind == kind]


def _only(record: Record, kind: str) -> Entry | None:
    return next(iter(_all(record, kind)), None)


def _is_hex(text: str, digits: int | None) -> bool:
    return (digits is None or len(text) == digits) and not len(text) % 2 and set(text) <= set("0123456789abcdef")


def _index(people: bytes, person: bytes) -> int | None:
    start = people.find(person)
    while start >= 0 and start % PERSON_BYTES:
        start = people.find(person, start + 1)
    return None if start < 0 else start // PERSON_BYTES
