"""Whatever the bytes, reading gives a plan that passes the check or a PlanFileError, never anything else."""

import json
from math import isfinite
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.seating.plans import small_plan

from rowlock.seating import FORMATS, PlanFileError, check_plan, read_plan, write_plan

WRITTEN = {name: write_plan(small_plan(), name) for name, known in FORMATS.items() if known.write}
OPENINGS = {
    "rowlock": b'{"format":"rowlock-plan/1",',
    "pretix": b'{"zones":[',
    "seatsio": b'{"subChart":{',
    "ticketland": b'{"objects":[',
    "seat-grid": b'{"seatMapData":[',
    "stadium-ranges": b'{"west":{"name":"west","a":{"name":"1","rows":[',
    "csv": b"section,row,number\n",
    "svg": b"<svg>",
}
keys = st.sampled_from(
    ["format", "zones", "name", "categories", "size", "rows", "seats", "subChart", "objects", "type", "seatMapData",
     "label", "x", "y", "points", "sections", "position", "width", "height", "capacity", "list", "attrs", "section"]
)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("1-4"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def read_or_refuse(data: bytes, *, repair: bool = False) -> None:
    """Anything but a sound plan or a PlanFileError fails the test."""
    try:
        plan = read_plan(data, "plan.bin", repair=repair)
    except PlanFileError as refused:
        fault = refused.fault
    else:
        assert check_plan(plan) == []
        return
    assert fault.message
    assert len(str(fault)) < 1_000


@given(st.binary(max_size=400), st.booleans())
@example(b"", False)
@example(b"\xef\xbb\xbf", False)
@example(b"\xff\xfes\x00e\x00", False)
@example(b"\x1c", False)
@example(b"PK\x03\x04\x00\x00", False)
def test_any_bytes(data: bytes, repair: bool) -> None:
    read_or_refuse(data, repair=repair)


@given(st.sampled_from(sorted(OPENINGS)), st.binary(max_size=200))
def test_any_bytes_after_a_good_start(name: str, rest: bytes) -> None:
    read_or_refuse(OPENINGS[name] + rest)


@given(st.sampled_from(sorted(WRITTEN)), st.data())
def test_a_good_file_with_a_part_replaced(name: str, data: st.DataObject) -> None:
    good = WRITTEN[name]
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 40)))
    replacement = data.draw(st.binary(max_size=12) | st.sampled_from([b"NaN", b"1e999", b"-1", b'""', b"null", b"{}"]))
    read_or_refuse(good[:start] + replacement + good[end:], repair=data.draw(st.booleans()))


@given(st.dictionaries(keys, values, max_size=5))
def test_any_json_of_the_known_words(document: dict[str, Any]) -> None:
    read_or_refuse(json.dumps(document, allow_nan=False, default=str).encode() if _finite(document) else b"{}")


def _finite(value: Any) -> bool:  # noqa: ANN401 - walks any JSON value
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, dict):
        return all(_finite(inner) for inner in value.values())
    return all(_finite(inner) for inner in value) if isinstance(value, list) else True


@pytest.mark.parametrize("opening", [b"[", b'{"format":', b'{"zones":[[', b"<g>", b'{"subChart":{"sections":['])
def test_deep_nesting_is_refused(opening: bytes) -> None:
    with pytest.raises(PlanFileError):
        read_plan((b"<svg>" if opening[:1] == b"<" else b"") + opening * 50_000)
