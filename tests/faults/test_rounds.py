"""Kill, stop and cut, round after round, under load: every acknowledged answer stands, and no seat has two owners."""

import os
import random
from pathlib import Path

import pytest
from tests.faults.installation import up
from tests.faults.rounds import Arena, Score

KILLS = int(os.environ.get("ROWLOCK_FAULT_KILLS", "30"))
SEED = int(os.environ.get("ROWLOCK_FAULT_SEED", "20261121"))


@pytest.mark.timeout(300)
async def test_nothing_acknowledged_is_lost_whatever_is_killed(tmp_path: Path) -> None:
    scores: list[Score] = []
    with up(tmp_path, workers=2) as shop:
        async with Arena.open(shop) as arena:
            while sum(score.kills for score in scores) < KILLS:
                scores.append(await arena.round(random.Random(SEED + len(scores))))
                assert scores[-1].faults == [], f"seed {SEED + len(scores) - 1}"
        shop.rowlock("verify")
    assert all(score.acknowledged for score in scores), "a round in which nothing was sold tests nothing"
