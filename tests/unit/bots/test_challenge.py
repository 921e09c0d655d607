"""Proof of work: for one person, one action, one event, for two minutes."""

import base64
import json

import altcha
import pytest

from rowlock.bots.challenge import LIFETIME_SECONDS, TRIES_BASE, Challenges, Purpose

PURPOSE = Purpose("person:1", "reserve", "12")


class Clock:
    """The time of day."""

    def __init__(self) -> None:
        self.now = 4_000_000_000.0

    def __call__(self) -> float:
        return self.now


def start_of(challenge: altcha.Challenge) -> int:
    """Below which number nobody need look."""
    assert challenge.parameters.data is not None
    return int(challenge.parameters.data["from"])


def solution_of(challenge: dict[str, object]) -> str:
    """What a browser sends back."""
    read = altcha.Challenge.from_dict(challenge)
    solved = altcha.solve_challenge(read, counter_start=start_of(read))
    assert solved is not None
    return str(altcha.Payload(read, solved).to_base64())


async def test_a_solution_is_good_for_what_it_was_asked_for() -> None:
    clock = Clock()
    challenges = Challenges(b"x" * 32, clock)
    payload = solution_of(await challenges.make(PURPOSE, 1))
    first = challenges.solved(payload, PURPOSE)
    assert first is not None
    assert challenges.solved(payload, PURPOSE) == first, "the same word every time, so that it can be spent once"
    for other in (PURPOSE._replace(who="person:2"), PURPOSE._replace(action="buy"), PURPOSE._replace(event="13")):
        assert challenges.solved(payload, other) is None
    assert Challenges(b"y" * 32, clock).solved(payload, PURPOSE) is None
    clock.now += LIFETIME_SECONDS + 1
    assert challenges.solved(payload, PURPOSE) is None


async def test_nothing_about_a_challenge_can_be_changed() -> None:
    challenges = Challenges(b"x" * 32, Clock())
    whole = json.loads(base64.b64decode(solution_of(await challenges.make(PURPOSE, 1))))
    for name, value in {"expiresAt": 4_100_000_000, "cost": 1, "keyPrefix": "00", "data": PURPOSE._asdict()}.items():
        parameters = whole["challenge"]["parameters"] | {name: value}
        changed = {**whole, "challenge": {**whole["challenge"], "parameters": parameters}}
        assert challenges.solved(base64.b64encode(json.dumps(changed).encode()).decode(), PURPOSE) is None


@pytest.mark.parametrize(
    "rubbish", ["", "wait", "e30=", "[]", "a" * 5_000, base64.b64encode(b'{"challenge":{}}').decode()]
)
async def test_rubbish_is_no_solution(rubbish: str) -> None:
    assert Challenges(b"x" * 32).solved(rubbish, PURPOSE) is None


async def test_the_work_is_bounded_and_grows() -> None:
    challenges = Challenges(b"x" * 32, Clock())
    for level in (1, 4):
        read = altcha.Challenge.from_dict(await challenges.make(PURPOSE, level))
        solved = altcha.solve_challenge(read, counter_start=start_of(read))
        assert solved is not None
        assert TRIES_BASE * level // 2 <= solved.counter < TRIES_BASE * level


async def test_any_altcha_client_finds_it_from_the_beginning() -> None:
    read = altcha.Challenge.from_dict(await Challenges(b"x" * 32).make(PURPOSE, 1))
    assert altcha.solve_challenge(read) is not None
