"""Seating plans of every format: a plan that is sold, or a fault with its place. What was read can be written and
read again."""

import atheris
from tests.attacks.fuzzing import fuzz

with atheris.instrument_imports(include=["rowlock.seating"]):
    from tests.house import small_plan

    from rowlock.seating import PlanFileError, read_plan, write_plan

SEEDS = (
    *(write_plan(small_plan(rows=1, seats_per_row=2), name) for name in ("rowlock", "pretix", "csv", "svg")),
    b'{"zones":[{"rows":[]}],"categories":[]}', b'{"subChart":{"rows":[],"sections":[]},"name":"x"}',
    b'{"seatMapData":{}}', b'{"objects":[]}', b"section,row,seat\nA,1,1-20\n", b"[1]",
    b"<svg><use href='#a' id='a'/></svg>",
)  # fmt: skip


def attempt(data: bytes) -> None:
    """Read; write what could be read."""
    try:
        plan = read_plan(data)
    except PlanFileError as fault:
        assert str(fault)
        return
    assert read_plan(write_plan(plan, "rowlock")) == plan


if __name__ == "__main__":
    fuzz(attempt, SEEDS)
