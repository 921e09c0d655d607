"""`rowlock queue verify` as somebody uses it who has the file and nothing else."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from tests.unit.waiting_room.written import CLOSES_AT, SEED, Writer, person, whole_sale

from rowlock.cli.queues import queue
from rowlock.waiting_room.proof import PlaceProver, draw, draw_key, roster, roster_tree
from rowlock.waiting_room.signing import QueueSeals, QueueTicket


def verify(*words: str | Path) -> Result:
    """The verb, run to its end."""
    return CliRunner().invoke(queue, ["verify", *map(str, words)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A sound record."""
    path = tmp_path / "record.jsonl"
    path.write_bytes(b"".join(whole_sale().lines()))
    return path


def prover_of(record: Writer) -> PlaceProver:
    """Proofs of the draw in `whole_sale`."""
    ids = roster(record.chunks, 43)
    committed = Writer().commit(closes_at=CLOSES_AT)
    return PlaceProver("12", 1, ids, draw(draw_key(SEED, committed, b"", roster_tree(ids).root), ids))


def test_a_sound_record_says_what_it_shows_and_what_not(file: Path) -> None:
    result = verify(file, "--person", person(3).hex())
    assert result.exit_code == 0, result.output
    assert "9 entries, 49 people" in result.output
    assert "not shown: that the organiser, who knew the seed," in result.output
    assert "came as number 3 and stands at rank" in result.output


def test_scripts_read_json(file: Path) -> None:
    told = json.loads(verify(file, "--json", "--person", person(5_001).hex()).output)
    assert (told["holds"], told["faults"], told["place"]) == (True, [], {"number": 44, "rank": 44})
    assert len(told["proven"]) == 3


def test_the_bearer_of_a_ticket_finds_their_place(file: Path) -> None:
    seals = QueueSeals(b"a secret that the reader does not have")
    told = json.loads(verify(file, "--json", "--ticket", seals.ticket(QueueTicket(12, 1, 4, person(4)))).output)
    assert told["place"]["number"] == 4
    for wrong in (
        "x",
        "",
        seals.ticket(QueueTicket(13, 1, 4, person(4))),
        seals.ticket(QueueTicket(12, 1, 4, person(77))),
    ):
        assert verify(file, "--ticket", wrong).exit_code == 1


def test_a_spoiled_record_exits_1(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:-1], lines[-1].replace(b"A", b"B", 1)]))
    result = verify(file)
    assert (result.exit_code, "FAIL" in result.output) == (1, True)
    assert json.loads(verify(file, "--json").output)["holds"] is False
    file.write_bytes(b"nothing\n")
    result = verify(file)
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)


def test_an_earlier_copy_must_be_the_beginning(file: Path, tmp_path: Path) -> None:
    record, earlier = whole_sale(), tmp_path / "earlier.jsonl"
    record.entries, record.chunks = record.entries[:4], record.chunks[:2]
    earlier.write_bytes(b"".join(record.lines()))
    assert verify(file, "--earlier", earlier).exit_code == 0
    result = verify(earlier, "--earlier", file)
    assert (result.exit_code, "the entries are not those of the earlier copy" in result.output) == (1, True)


def test_a_saved_proof_is_held_against_the_record(file: Path, tmp_path: Path) -> None:
    saved, proof = tmp_path / "proof.json", prover_of(whole_sale()).prove(7)
    assert proof is not None
    saved.write_bytes(msgspec.json.encode(proof))
    assert verify(file, "--proof", saved).exit_code == 0
    for spoiled in ({"number": 8}, {"rank": proof.rank + 1}, {"event": "13"}):
        saved.write_bytes(msgspec.json.encode(msgspec.structs.replace(proof, **spoiled)))
        assert verify(file, "--proof", saved).exit_code == 1
    saved.write_bytes(b"{}")
    assert verify(file, "--proof", saved).exit_code == 1


@pytest.mark.parametrize("unknown", ["", "xyz", person(77).hex(), person(3).hex()[:-2]])
def test_who_is_not_in_the_line_is_told(file: Path, unknown: str) -> None:
    assert verify(file, "--person", unknown).exit_code == 1
