"""Queue records and tickets: files that somebody may have changed, or written to mislead whoever checks them."""

from pathlib import Path

import atheris
from tests.attacks.fuzzing import fuzz

with atheris.instrument_imports(include=["rowlock.waiting_room.proof", "rowlock.waiting_room.signing"]):
    from rowlock.waiting_room.proof import Head, RecordFault, check_record, entry_hash, entry_line, read_record
    from rowlock.waiting_room.signing import read_unproven

RECORD = (Path(__file__).parents[1] / "vectors" / "queue_record.jsonl").read_bytes()
HEAD = Head("12", 1, None)


def attempt(data: bytes) -> None:
    """A file is a record, or is said not to be; so is one whose liar has chained every hash as it must be."""
    for file in (data.splitlines(keepends=True), chained(data)):
        try:
            record = read_record(file)
        except RecordFault as fault:
            assert str(fault)
            continue
        verdict = check_record(record)
        assert all(verdict.faults)
        assert not verdict.order or b"".join(file) == RECORD
    read_unproven(data.decode("latin-1"))


def chained(data: bytes) -> list[bytes]:
    """The file's entries without their hashes, hashed anew from the head on; the register as it is."""
    lines, last = [HEAD.text().encode() + b"\n"], HEAD.hash()
    for line in data.splitlines():
        text = line.split(b',"hash":')[0].decode("latin-1") + "}"
        if not text.startswith('{"seq":'):
            lines.append(line + b"\n")
            continue
        try:
            last = entry_hash(last, text)
            lines.append(entry_line(text, last))
        except UnicodeEncodeError:
            break
    return lines


if __name__ == "__main__":
    fuzz(attempt, [RECORD, *RECORD.splitlines(keepends=True)])
