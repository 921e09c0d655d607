"""Rate limits in a real Valkey, shared by processes, and without one."""

import asyncio
import uuid

from valkey.asyncio import Valkey

from rowlock.kernel.problems import Problem
from rowlock.platform.valkey.limiter import Limit, Limiter


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
