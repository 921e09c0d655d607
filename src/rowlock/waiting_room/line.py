"""The line in Valkey: which person has which number. Some twenty bytes each, all of a line in one slot of a cluster.

People lie in 32,768 small hashes by the first bits of their name, small enough for Valkey to keep each as one packed
list: ten million people make 305 a hash, where packing ends at 512. ADR 0023 has the measurement.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from valkey.asyncio import Valkey

from rowlock.platform.batching import Gatherer
from rowlock.platform.valkey.scripts import Call, Script, ScriptRunner, load_script
from rowlock.waiting_room.signing import PERSON_BYTES

BUCKETS = 32_768
REGISTERED_AT_ONCE = 5_000
"""People written to the register, and put back from it, at once."""
PUT_BACK_AT_ONCE = 1_000
"""People of the register put back in one run of the script: Valkey answers nobody else meanwhile."""
DROPPED_AT_ONCE = 1_024

_PACKAGE = "rowlock.waiting_room"
JOIN, FIND, KEEP = (load_script(_PACKAGE, f"{name}.lua") for name in ("join", "find", "keep"))
BEGIN, LOOK, REGISTERED, WHOLE, DROP = (
    load_script(_PACKAGE, f"{name}.lua") for name in ("begin", "look", "registered", "whole", "drop")
)

NO_LINE = -1
NO_NUMBERS = -2
NOWHERE = -1
NOT_WHOLE = -3
"""Nobody can say whether the person has a place: the line was lost, and the register is still being put back."""


class LineAway(Exception):  # noqa: N818  a state of the world
    """Valkey does not answer: who stands where cannot be looked up now."""


class Asked(NamedTuple):
    """A person in a line; `line` is the name that the room gives to the line of its round."""

    line: str
    person: bytes


class Proven(NamedTuple):
    """A person whose ticket says where they stand."""

    asked: Asked
    number: int


class LineState(NamedTuple):
    """A line as Valkey has it: `people` joined from number `registered` on and are not in the register yet.

    A line that was lost is `whole` again once the register has been put back into it.
    """

    next_no: int
    ceiling: int
    whole: int
    registered: int
    people: bytes


class Line:
    """All lines. Calls that wait for the same line share a run of the script."""

    def __init__(self, valkey: "Valkey | None") -> None:
        self._scripts = ScriptRunner(valkey)
        self._joins = Gatherer[Asked, int | None]("queue-join", self._join_all)
        self._finds = Gatherer[Asked, int | None]("queue-find", self._find_all)
        self._keeps = Gatherer[Proven, int | None]("queue-keep", self._keep_all)

    @property
    def away(self) -> bool:
        """Whether Valkey is known not to answer."""
        return self._scripts.resting

    async def join(self, asked: Asked) -> int:
        """The person's number, the next one for a new person; NO_LINE, NO_NUMBERS or NOT_WHOLE. LineAway."""
        return _there(await self._joins.ask(asked))

    async def find(self, asked: Asked) -> int:
        """The person's number, NOWHERE or NOT_WHOLE. LineAway."""
        return _there(await self._finds.ask(asked))

    async def keep(self, proven: Proven) -> int:
        """Put somebody back where they stood; answers the better of that place and the one they have. LineAway."""
        return _there(await self._keeps.ask(proven))

    async def begin(self, line: str, first: int, ceiling: int) -> tuple[bool, int, int]:
        """Let the line begin at number `first`, or give numbers up to `ceiling`. LineAway.

        Answers whether it began now, its next number, and the first that is not in the register.
        """
        began, next_no, registered = await self._run(BEGIN, keys_of(line), str(first), str(ceiling))
        return bool(began), next_no, registered

    async def look(self, line: str) -> LineState | None:
        """How the line is; None when there is none. LineAway."""
        limit = str(REGISTERED_AT_ONCE * PERSON_BYTES)
        found = await self._run(LOOK, keys_of(line), limit)
        return LineState(*found) if found else None

    async def registered(self, line: str, first: int, people: bytes) -> None:
        """These are in the register. LineAway."""
        await self._run(REGISTERED, keys_of(line), str(first), str(len(people)))

    async def put_back(self, line: str, first: int, people: bytes) -> None:
        """Give people of the register their places back, `first` the number of the first. LineAway."""
        places = [
            Proven(Asked(line, people[at : at + PERSON_BYTES]), first + at // PERSON_BYTES)
            for at in range(0, len(people), PERSON_BYTES)
        ]
        for at in range(0, len(places), PUT_BACK_AT_ONCE):
            if None in await self._keep_all(places[at : at + PUT_BACK_AT_ONCE]):
                raise LineAway

    async def is_whole(self, line: str, first: int) -> bool:
        """The register has been put back into the line that began again at `first`; whether that is the line that is
        there. LineAway."""
        (whole,) = await self._run(WHOLE, keys_of(line), str(first))
        return bool(whole)

    async def drop(self, line: str) -> None:
        """Forget a line that nobody asks for any more. LineAway."""
        keys = [*keys_of(line), *(_bucket_key(line, bucket) for bucket in range(BUCKETS))]
        for at in range(0, len(keys), DROPPED_AT_ONCE):
            await self._run(DROP, keys[at : at + DROPPED_AT_ONCE])

    async def _run(self, script: Script, keys: Sequence[str], *arguments: str) -> list[Any]:
        answers = await self._scripts.run(script, [Call(keys, arguments)])
        if answers is None:
            raise LineAway
        found: list[Any] = answers[0]
        return found

    async def _join_all(self, wishes: Sequence[Asked]) -> list[int | None]:
        return await self._of_lines(JOIN, wishes, [wish.person for wish in wishes])

    async def _find_all(self, wishes: Sequence[Asked]) -> list[int | None]:
        return await self._of_lines(FIND, wishes)

    async def _keep_all(self, wishes: Sequence[Proven]) -> list[int | None]:
        return await self._of_lines(KEEP, [wish.asked for wish in wishes], [str(wish.number) for wish in wishes])

    async def _of_lines(
        self, script: Script, people: Sequence[Asked], facts: Sequence[str | bytes] = ()
    ) -> list[int | None]:
        """Run the script once a line, with a fact of each person if it wants one; None for everybody when Valkey does
        not answer."""
        lines: dict[str, list[int]] = {}
        for at, asked in enumerate(people):
            lines.setdefault(asked.line, []).append(at)
        calls = []
        for line, members in lines.items():
            buckets, names = zip(*(place_of(people[at]) for at in members), strict=True)
            calls.append(Call([*keys_of(line), *buckets], [*names, *(facts[at] for at in members if facts)]))
        answers = await self._scripts.run(script, calls)
        found: list[int | None] = [None] * len(people)
        for members, answer in zip(lines.values(), answers or (), strict=False):
            for at, number in zip(members, answer, strict=True):
                found[at] = number
        return found


def keys_of(line: str) -> list[str]:
    """The keys of a line beside its buckets; what is in braces puts all of them into one slot."""
    return [f"{{line:{line}}}", f"{{line:{line}}}:new"]


def place_of(asked: Asked) -> tuple[str, bytes]:
    """The key of a person's bucket, and what the bucket calls the person: the bits that the key does not tell."""
    bucket = int.from_bytes(asked.person[:2], "big") % BUCKETS
    return _bucket_key(asked.line, bucket), asked.person[1:]


def _bucket_key(line: str, bucket: int) -> str:
    return f"{{line:{line}}}:{bucket:x}"


def _there(number: int | None) -> int:
    if number is None:
        raise LineAway
    return number
