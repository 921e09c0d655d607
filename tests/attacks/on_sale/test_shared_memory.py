"""The simulated Valkey answers as the real scripts do."""

import uuid
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.attacks.on_sale.shared_memory import SharedMemory
from valkey.asyncio import Valkey

from rowlock.bots.watch import MARK, NOTE

FIELDS = st.sampled_from(["attempts", "released", "paid", "who:a", "who:b"])
SEEN = st.tuples(
    st.dictionaries(FIELDS, st.integers(1, 3), max_size=3),
    st.dictionaries(st.sampled_from(["open:1", "open:2"]), st.integers(1, 90_000), max_size=2),
    st.lists(st.sampled_from(["open:1", "open:2"]), max_size=1),
    st.booleans(),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 30_000), SEEN), min_size=1, max_size=8))
async def test_what_is_noted_adds_up_alike(valkey: Valkey, steps: list[tuple[int, Any]]) -> None:
    memory, key, now = SharedMemory(lambda: now / 1000), f"seen:{uuid.uuid4()}", 1
    for pause, (adds, sets, drops, attempted) in steps:
        now += pause
        ends = {field: now + later for field, later in sets.items()}
        packed = msgspec.msgpack.encode([(key, adds, ends, drops, attempted)])
        arguments = (packed, str(now), "7200", "200", "800", "3")
        real = await valkey.eval(NOTE.text, 0, *arguments)  # type: ignore[misc,arg-type]
        told = memory.answer(NOTE, arguments)
        assert isinstance(told, bytes)
        assert msgspec.msgpack.decode(told) == msgspec.msgpack.decode(real)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([0, 1_040, 2_099, 3_000]),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 1), st.integers(0, 9), st.just(0)), min_size=1, max_size=4),
)
async def test_marks_are_written_alike(valkey: Valkey, before: int, scored: list[tuple[int, int, int, int]]) -> None:
    memory, name = SharedMemory(lambda: 1.0), f"person:{uuid.uuid4()}"
    await valkey.set(f"mark:{name}", before)
    memory._marks[f"mark:{name}"] = before
    for score in scored:
        packed = msgspec.msgpack.encode([(name, *score)])
        await valkey.eval(MARK.text, 1, "suspects", packed, "3600", "15")  # type: ignore[misc,arg-type]
        memory.answer(MARK, (packed, "3600", "15"))
    assert int(await valkey.get(f"mark:{name}")) == memory._marks[f"mark:{name}"]
