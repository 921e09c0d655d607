"""What operators see and decide: who was scored and why, and the last word on a block, kept in the audit log."""

from typing import Literal

import msgspec
from valkey.asyncio import Valkey

from rowlock.audit import Deed, record
from rowlock.bots.model import Mark, Ruling, Suspect, mark_of
from rowlock.bots.rules import RULES, findings, score_of
from rowlock.bots.watch import SUSPECTS
from rowlock.identity import Person
from rowlock.platform.postgres import Database

Verdict = Literal["lift", "confirm"]
SUSPECTS_MAX = 100
RULED_SECONDS = 24 * 3_600
"""How long the word of staff stands."""
_ANSWER = "answer:"


class BotReview:
    """The scored names, highest first, and rulings on them."""

    def __init__(self, database: Database, valkey: "Valkey") -> None:
        self._database = database
        self._valkey = valkey

    async def suspects(self, most: int = SUSPECTS_MAX) -> list[Suspect]:
        """What is held against whom, as it stands now."""
        names = await self._valkey.zrevrange(SUSPECTS, 0, most - 1)
        return [await self._suspect(name.decode()) for name in names]

    async def rule(self, name: str, verdict: Verdict, reason: str, by: Person) -> Suspect | None:
        """Lift or confirm what was scored, for a day; None when nothing is known of that name."""
        was = await self._suspect(name)
        if not was.findings and was.ruling == "none":
            return None
        ruling = Ruling.LIFTED if verdict == "lift" else Ruling.CONFIRMED
        async with self._database.cold.acquire() as connection, connection.transaction():
            before, after = {"ruling": was.ruling, "score": was.score}, {"ruling": ruling.name.lower()}
            await record(connection, by, [Deed("rule_on_bot", f"bot:{name}", None, before, after, reason)])
            await self._valkey.set(f"mark:{name}", Mark(was.score, ruling).number, ex=RULED_SECONDS)
            await self._valkey.delete(f"rest:{name}")
        return msgspec.structs.replace(was, ruling=ruling.name.lower())

    async def _suspect(self, name: str) -> Suspect:
        kind = name.partition(":")[0]
        seen: dict[bytes, bytes] = await self._valkey.hgetall(f"seen:{name}")  # type: ignore[misc]
        known = {field.decode(): int(value) for field, value in seen.items()}
        found = findings(kind, known) if kind in RULES else ()
        kept = await self._valkey.get(f"mark:{name}")
        mark = mark_of(int(kept)) if kept is not None else Mark(0)
        answers = {field.removeprefix(_ANSWER): n for field, n in known.items() if field.startswith(_ANSWER)}
        return Suspect(name, kind, max(mark.score, score_of(found)), mark.ruling.name.lower(), found, answers)
