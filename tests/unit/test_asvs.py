"""The table of ASVS requirements: every one of level 2 stands in it once, and what it points at is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "asvs.md"
STATES = {"yes", "part", "no", "n/a", "deploy"}


def required() -> list[str]:
    """The ids of levels 1 and 2, kept as `section: numbers`."""
    lines = (Path(__file__).parent / "asvs_5.0_level_2.txt").read_text().splitlines()
    return [
        f"{section}.{no}" for section, _, numbers in (line.partition(": ") for line in lines) for no in numbers.split()
    ]


def judged() -> Iterator[tuple[str, str, str]]:
    """Id, state and place of every requirement in the table; `1.4.1-1.4.3` are three."""
    known = required()
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or len(cells) != 3 or cells[1] not in STATES:
            continue
        for span in re.findall(r"\d+\.\d+\.\d+(?:-\d+\.\d+\.\d+)?", cells[0]):
            first, _, last = span.partition("-")
            ids = known[known.index(first) : known.index(last or first) + 1]
            yield from ((number, cells[1], cells[2]) for number in ids)


def test_every_requirement_is_judged_once() -> None:
    assert [number for number, _, _ in judged()] != []
    assert sorted(number for number, _, _ in judged()) == sorted(required())


@pytest.mark.parametrize("number", [number for number, state, _ in judged() if state in {"part", "no"}])
def test_a_gap_says_what_is_missing(number: str) -> None:
    assert next(place for judged_number, _, place in judged() if judged_number == number)


def test_what_the_table_points_at_is_there() -> None:
    text = TABLE.read_text()
    places = set(re.findall(r"`((?:src|tests|tools|web|requirements)/[^`]+)`", text))
    links = set(re.findall(r"\]\((?!https)([^)]+)\)", text))
    missing = [path for path in places if not (ROOT / path).exists()]
    missing += [link for link in links if not (TABLE.parent / link).exists()]
    assert missing == []
