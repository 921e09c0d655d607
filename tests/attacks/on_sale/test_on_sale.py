"""One short on-sale: people are served as if there were no bots, and without the defence the bots win."""

import pytest
from tests.attacks.on_sale.report import play
from tests.attacks.on_sale.sale import CAPPED, EVERYTHING, NOTHING

PEOPLES_LOSS_MAX = 0.05
TIMES_FAIR_SHARE_MAX = 1.2


@pytest.mark.parametrize("seed", [11, 12])
def test_people_get_what_they_would_get_without_bots(seed: int) -> None:
    calm = play(seed, EVERYTHING, with_bots=False)
    pressed = play(seed, EVERYTHING)
    assert calm.people_served > 0.95
    assert pressed.bot_traffic >= 0.35
    assert pressed.people_served >= calm.people_served - PEOPLES_LOSS_MAX
    assert pressed.bot_seats <= TIMES_FAIR_SHARE_MAX * pressed.fair_share
    assert pressed.people_asked == 0
    assert pressed.bots_asked > 0


def test_without_the_defence_the_bots_win() -> None:
    open_house = play(11, NOTHING)
    assert open_house.people_served < 0.5
    assert open_house.bot_seats > 2 * open_house.fair_share


def test_scoring_shortens_what_is_held_in_vain() -> None:
    assert play(11, EVERYTHING).held_in_vain < 0.9 * play(11, CAPPED).held_in_vain
