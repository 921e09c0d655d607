"""`rowlock queue show`, `set` and `revoke`."""

import json

from tests.house import House
from tests.integration.cli.test_verbs import CommandLine, rowlock

__all__ = ["rowlock"]


async def test_an_operator_keeps_a_waiting_room(rowlock: CommandLine, house: House) -> None:
    event = str(house.event_id)
    assert "off, idle" in await rowlock.good("queue", "show", event)
    changes = ("--mode", "fifo", "--per-minute", "1200", "--follow", "--message", "Doors at ten")
    told = json.loads(await rowlock.good("queue", "set", event, *changes, "--json"))
    assert (told["mode"], told["admitPerMinute"], told["followsLoad"], told["round"]) == ("fifo", 1200, True, 1)
    assert "PAUSED" in await rowlock.good("queue", "set", event, "--pause")
    told = json.loads(await rowlock.good("queue", "set", event, "--resume", "--fixed", "--json"))
    assert (told["paused"], told["followsLoad"]) == (False, False)
    assert "no event" in await rowlock.refusal("queue", "revoke", "999999", "7", "--reason", "x")
    assert "--opens-at" in await rowlock.refusal("queue", "set", event, "--opens-at", "tomorrow")
    assert "admitPerMinute" in await rowlock.refusal("queue", "set", event, "--per-minute", "-1")
    (entry,) = [json.loads(line) for line in (await rowlock.good("audit", "--limit", "1", "--json")).splitlines()]
    assert (entry["action"], entry["object"]) == ("control_queue", f"event:{event}")
