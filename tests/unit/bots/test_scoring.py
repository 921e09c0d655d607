"""Rules, answers and the slow lane: pure, and said one by one."""

import asyncio
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulation.virtual_time import pass_time, run

from rowlock.bots.answers import STEPS, Answer, Proof, answer_to, difficulty, worst
from rowlock.bots.challenge import DIFFICULTY_MAX
from rowlock.bots.contention import LEVEL_MAX, Contention
from rowlock.bots.model import SCORE_MAX, STEPS_SHORTER_MAX, Mark, Ruling, mark_of
from rowlock.bots.rules import RULES, findings, score_of
from rowlock.bots.slow_lane import PER_SECOND_MIN, WAITING_MAX, SlowLane
from rowlock.bots.traces import contradicts_itself
from rowlock.bots.watch import deserves_block
from rowlock.kernel.problems import Problem

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"


def rules_of(kind: str, record: Mapping[str, int]) -> set[str]:
    """The names of the rules that fire."""
    return {finding.rule for finding in findings(kind, record)}


def gaps(count: int, mean_ms: int, spread_ms: int) -> dict[str, int]:
    """A record of so many pauses, half of them shorter and half of them longer than their mean."""
    squares = (count // 2) * ((mean_ms - spread_ms) ** 2 + (mean_ms + spread_ms) ** 2)
    return {"gaps": count, "gap_sum": count * mean_ms, "gap_squares": squares}


@pytest.mark.parametrize(
    ("kind", "record", "rule"),
    [
        ("device", {"quick": 2}, "quick"),
        ("person", gaps(6, 5_000, 300), "even"),
        ("person", gaps(6, 1_500, 1_000), "hasty"),
        ("person", {"lapsed": 2, "released": 1}, "holds_without_buying"),
        ("prefix", {"lapsed": 12, "paid": 2}, "cluster_without_buying"),
        ("look", {"lapsed": 12}, "cluster_without_buying"),
        ("person", {"next_to_last": 3}, "walks_the_rows"),
        ("person", {"full": 3}, "always_the_most"),
        ("person", {"look:a": 1, "look:b": 1, "look:c": 1}, "changing_look"),
        ("person", {"odd": 3}, "odd_headers"),
        ("device", {f"who:{n}": 1 for n in range(4)}, "many_people"),
        ("prefix", {f"who:{n}": 1 for n in range(12)} | {"attempts": 20}, "many_new_people"),
    ],
)
def test_each_rule_fires_at_its_threshold_and_not_just_below(kind: str, record: dict[str, int], rule: str) -> None:
    assert rules_of(kind, record) == {rule}
    field = next(iter(record))
    less = {name: value for name, value in record.items() if name != field}
    if record[field] > 1:
        less[field] = record[field] - 1
    if rule in {"even", "hasty"}:
        less = gaps(4, 5_000, 300) if rule == "even" else gaps(4, 1_500, 1_000)
    assert rules_of(kind, less) == set()


def test_people_are_not_taken_for_bots() -> None:
    """Somebody who tries for seats in a rush, loses them, gives a hold back, looks on, and buys at last."""
    record = {"attempts": 9, "paid": 1, "released": 2, "lapsed": 1, "look:a": 9, **gaps(8, 7_000, 4_500)}
    assert rules_of("person", record) == set()
    family = {"attempts": 9, "who:a": 5, "who:b": 3, "who:c": 1, "quick": 1, "paid": 2, "released": 3}
    assert rules_of("device", family) == set()
    carrier = {f"who:{n}": 1 for n in range(150)} | {"attempts": 400, "looked": 300, "paid": 90, "lapsed": 100}
    assert rules_of("prefix", carrier) == set()


@given(st.dictionaries(st.sampled_from(["quick", "odd", "lapsed", "released", "full", "next_to_last"]),
                       st.integers(0, 10_000)))  # fmt: skip
def test_no_rule_alone_blocks(record: dict[str, int]) -> None:
    for kind in RULES:
        for finding in findings(kind, record):
            assert finding.points < STEPS.block
            assert finding.seen
        assert 0 <= score_of(findings(kind, record)) <= SCORE_MAX


def test_a_block_needs_a_high_score_by_two_rules_and_a_milder_answer_before() -> None:
    record = {"quick": 9, **{f"who:{n}": 1 for n in range(20)}}
    found = findings("device", record)
    assert score_of(found) >= STEPS.block
    assert not deserves_block(found, record)
    assert deserves_block(found, record | {"answer:challenge": 1})
    assert not deserves_block(found[:1], record | {"answer:challenge": 1})


@given(st.integers(0, SCORE_MAX), st.sampled_from(Ruling), st.integers(0, STEPS_SHORTER_MAX))
def test_a_mark_survives_being_kept(score: int, ruling: Ruling, shorter: int) -> None:
    mark = Mark(score, ruling, shorter)
    assert mark_of(mark.number) == mark


def test_points_of_several_names_add_up_and_staff_have_the_last_word() -> None:
    assert worst([Mark(20), Mark(35, Ruling.BLOCKED), Mark(0, Ruling.NONE, 2)]) == Mark(55, Ruling.BLOCKED, 2)
    assert worst([Mark(99, Ruling.BLOCKED), Mark(50, Ruling.LIFTED)]) == Mark(0, Ruling.LIFTED)
    assert worst([]) == Mark(0)


@pytest.mark.parametrize(
    ("score", "level", "proof", "answer"),
    [
        (29, 4, Proof.NONE, Answer.GO),
        (30, 0, Proof.NONE, Answer.GO),
        (30, 1, Proof.NONE, Answer.PROVE),
        (30, 1, Proof.SOLVED, Answer.GO),
        (30, 1, Proof.WAITS, Answer.SLOW),
        (30, 1, Proof.UNKNOWN, Answer.SLOW),
        (99, 0, Proof.NONE, Answer.GO),
        (60, 1, Proof.NONE, Answer.PROVE),
        (60, 1, Proof.SOLVED, Answer.SLOW),
        (200, 4, Proof.SOLVED, Answer.SLOW),
    ],
)
def test_answers_come_in_steps(score: int, level: int, proof: Proof, answer: Answer) -> None:
    assert answer_to(Mark(score), level, proof) is answer


@pytest.mark.parametrize("proof", Proof)
def test_who_is_blocked_waits_in_a_calm_sale_and_gets_no_puzzle(proof: Proof) -> None:
    assert answer_to(Mark(0, Ruling.BLOCKED), 0, proof) is Answer.SLOW


def test_proofs_get_harder_with_the_crowd_and_the_score() -> None:
    grid = [[difficulty(Mark(score), level) for score in (30, 60)] for level in range(LEVEL_MAX + 1)]
    assert grid == [[1, 2], [1, 2], [2, 3], [3, 4], [4, 4]]
    assert max(map(max, grid)) == DIFFICULTY_MAX


class Clock:
    """Seconds, as told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_contention_follows_the_last_seconds() -> None:
    clock = Clock()
    contention = Contention(600, clock)
    levels = []
    for per_second in (5, 20, 100, 0, 0):
        for _ in range(200):
            clock.now += 0.05
            for _ in range(per_second // 20 or (per_second > 0 and int(clock.now * 20) % 4 == 0)):
                contention.note(1)
        levels.append(contention.level(1))
    assert levels[0] == 0
    assert 0 < levels[1] < levels[2] <= LEVEL_MAX
    assert levels[4] == 0
    assert contention.level(2) == 0


def test_the_slow_lane_lets_few_through_and_nobody_wait_for_ever() -> None:
    async def crowd() -> list[float]:
        loop = asyncio.get_running_loop()
        lane, passed = SlowLane(loop.time), []

        async def bot() -> None:
            try:
                await lane.wait()
                passed.append(loop.time())
            except Problem as problem:
                assert problem.code == "rate_limited"

        bots = [asyncio.create_task(bot()) for _ in range(WAITING_MAX + 20)]
        await pass_time(60)
        assert all(task.done() for task in bots)
        assert len(lane) == 0
        return passed

    passed = run(crowd())
    pauses = [later - earlier for earlier, later in pairwise(passed)]
    assert 5 <= len(passed) <= 7
    assert min(pauses) >= 1 / PER_SECOND_MIN - 0.01


@pytest.mark.parametrize(
    ("lines", "odd"),
    [
        ({"user-agent": FIREFOX, "accept-language": "de"}, False),
        ({"user-agent": CHROME, "accept-language": "de"}, False),
        ({"user-agent": CHROME, "accept-language": "de", "sec-ch-ua": '"Chromium";v="139", "Not A";v="99"'}, False),
        ({"user-agent": CHROME, "accept-language": "de", "sec-ch-ua": '"Chromium";v="120"'}, True),
        ({"user-agent": FIREFOX, "accept-language": "de", "sec-ch-ua": '"Chromium";v="120"'}, True),
        ({"user-agent": CHROME}, True),
        ({"user-agent": "partner-shop/1.0"}, False),
        ({}, False),
    ],
)
def test_headers_that_claim_another_browser_are_seen(lines: dict[str, str], odd: bool) -> None:
    headers = [(name.encode(), value.encode()) for name, value in lines.items()]
    assert contradicts_itself(headers) is odd
