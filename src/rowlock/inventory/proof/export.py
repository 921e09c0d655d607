"""A ledger as a file: a line with what it starts from, then a line a row. Replayed without any database."""

from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

import msgspec

from rowlock.inventory.proof.certificate import Certificate
from rowlock.inventory.proof.replay import Replay, first_hash
from rowlock.inventory.store import SQL
from rowlock.platform.postgres import Connection

FORMAT = "rowlock-ledger/1"
ROWS_FETCHED = 1_000
Line = TypeVar("Line")


class LedgerHead(msgspec.Struct, frozen=True, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """The first line: whose ledger it is, and the tier number of every seat in seat order."""

    format: str = FORMAT
    event_id: int
    epoch: int
    tiers: tuple[int, ...]


class LedgerLine(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A row; `at_us` in microseconds since 1970, hashes in hexadecimal."""

    seq: int
    at_us: int
    changes: str
    prev_hash: str
    hash: str


class LedgerFileFault(Exception):  # noqa: N818  an outcome for the reader
    """The file is no exported ledger; the message says where."""


async def export_ledger(connection: Connection, event_id: int) -> AsyncIterator[bytes]:
    """The lines of an event's ledger at one moment, each with its line end; none when there is no such event."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        inventory = await connection.fetchrow(SQL["verify_inventory"], event_id)
        if inventory is None:
            return
        seats = await connection.fetch(SQL["verify_seats"], event_id)
        tiers = tuple(row["tier_no"] for row in seats)
        yield msgspec.json.encode(LedgerHead(event_id=event_id, epoch=inventory["epoch"], tiers=tiers)) + b"\n"
        async for row in connection.cursor(SQL["verify_ledger"], event_id, prefetch=ROWS_FETCHED):
            hashes = row["prev_hash"].hex(), row["hash"].hex()
            yield msgspec.json.encode(LedgerLine(row["seq"], row["at_us"], row["changes"], *hashes)) + b"\n"


def replay_file(lines: Iterable[bytes], certificates: Iterable[Certificate]) -> list[str]:
    """Replay an exported ledger up to the position of its event's certificate; what contradicts it, if anything does.

    LedgerFileFault when a line cannot be read or no certificate is of this event.
    """
    rows = iter(lines)
    head = _read(next(rows, b""), 1, LedgerHead)
    if head.format != FORMAT:
        raise LedgerFileFault(f"this ledger is of format {head.format}, known is {FORMAT}")
    until = next((certificate for certificate in certificates if certificate.event_id == head.event_id), None)
    if until is None:
        raise LedgerFileFault(f"this ledger is of event {head.event_id}, of which there is no certificate")
    replay = Replay(head.event_id, len(head.tiers), first_hash(head.event_id, head.epoch, head.tiers))
    for number, text in enumerate(rows, start=2):
        if replay.rows == until.seq:
            break
        line = _read(text, number, LedgerLine)
        replay.row(line.seq, line.at_us, line.changes, _bytes(line.prev_hash, number), _bytes(line.hash, number))
        replay.take_closed()
    return [*replay.chain_faults.first, *replay.owner_faults.first, *_contradictions(replay, head, until)]


def _contradictions(replay: Replay, head: LedgerHead, certificate: Certificate) -> list[str]:
    found = {
        "epoch": (head.epoch, certificate.epoch),
        "position": (replay.rows, certificate.seq),
        "head hash": (replay.head.hex(), certificate.head_hash),
        "number of steps": (replay.changes, certificate.steps),
        "number of bookings": (replay.bookings, certificate.bookings),
        "seat counts": (replay.counts(), list(certificate.counts.values())),
        "owners of the seats": (replay.owners_digest(), certificate.owners_digest),
    }
    return [
        f"the {what} of the ledger is {ledgers}, the certificate says {certified}"
        for what, (ledgers, certified) in found.items()
        if ledgers != certified
    ]


def _read(text: bytes, number: int, kind: type[Line]) -> Line:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LedgerFileFault(f"line {number} is no line of a ledger: {error}") from error


def _bytes(text: str, number: int) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise LedgerFileFault(f"line {number} has a hash that is no hexadecimal number") from error
