"""Rate limits in a real Valkey, shared by processes, and without one."""

import asyncio
import uuid

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from valkey.asyncio import Valkey

from rowlock.kernel.problems import Problem
from rowlock.platform.valkey.limiter import TAKE, Limit, Limiter, LocalLimits, quota_headers


def new_limit(per_minute: int = 10) -> Limit:
    return Limit(f"test:{uuid.uuid4()}", per_minute)


async def passes(limiter: Limiter, *limits: Limit) -> bool:
    try:
        await limiter.require(*limits)
    except Problem as problem:
        assert problem.code == "rate_limited"
        assert 0 < int(str(problem.extra["retryAfter"])) <= 60
        return False
    return True


async def test_exactly_so_many_pass_however_they_come(valkey: Valkey) -> None:
    limit, limiters = new_limit(10), [Limiter(valkey), Limiter(valkey)]
    passed = await asyncio.gather(*(passes(limiters[n % 2], limit) for n in range(30)))
    assert sum(passed) == 10


async def test_zero_turns_a_limit_off(valkey: Valkey) -> None:
    limit = new_limit(0)
    assert all([await passes(Limiter(valkey), limit) for _ in range(50)])


async def test_each_limit_counts_for_itself(valkey: Valkey) -> None:
    limiter, wide, narrow = Limiter(valkey), new_limit(100), new_limit(2)
    assert [await passes(limiter, wide, narrow) for _ in range(3)] == [True, True, False]
    assert await passes(limiter, wide)


async def test_a_valkey_that_forgot_the_script_is_taught_again(valkey: Valkey) -> None:
    limiter, limit = Limiter(valkey), new_limit(5)
    assert await passes(limiter, limit)
    await valkey.script_flush()
    assert [await passes(limiter, limit) for _ in range(2)] == [True, True]


async def test_without_valkey_each_process_counts_for_itself() -> None:
    fallbacks = []
    dead = Valkey.from_url("valkey://127.0.0.1:1", socket_connect_timeout=0.2)
    for limiter in (Limiter(dead, lambda: fallbacks.append(1)), Limiter(None)):
        limit = new_limit(3)
        assert [await passes(limiter, limit) for _ in range(5)] == [True, True, True, False, False]
    assert fallbacks
    await dead.aclose()


async def test_several_are_taken_at_once_and_can_be_given_back(valkey: Valkey) -> None:
    limiter, limit = Limiter(valkey), new_limit(10)
    assert await passes(limiter, limit._replace(taken=8))
    assert not await passes(limiter, limit._replace(taken=3))
    assert await passes(limiter, limit._replace(taken=-4))
    assert await passes(limiter, limit._replace(taken=6))


async def test_marks_come_with_the_same_answer(valkey: Valkey) -> None:
    mark = f"mark:{uuid.uuid4()}"
    await valkey.set(mark, 42)
    taken = await Limiter(valkey).take([new_limit()], [mark, f"{mark}-not-there"])
    assert (taken.marks, taken.shared) == ([42, 0], True)
    alone = await Limiter(None).take([new_limit()], [mark])
    assert (alone.marks, alone.shared) == ((), False)


async def test_a_limit_without_a_name_keeps_quiet_about_itself(valkey: Valkey) -> None:
    limiter, refusals = Limiter(valkey), []
    for hidden in (new_limit(1), new_limit(1)._replace(seconds=600)):
        await limiter.require(hidden)
        with pytest.raises(Problem) as refused:
            await limiter.require(hidden, new_limit(5)._replace(name="requests"))
        refusals.append((refused.value.detail, refused.value.extra, refused.value.headers))
    assert refusals[0] == refusals[1]
    assert refusals[0][2] == ()


async def test_a_quota_with_a_name_tells_what_is_left(valkey: Valkey) -> None:
    limiter, limit = Limiter(valkey), new_limit(4)._replace(name="requests")
    rooms = [(await limiter.take([limit])).room for _ in range(4)]
    told = [dict(quota_headers([limit, new_limit()], [*room, 60.0])) for room in rooms]
    assert {one[b"ratelimit-policy"] for one in told} == {b'"requests";q=4;w=60'}
    assert [one[b"ratelimit"] for one in told] == [
        b'"requests";r=3;t=15', b'"requests";r=2;t=30', b'"requests";r=1;t=45', b'"requests";r=0;t=60',
    ]  # fmt: skip
    with pytest.raises(Problem) as refused:
        await limiter.require(limit)
    assert dict(refused.value.headers)[b"ratelimit"] == b'"requests";r=0;t=60'
    assert refused.value.extra == {"retryAfter": 15}


class Clock:
    """A clock for both: seconds here, microseconds there."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 12),
    st.integers(1, 90),
    st.lists(st.tuples(st.floats(0, 40), st.integers(-3, 4)), min_size=1, max_size=25),
)
async def test_this_process_counts_as_valkey_does(
    valkey: Valkey, quota: int, seconds: int, steps: list[tuple[float, int]]
) -> None:
    """The same calls at the same times: the same decisions, and the same room within the script's microseconds."""
    clock, limit = Clock(), Limit(f"test:{uuid.uuid4()}", quota, seconds=seconds)
    local = LocalLimits(clock)
    for pause, taken in steps:
        clock.seconds += round(pause, 3)
        wish = limit._replace(taken=taken)
        row = [(limit.key, quota, seconds * 1_000_000, taken)]
        now = str(round(clock.seconds * 1_000_000))
        answer = await valkey.eval(TAKE.text, 0, msgspec.msgpack.encode(row), now)  # type: ignore[misc,arg-type]
        shared = -msgspec.msgpack.decode(answer)[0] / 1_000_000
        alone = local.take(wish)
        assert abs(shared - alone) < 0.001
        assert (shared < 0) == (alone < 0)
