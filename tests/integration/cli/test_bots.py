"""`rowlock bots` and `rowlock surge` on a real Valkey."""

import json

from tests.integration.cli.test_verbs import CommandLine, rowlock
from valkey.asyncio import Valkey

from rowlock.bots import Mark, Ruling

__all__ = ["rowlock"]
NAME = "device:0123456789abcdef01"


async def test_the_scored_are_explained_and_staff_have_the_last_word(rowlock: CommandLine, valkey: Valkey) -> None:
    await valkey.hset(f"seen:{NAME}", mapping={"attempts": 9, "quick": 4, "answer:challenge": 2})  # type: ignore[misc]
    await valkey.set(f"mark:{NAME}", Mark(45, Ruling.BLOCKED).number)
    await valkey.zadd("bots:suspects", {NAME: 45})
    (suspect,) = json.loads(await rowlock.good("bots", "--json"))
    assert (suspect["score"], suspect["ruling"], suspect["answers"]) == (45, "blocked", {"challenge": 2})
    assert [finding["rule"] for finding in suspect["findings"]] == ["quick"]
    assert "4 holds within" in await rowlock.good("bots")
    assert "say why" in await rowlock.refusal("bots", "--lift", NAME)
    assert "lifted" in await rowlock.good("bots", "--lift", NAME, "--reason", "A school class")
    assert int(await valkey.get(f"mark:{NAME}")) == Mark(45, Ruling.LIFTED).number
    (entry,) = [json.loads(line) for line in (await rowlock.good("audit", "--limit", "1", "--json")).splitlines()]
    assert (entry["action"], entry["object"], entry["reason"]) == ("rule_on_bot", f"bot:{NAME}", "A school class")
    assert "nothing is known" in await rowlock.refusal("bots", "--confirm", "device:unknown", "--reason", "x")


async def test_surge_is_switched_for_all_processes(rowlock: CommandLine, valkey: Valkey) -> None:
    assert (await rowlock.good("surge")).strip() == "off"
    assert (await rowlock.good("surge", "on")).strip() == "on"
    assert await valkey.get("surge") == b"1"
    assert (await rowlock.good("surge", "off")).strip() == "off"
