"""Kill, stop and cut, round after round, under load: every acknowledged answer stands, and no seat has two owners."""

import os
import random
from pathlib import Path

import pytest
from tests.faults.installation import up
from tests.faults.rounds import Arena, Score
from tests.house import every_strategy

from rowlock.settings import HoldStrategyName

KILLS = int(os.environ.get("ROWLOCK_FAULT_KILLS", "10"))
"""Processes killed while each strategy sells."""

SEED = int(os.environ.get("ROWLOCK_FAULT_SEED", "20261121"))


@every_strategy
@pytest.mark.timeout(300)
async def test_nothing_acknowledged_is_lost_whatever_is_killed(tmp_path: Path, strategy: HoldStrategyName) -> None:
    scores: list[Score] = []
    with up(tmp_path, 2, strategy) as shop:
        async with Arena.open(shop) as arena:
            while sum(score.kills for score in scores) < KILLS:
                scores.append(await arena.round(random.Random(SEED + len(scores))))
                assert scores[-1].faults == [], f"seed {SEED + len(scores) - 1}"
        shop.rowlock("verify")
    assert all(score.acknowledged for score in scores), "a round in which nothing was sold tests nothing"
