"""The public record of a line: what was done when, hashed with all before it, and who has which number. Pure.

A file of it is JSON lines: a head, the entries, then the register. Every line has exactly one spelling, so a file with
any byte changed is either no record or another record.
"""

import json
import re
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Literal, NamedTuple, get_args

from rowlock.waiting_room.proof.draw import PERSON_BYTES

FORMAT = "rowlock queue record 1"
_ENTRY, _REGISTER = b"rowlock queue entry 1\x00", b"rowlock queue register 1\x00"
LINE_BYTES_MAX = 16 * 1024 * 1024
PLACES_MAX = 50_000_000

_PLAIN = re.compile(rb"[ -~]*\n")
"""A line of printable ASCII. Escapes of characters are refused, too: whatever else JSON allows, we never write."""

Kind = Literal["mode", "committed", "counted", "paused", "resumed", "closed", "beacon", "drawn", "ended"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Value = str | int
_COUNTS = {"joined": int, "served": int, "chunks": int, "register": str}
FIELDS: Mapping[str, Mapping[str, type]] = {
    "mode": {"mode": str, "by": str},
    "committed": {"rules": str, "closesAt": str, "beaconSource": str, "commitment": str},
    "counted": _COUNTS,
    "paused": {"by": str},
    "resumed": {"by": str},
    "closed": {"numbers": int, "people": int, "chunks": int, "register": str, "roster": str},
    "beacon": {"source": str, "value": str},
    "drawn": {"order": str, "seed": str},
    "ended": _COUNTS,
}
"""What the body of each kind holds. Hashes, the seed and the beacon are lower-case hex; `register` is the running hash
after the first `chunks` chunks, and `joined` or `numbers` the first number that none of them has."""


class RecordFault(ValueError):  # noqa: N818  named as the other faults are
    """This is no record, or not as it was written; says where."""


class Head(NamedTuple):
    """Which line this is. `previous`: the hash of the last entry of the round before, None in the first."""

    event: str
    round: int
    previous: str | None

    def text(self) -> str:
        """The head as it is hashed and as it stands in a file."""
        return _json({"file": FORMAT, "event": self.event, "round": self.round, "previous": self.previous})

    def hash(self) -> bytes:
        """What the first entry is chained to."""
        return sha256(_ENTRY + self.text().encode()).digest()

    def register_start(self) -> bytes:
        """The running hash of the register before anybody has a number."""
        return sha256(_REGISTER + self.text().encode()).digest()


class Entry(NamedTuple):
    """One thing that happened. `at` is RFC 3339 in UTC, by the database's clock; `hash` covers all before it."""

    seq: int
    at: str
    kind: str
    body: Mapping[str, Value]
    hash: bytes


class Chunk(NamedTuple):
    """The opaque ids of people with the numbers `first`, `first` + 1 ..., 12 bytes each.

    Chunks stand as they were noted; one may fill a gap between earlier ones.
    """

    first: int
    people: bytes

    def line(self) -> bytes:
        """The chunk as it stands in a file."""
        return (_json({"first": self.first, "people": b64encode(self.people).decode()}) + "\n").encode()

    def end(self) -> int:
        """The first number after it."""
        return self.first + len(self.people) // PERSON_BYTES


class Record(NamedTuple):
    """A whole file."""

    head: Head
    entries: tuple[Entry, ...]
    register: tuple[Chunk, ...]


def body_text(body: Mapping[str, Value]) -> str:
    """A body in its one spelling."""
    return _json(dict(sorted(body.items())))


def entry_text(seq: int, at: str, kind: str, body: str) -> str:
    """An entry in its one spelling, as far as it is hashed; `body` as `body_text` gives it."""
    return f'{{"seq":{seq},"at":{_json(at)},"kind":{_json(kind)},"body":{body}}}'


def entry_hash(before: bytes, text: str) -> bytes:
    """The hash of an entry after the one with the hash `before`."""
    return sha256(_ENTRY + before + text.encode()).digest()


def entry_line(text: str, digest: bytes) -> bytes:
    """An entry as it stands in a file."""
    return f'{text[:-1]},"hash":"{digest.hex()}"}}\n'.encode()


def register_hash(before: bytes, chunk: Chunk) -> bytes:
    """The running hash of the register after one more chunk."""
    return sha256(_REGISTER + before + chunk.first.to_bytes(8, "big") + chunk.people).digest()


def read_record(lines: Iterable[bytes]) -> Record:
    """Read a file and follow its chain of hashes; RecordFault at the first line that is not as it was written."""
    numbered = enumerate(lines, 1)
    no, line = next(numbered, (1, b""))
    head = _read_head(_values(no, line))
    _same(no, line, head.text().encode() + b"\n")
    entries: list[Entry] = []
    register: list[Chunk] = []
    last = head.hash()
    for no, line in numbered:
        values = _values(no, line)
        if "seq" in values:
            if register:
                raise RecordFault(f"line {no}: an entry after the register")
            entry = _read_entry(no, values, len(entries) + 1, last)
            text = entry_text(entry.seq, entry.at, entry.kind, body_text(entry.body))
            _same(no, line, entry_line(text, entry.hash))
            entries.append(entry)
            last = entry.hash
        else:
            chunk = _read_chunk(no, values)
            _same(no, line, chunk.line())
            register.append(chunk)
    return Record(head, tuple(entries), tuple(register))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _values(no: int, line: bytes) -> dict[str, object]:
    try:
        values = (
            json.loads(line) if len(line) <= LINE_BYTES_MAX and b"\\u" not in line and _PLAIN.fullmatch(line) else None
        )
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise RecordFault(f"line {no} is no line of a queue record")
    return values


def _same(no: int, line: bytes, written: bytes) -> None:
    if line != written:
        raise RecordFault(f"line {no} is not spelled as it was written")


def _read_head(values: dict[str, object]) -> Head:
    match values:
        case {"file": file, "event": str(event), "round": int(round_no), "previous": str() | None as previous} if (
            file == FORMAT and len(values) == 4 and round_no is not True
        ):
            return Head(event, round_no, previous)
    raise RecordFault("line 1 is not the head of a queue record")


def _read_entry(no: int, values: dict[str, object], seq: int, before: bytes) -> Entry:
    match values:
        case {"seq": int(found), "at": str(at), "kind": str(kind), "body": dict(body), "hash": str(digest)} if (
            len(values) == 5 and kind in FIELDS and {name: type(value) for name, value in body.items()} == FIELDS[kind]
        ):
            if found != seq:
                raise RecordFault(f"line {no}: entry {seq} is missing")
            expected = entry_hash(before, entry_text(seq, at, kind, body_text(body)))
            if digest != expected.hex():
                raise RecordFault(f"line {no}: entry {seq} is not as it was written")
            return Entry(seq, at, kind, body, expected)
    raise RecordFault(f"line {no} is no entry of a queue record")


def _read_chunk(no: int, values: dict[str, object]) -> Chunk:
    match values:
        case {"first": int(first), "people": str(text)} if len(values) == 2:
            try:
                people = b64decode(text, validate=True)
            except (NoBase64, ValueError):
                people = b""
            chunk = Chunk(first, people)
            if people and not len(people) % PERSON_BYTES and first >= 0 and chunk.end() <= PLACES_MAX:
                return chunk
    raise RecordFault(f"line {no} is no part of the register")


def roster(register: Iterable[Chunk], count: int) -> bytes:
    """The ids of the numbers 0 to `count` - 1, 12 bytes each; zeros where a number was never given."""
    people = bytearray(PERSON_BYTES * count)
    for chunk in register:
        here = chunk.people[: PERSON_BYTES * max(0, count - chunk.first)]
        people[PERSON_BYTES * chunk.first : PERSON_BYTES * chunk.first + len(here)] = here
    return bytes(people)


def end_of(register: Iterable[Chunk]) -> int:
    """The first number that none of them has, nor any behind it."""
    return max((chunk.end() for chunk in register), default=0)
