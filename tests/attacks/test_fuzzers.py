"""Every fuzzer runs a little; `make attack` lets them run long."""

import pytest
from tests.attacks.fuzzing import AVAILABLE, FUZZERS, WHY_NOT, run_fuzzer

RUNS = 1_000


@pytest.mark.skipif(not AVAILABLE, reason=WHY_NOT)
@pytest.mark.parametrize("name", FUZZERS)
async def test_nothing_is_found(name: str) -> None:
    row = await run_fuzzer(name, f"-runs={RUNS}")
    assert row.through == ()
    assert row.tries >= RUNS
