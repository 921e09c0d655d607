"""`rowlock queue`: the waiting room of an event."""

from pathlib import Path

import click
import msgspec

from rowlock.cli.installation import VerbFault, json_option, one_line_faults
from rowlock.waiting_room.proof import (
    PERSON_BYTES,
    Entry,
    Place,
    PlaceProof,
    Record,
    RecordFault,
    check_record,
    read_record,
)
from rowlock.waiting_room.signing import read_unproven

ReadableFile = click.Path(exists=True, dir_okay=False, path_type=Path)
PROVEN = (
    "the order follows from the seed, the beacon and the people by the rules told before",
    "the seed is the one promised before the draw",
    "nobody was added, left out or moved since the draw was closed, and nobody stands twice",
)
NOT_PROVEN = (
    "that each opaque id is a person, and not somebody the organiser made up",
    "that everybody was given this same record: compare its last hash with others, or use --earlier",
)
NO_BEACON = "that the organiser, who knew the seed, did not choose whom to add before the draw was closed: no beacon"
BEACON = "that the beacon is genuine: look it up at its source"


@click.group()
def queue() -> None:
    """The waiting room: see what it says is true."""


@queue.command("verify")
@click.argument("file", type=ReadableFile)
@click.option("--person", metavar="ID", help="Also tell where this opaque id stands.")
@click.option("--ticket", help="The same for whoever has this ticket, as the queue gave it.")
@click.option("--proof", type=ReadableFile, help="Also check this proof of a place, as the queue gave it.")
@click.option("--earlier", type=ReadableFile, help="Also check that FILE goes on from this earlier copy.")
@json_option
@one_line_faults
def verify(
    *,
    file: Path,
    person: str | None,
    ticket: str | None,
    proof: Path | None,
    earlier: Path | None,
    as_json: bool,
) -> None:
    """Recompute a queue's draw from FILE, its public record; needs no database. Exit 0 only if all of it holds."""
    record = _read(file)
    verdict = check_record(record)
    faults = list(verdict.faults)
    if earlier is not None:
        faults += _not_continued(_read(earlier), record)
    if proof is not None and not faults:
        faults += _place_faults(_read_proof(proof), record)
    asked = _person_of(ticket, record) if ticket is not None else _person(person) if person is not None else None
    place = None if asked is None or faults else verdict.place(record, asked)
    if asked is not None and place is None and not faults:
        faults.append(f"{asked.hex()} is not in the register")
    _tell(record, faults, place, as_json=as_json)
    if faults:
        raise SystemExit(1)


def _read(path: Path) -> Record:
    try:
        with path.open("rb") as lines:
            return read_record(lines)
    except RecordFault as fault:
        raise VerbFault(f"{path}: {fault}") from fault


def _read_proof(path: Path) -> PlaceProof:
    try:
        return msgspec.json.decode(path.read_bytes(), type=PlaceProof)
    except msgspec.DecodeError as error:
        raise VerbFault(f"{path} is no proof of a place") from error


def _person(text: str) -> bytes:
    try:
        person = bytes.fromhex(text)
    except ValueError:
        person = b""
    if len(person) != PERSON_BYTES:
        raise VerbFault(f"an opaque id has {2 * PERSON_BYTES} hexadecimal digits")
    return person


def _person_of(text: str, record: Record) -> bytes:
    ticket = read_unproven(text)
    if ticket is None:
        raise VerbFault("this is no ticket of a queue")
    if (str(ticket.event_id), ticket.round) != (record.head.event, record.head.round):
        raise VerbFault(f"this ticket is of event {ticket.event_id}, round {ticket.round}")
    return ticket.person


def _not_continued(earlier: Record, record: Record) -> list[str]:
    """What the earlier copy has that this one has not."""
    faults = []
    if earlier.head != record.head or earlier.entries != record.entries[: len(earlier.entries)]:
        faults.append("the entries are not those of the earlier copy, with more after them")
    if earlier.register != record.register[: len(earlier.register)]:
        faults.append("the register is not that of the earlier copy, with more after it")
    return faults


def _place_faults(proof: PlaceProof, record: Record) -> list[str]:
    roots = {entry.kind: entry.body for entry in record.entries if entry.kind in {"closed", "drawn"}}
    if (proof.event, proof.round) != (record.head.event, record.head.round):
        return ["the proof of the place is about another line"]
    if len(roots) < 2:
        return ["the proof of the place is about a draw that this record does not have"]
    return proof.faults(str(roots["closed"]["roster"]), str(roots["drawn"]["order"]))


def _tell(record: Record, faults: list[str], place: Place | None, *, as_json: bool) -> None:
    kinds = {entry.kind: entry for entry in record.entries}
    last = record.entries[-1].hash.hex() if record.entries else record.head.hash().hex()
    counts = {
        "entries": len(record.entries),
        "people": sum(len(part.people) for part in record.register) // PERSON_BYTES,
    }
    proven, not_proven = _meaning(kinds) if not faults else ((), ())
    if as_json:
        found = {"holds": not faults, "faults": faults, "event": record.head.event, "round": record.head.round}
        told = {"lastHash": last, "proven": proven, "notProven": not_proven}
        where = None if place is None else place._asdict()
        click.echo(msgspec.json.encode(found | counts | told | {"place": where}))
        return
    click.echo(f"event {record.head.event}, round {record.head.round}: {counts['entries']} entries", nl=False)
    click.echo(f", {counts['people']:,} people; last hash {last}")
    for line in faults:
        click.echo(f"{click.style('FAIL', fg='red')} {line}")
    for line in proven:
        click.echo(f"{click.style('ok  ', fg='green')} {line}")
    for line in not_proven:
        click.echo(f"     not shown: {line}")
    if place is not None:
        click.echo(f"this person came as number {place.number:,} and stands at rank {place.rank:,}, counted from 0")


def _meaning(kinds: dict[str, Entry]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What follows from a record without fault, and what does not."""
    if "drawn" not in kinds:
        return ("the entries and the register are those that were counted",), NOT_PROVEN
    return PROVEN, (*NOT_PROVEN, BEACON if "beacon" in kinds else NO_BEACON)
