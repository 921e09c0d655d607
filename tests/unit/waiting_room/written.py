"""Queue records as a server would have written them, for tests to read and to spoil."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rowlock.waiting_room.proof import (
    PERSON_BYTES,
    RULES,
    Chunk,
    Head,
    Terms,
    Value,
    body_text,
    commitment,
    draw,
    draw_key,
    end_of,
    entry_hash,
    entry_line,
    entry_text,
    numbers_given,
    order_tree,
    register_hash,
    roster,
    roster_tree,
)

CLOSES_AT = "2026-11-21T09:00:10.000000Z"
SEED = bytes(range(32))
BEACON = b"the numbers of Saturday: 3 9 12 27 31 40"


def person(no: int) -> bytes:
    """An opaque id."""
    return b"person" + no.to_bytes(PERSON_BYTES - 6, "big")


def people(first: int, count: int) -> bytes:
    """The ids of so many, one after the other."""
    return b"".join(person(no) for no in range(first, first + count))


@dataclass
class Writer:
    """Writes a record entry by entry."""

    head: Head = field(default_factory=lambda: Head("12", 1, None))
    entries: list[bytes] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    second: int = 0

    def __post_init__(self) -> None:
        self._hash, self._register = self.head.hash(), self.head.register_start()

    def enter(self, kind: str, body: Mapping[str, Value]) -> None:
        """One entry more, a second after the one before."""
        at = f"2026-11-21T09:00:{self.second:02}.000000Z"
        text = entry_text(len(self.entries) + 1, at, kind, body_text(body))
        self._hash = entry_hash(self._hash, text)
        self.entries.append(entry_line(text, self._hash))
        self.second += 1

    def join(self, first: int, ids: bytes) -> None:
        """One chunk of the register more."""
        chunk = Chunk(first, ids)
        self._register = register_hash(self._register, chunk)
        self.chunks.append(chunk)

    def commit(self, seed: bytes = SEED, closes_at: str = CLOSES_AT, source: str = "") -> bytes:
        """The promise; its hash comes back."""
        committed = commitment(seed, Terms(self.head.event, self.head.round, closes_at, source))
        told = {"rules": RULES, "closesAt": closes_at, "beaconSource": source, "commitment": committed.hex()}
        self.enter("committed", told)
        return committed

    def count(self, kind: str = "counted", served: int = 0) -> None:
        """How many are in the line by now."""
        told: dict[str, Value] = {"joined": end_of(self.chunks), "served": served, "chunks": len(self.chunks)}
        self.enter(kind, told | {"register": self._register.hex()})

    def close(self) -> tuple[bytes, bytes]:
        """The end of the prequeue; the ids that are drawn and their root come back."""
        numbers = end_of(self.chunks)
        ids = roster(self.chunks, numbers)
        root = roster_tree(ids).root
        found: dict[str, Value] = {"numbers": numbers, "people": len(numbers_given(ids)), "roster": root.hex()}
        self.enter("closed", found | {"chunks": len(self.chunks), "register": self._register.hex()})
        return ids, root

    def draw(self, seed: bytes, order: Sequence[int]) -> None:
        """What was drawn."""
        self.enter("drawn", {"order": order_tree(order).root.hex(), "seed": seed.hex()})

    def lines(self) -> list[bytes]:
        """The file."""
        return [self.head.text().encode() + b"\n", *self.entries, *(chunk.line() for chunk in self.chunks)]


def whole_sale(crowd: int = 40, late: int = 9, *, source: str = "", beacon: bytes = b"") -> Writer:
    """A round from the promise to the end: people in two chunks with a gap of numbers between them, then late ones."""
    record = Writer()
    record.enter("mode", {"mode": "draw", "by": "staff"})
    committed = record.commit(source=source)
    record.join(0, people(0, crowd // 2))
    record.count()
    record.second = 10
    record.join(crowd // 2 + 3, people(1_000, crowd - crowd // 2))
    ids, root = record.close()
    if beacon:
        record.enter("beacon", {"source": source, "value": beacon.hex()})
    record.draw(SEED, draw(draw_key(SEED, committed, beacon, root), ids))
    record.join(crowd + 3, people(5_000, late))
    record.count(served=crowd // 2)
    record.enter("paused", {"by": "load"})
    record.enter("resumed", {"by": "load"})
    record.count("ended", served=crowd + late)
    return record
