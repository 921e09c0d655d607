"""The command line as a script uses it: a process of its own, its exit code and what it prints."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.conftest import TestServers
from tests.house import House, small_plan
from tests.standin import StandInProcess

from rowlock.platform.jobs import Job, defer
from rowlock.platform.postgres.migrate import head_revision
from rowlock.seating import write_plan
from rowlock.standin import STRIPE_SECRET_KEY

EVENT = {
    "startsAt": "2031-05-01T19:30:00+02:00",
    "timezone": "Europe/Berlin",
    "prices": {"VIP": "95", "Regular": "49.50"},
}
UNKNOWN_CHARGE = """
INSERT INTO mock_charges (provider_key, token, amount, currency, state, captured_at)
VALUES ('a-charge-of-nobody', 'tok_ok', 700, 'EUR', 'captured', '2020-05-01T12:00Z')
"""
IN_THE_FUTURE = "2031-05-01T19:30:00+02:00"


class Ended(NamedTuple):
    """How a verb ended."""

    code: int
    out: str
    err: str


class CommandLine:
    """`rowlock` against one database."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def with_variables(self, **variables: str) -> "CommandLine":
        """The same with more in its environment."""
        return CommandLine(self._environment | variables)

    async def run(self, *words: str | Path) -> Ended:
        """Run a verb to its end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "rowlock",
            *(str(word) for word in words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())

    async def good(self, *words: str | Path) -> str:
        """What a verb prints that ends well."""
        ended = await self.run(*words)
        assert ended.code == 0, ended
        return ended.out

    async def refusal(self, *words: str | Path) -> str:
        """The one line of a verb that ends with exit code 1."""
        ended = await self.run(*words)
        assert ended.code == 1, ended
        assert ended.err.count("\n") == 1, ended.err
        assert ended.err.startswith("rowlock: ")
        return ended.err


@pytest.fixture
def rowlock(servers: TestServers, database_url: str) -> CommandLine:
    """The command line with the test's own database."""
    return CommandLine(dict(os.environ) | {"DATABASE_URL": database_url, "VALKEY_URL": servers.valkey_url})


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A seating plan of 20 seats."""
    path = tmp_path / "studio.json"
    path.write_bytes(write_plan(small_plan(rows=2, name="Studio"), "rowlock"))
    return path


def document(path: Path) -> object:
    """The JSON in a file."""
    return json.loads(path.read_text(encoding="utf-8"))


async def imported(rowlock: CommandLine, plan_file: Path) -> str:
    """The id of the imported plan."""
    plan_id: str = json.loads(await rowlock.good("plan", "import", plan_file, "--json"))["planId"]
    return plan_id


async def test_a_plan_goes_in_and_comes_out_the_same(rowlock: CommandLine, plan_file: Path, tmp_path: Path) -> None:
    counts = await rowlock.good("plan", "check", plan_file)
    assert "20 seats" in counts
    printed = await rowlock.good("plan", "import", plan_file, "--venue", "Studio")
    plan_id = printed.splitlines()[0].removeprefix("plan ")
    assert "VIP: 10 seats" in printed
    copy = tmp_path / "copy.json"
    await rowlock.good("plan", "export", plan_id, "--output", copy)
    assert document(copy) == document(plan_file)
    assert json.loads(await rowlock.good("plan", "export", plan_id)) == document(plan_file)
    assert "no seating plan 999" in await rowlock.refusal("plan", "export", "999")


@pytest.mark.parametrize("content", [b"", b"{", b"\x00\x01", b'{"format": "rowlock-plan/1"}', b"section,row\nA,1\n"])
async def test_a_bad_plan_is_refused_in_one_line(rowlock: CommandLine, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    for verb in ("check", "import"):
        assert "bad.json" in await rowlock.refusal("plan", verb, path)


async def test_an_event_is_created_and_its_faults_named(rowlock: CommandLine, plan_file: Path) -> None:
    plan_id = await imported(rowlock, plan_file)
    words = ("event", "create", "--name", "Gala", "--starts-at", IN_THE_FUTURE, "--plan", plan_id)
    prices = ("--price", "VIP=95.00", "--price", "Regular=49.50")
    assert (await rowlock.good(*words, *prices)).strip().isdecimal()
    assert "id" in json.loads(await rowlock.good(*words, *prices, "--performer", "A", "--performer", "B", "--json"))
    assert "'Regular' has no price" in await rowlock.refusal(*words, "--price", "VIP=95.00")
    assert "CATEGORY=AMOUNT" in await rowlock.refusal(*words, "--price", "VIP")
    assert "holdSeconds" in await rowlock.refusal(*words, *prices, "--hold-seconds", "3")
    terms = ("--fee-per-ticket", "1.50", "--fee-percent", "5", "--fees-to", "organiser")
    assert (await rowlock.good(*words, *prices, *terms, "--tax-rate", "8.875", "--tax-on-top")).strip().isdecimal()
    assert "tax.rate" in await rowlock.refusal(*words, *prices, "--tax-rate", "country")
    assert "fees.perOrder" in await rowlock.refusal(*words, *prices, "--fee-per-order", "much")


async def test_codes_are_made_listed_and_taken_back(rowlock: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    words = ("code", "create", "--kind", "percent", "--percent", "15", "--channel", "Press")
    named = json.loads(await rowlock.good(*words, "SPRING", "--uses", "100", "--json"))["items"][0]
    assert (named["code"], named["percent"], named["usesMax"]) == ("SPRING", "15", 100)
    assert len((await rowlock.good(*words, "--count", "1200", "--prefix", "P-", "--csv", path)).splitlines()) == 1200
    written = path.read_text("utf-8").splitlines()
    assert (len(written), written[0].split(",")[0], written[1][:2]) == (1201, "code", "P-")
    assert len((await rowlock.good("code", "list")).splitlines()) == 500
    await rowlock.good("code", "disable", named["id"])
    assert "no code" in await rowlock.refusal("code", "disable", "nothing")
    assert "AMOUNT:CURRENCY" in await rowlock.refusal("code", "create", "TEN", "--kind", "amount", "--amount", "10")
    assert "percent" in await rowlock.refusal("code", "create", "TEN", "--kind", "percent")


async def test_events_are_imported_all_or_none(
    rowlock: CommandLine, plan_file: Path, tmp_path: Path, house: House
) -> None:
    plan_id = await imported(rowlock, plan_file)
    good = [EVENT | {"name": f"Night {number}", "planId": plan_id} for number in range(3)]
    lines = tmp_path / "events.jsonl"
    lines.write_text("\n".join(json.dumps(entry) for entry in [*good, good[0] | {"currency": "ZZZ"}]))
    ended = await rowlock.run("event", "import", lines)
    assert ended.code == 1
    assert "event 4: currency" in ended.err or "line 4: currency" in ended.err
    assert "1 of 4 events were refused; nothing was imported" in ended.err
    assert await count(house, "events") == 1
    lines.write_text("\n".join(json.dumps(entry) for entry in good))
    assert await rowlock.good("event", "import", lines) == "3 events imported\n"
    whole = tmp_path / "events.json"
    whole.write_text(json.dumps(good))
    assert len(json.loads(await rowlock.good("event", "import", whole, "--json"))["ids"]) == 3
    assert await count(house, "events") == 7


async def count(house: House, table: str) -> int:
    """How many rows a table has."""
    row = await house.database.fetchrow(f"SELECT count(*) AS n FROM {table}")
    assert row is not None
    found: int = row["n"]
    return found


async def test_tokens_are_one_a_line_and_of_different_people(rowlock: CommandLine) -> None:
    tokens = (await rowlock.good("token", "--role", "buyer", "--count", "5")).splitlines()
    assert len(set(tokens)) == 5
    assert all(token.count(".") == 2 for token in tokens)
    listed = json.loads(await rowlock.good("token", "--role", "operator", "--subject", "op", "--json"))
    assert len(listed) == 1
    assert (await rowlock.run("token", "--role", "king")).code == 2


async def test_organisers_are_made_and_what_is_done_is_written_down(rowlock: CommandLine) -> None:
    number = (await rowlock.good("organiser", "create", "The other house")).strip()
    assert f"{number}  The other house" in await rowlock.good("organiser", "list")
    assert "already" in await rowlock.refusal("organiser", "create", "The other house")
    await rowlock.good("token", "--role", "door", "--organiser", number)
    assert "there is no organiser 99" in await rowlock.refusal("token", "--role", "door", "--organiser", "99")
    told = [json.loads(line) for line in (await rowlock.good("audit", "--limit", "2", "--json")).splitlines()]
    assert [(entry["action"], entry["organiserId"]) for entry in told] == [
        ("issue_tokens", number),
        ("create_organiser", number),
    ]
    assert "The other house" in await rowlock.good("audit", "--action", "create_organiser")


KNOWN_KEY = """
INSERT INTO device_keys (id, subject, role, organiser_id, name, public_key, scopes)
VALUES ($1, $2, $3, 1, $1, '{}', '{bookings}')
"""


async def test_staff_are_invited_listed_recovered_and_withdrawn(rowlock: CommandLine, house: House) -> None:
    who = ("--email", "Door@Example.com")
    assert "may act as door" in await rowlock.good("account", "invite", *who, "--role", "door")
    (member,) = json.loads(await rowlock.good("account", "list", "--json"))
    assert (member["email"], member["role"], member["secondFactor"]) == ("Door@Example.com", "door", False)
    await rowlock.good("account", "recover", *who, "--reason", "Lost the phone; met in person")
    subject = await house.database.cold.fetchval("SELECT subject FROM accounts")
    for key, role in (("key-1", "door"), ("key-2", "buyer")):
        await house.database.cold.execute(KNOWN_KEY, key, subject, role)
    await rowlock.good("account", "withdraw", *who, "--role", "door")
    ended = "SELECT array_agg(id ORDER BY id) FROM device_keys WHERE ended_at IS NOT NULL"
    assert await house.database.cold.fetchval(ended) == ["key-1"], "keys that act in the role end with it"
    assert "has no role" in await rowlock.refusal("account", "withdraw", *who, "--role", "door")
    told = await house.database.fetch("SELECT action FROM audit_log ORDER BY no DESC LIMIT 3")
    assert [row["action"] for row in told] == ["withdraw_role", "recover_account", "grant_role"]
    assert "ended 1 " in await rowlock.good("account", "sign-out", *who, "--reason", "Phone stolen")
    assert await house.database.cold.fetchval(ended) == ["key-1", "key-2"]
    assert await count(house, "mails") == 2


async def test_the_schema_is_migrated_and_checked(rowlock: CommandLine, house: House) -> None:
    assert head_revision() in await rowlock.good("migrate")
    checked = json.loads(await rowlock.good("check", "--json"))
    assert checked["valkey"] == "ok"
    await house.database.cold.execute("UPDATE alembic_version SET version_num = '9999'")
    for verb in (("check",), ("migrate",), ("verify",), ("token", "--role", "buyer")):
        assert "newer than this release" in await rowlock.refusal(*verb)


async def test_settings_and_servers_that_do_not_work_are_named(servers: TestServers, database_url: str) -> None:
    good = dict(os.environ) | {"DATABASE_URL": database_url, "VALKEY_URL": servers.valkey_url}
    wrong = CommandLine(good | {"ROWLOCK_HOLD_SECONDS": "soon"})
    assert "ROWLOCK_HOLD_SECONDS must be a whole number" in await wrong.refusal("check")
    no_valkey = CommandLine(good | {"VALKEY_URL": "valkey://127.0.0.1:1"})
    assert "VALKEY_URL" in await no_valkey.refusal("check")


async def test_the_payment_provider_is_asked(servers: TestServers, database_url: str, standin: StandInProcess) -> None:
    good = dict(os.environ) | {
        "DATABASE_URL": database_url, "VALKEY_URL": servers.valkey_url, "ROWLOCK_PAYMENT_PROVIDER": "stripe",
        "ROWLOCK_STRIPE_SECRET_KEY": STRIPE_SECRET_KEY, "ROWLOCK_PUBLIC_URL": "http://shop",
    }  # fmt: skip
    there = CommandLine(good | {"ROWLOCK_STRIPE_API": f"{standin.url}/stripe"})
    assert "stripe answers; no webhook secret" in json.loads(await there.good("check", "--json"))["payments"]
    assert "payments: Stripe" in await CommandLine(good | {"ROWLOCK_STRIPE_API": "http://localhost:1"}).refusal("check")


async def test_verify_says_yes_to_a_sound_sale(rowlock: CommandLine, house: House) -> None:
    await house.hold(1, 2)
    printed = await rowlock.good("verify")
    assert "9 of 9 checks hold over 1 events" in printed
    assert json.loads(await rowlock.good("verify", "--event", str(house.event_id), "--json"))["holds"] is True
    assert "no event 999" in await rowlock.refusal("verify", "--event", "999")


TAMPERING = {
    "a ledger row reworded": ("seat_ledger", "UPDATE seat_ledger SET changes = replace(changes, 'hold', 'release')"),
    "a counter turned": ("event_inventory", "UPDATE event_inventory SET held = held - 1, available = available + 1"),
}


@pytest.mark.parametrize("what", TAMPERING)
async def test_verify_finds_what_was_tampered_with(rowlock: CommandLine, house: House, what: str) -> None:
    table, statement = TAMPERING[what]
    await house.hold(1, 2)
    await house.hold(7)
    async with house.database.cold.acquire() as connection:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await connection.execute(statement)
        await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    ended = await rowlock.run("verify")
    assert ended.code == 1, ended.out
    assert "FAIL" in ended.out
    told = json.loads((await rowlock.run("verify", "--json")).out)
    assert told["holds"] is False
    assert any(finding["faults"] for finding in told["findings"])


async def test_a_certificate_is_checked_without_the_database(
    rowlock: CommandLine, house: House, tmp_path: Path
) -> None:
    event, elsewhere = str(house.event_id), CommandLine({"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    await house.hold(1, 2)
    certificates, ledger = tmp_path / "certificates.jsonl", tmp_path / "ledger.jsonl"
    await rowlock.good("verify", "--certify", certificates)
    await house.hold(7)  # the ledger may have gone on since
    await rowlock.good("ledger", "export", event, ledger)
    pinned = ("verify", "--certificate", certificates, "--public-key", (await rowlock.good("ledger", "key")).strip())
    told = await elsewhere.good(*pinned, "--ledger", ledger)
    assert "48 available, 2 held, 0 booked, 0 blocked; signature ok" in told
    assert told.endswith("is the ledger that was certified\n")
    certificates.write_text(certificates.read_text().replace('"held":2', '"held":3'))
    assert "the signature does not fit" in await elsewhere.refusal(*pinned)
    assert "public-key" in await elsewhere.refusal("verify", "--certificate", certificates)
    assert "no event 999" in await rowlock.refusal("ledger", "export", "999")


async def test_seats_are_kept_from_sale_and_put_back(rowlock: CommandLine, house: House) -> None:
    event, guests = str(house.event_id), ("--reason", "Guests of the band")
    made = json.loads(
        await rowlock.good("event", "block", event, "--seat", "S-1-1", "--seat", "S-1-2", *guests, "--json")
    )
    assert made["seatIds"] == ["S-1-1", "S-1-2"]
    assert "S-1-2" in await rowlock.refusal("event", "block", event, "--section", "S", *guests)
    assert "no seat S-9-9" in await rowlock.refusal("event", "block", event, "--seat", "S-9-9", *guests)
    assert await rowlock.good("event", "unblock", event, "--seat", "S-1-1", "--reason", "No show") == ""
    listed = await rowlock.good("event", "blocks", event)
    assert listed.startswith(made["id"])
    assert listed.endswith("operator:cli  Guests of the band: S-1-2\n")
    assert await house.broken() == []


async def test_a_new_key_goes_first_into_the_file_and_takes_over(rowlock: CommandLine, tmp_path: Path) -> None:
    assert "ROWLOCK_SECRET_KEYS" in await rowlock.refusal("secrets", "rotate")
    printed = await rowlock.good("secrets", "new")
    keys = tmp_path / "secret.keys"
    keys.write_text(printed)
    filed = rowlock.with_variables(ROWLOCK_SECRET_KEYS_FILE=str(keys))
    await filed.good("secrets", "new")
    first, second = keys.read_text().splitlines()
    assert first != second == printed.strip()
    assert keys.stat().st_mode & 0o777 == 0o600
    await filed.good("secrets", "rotate", "--json")
    assert "ok" in await filed.good("check")


async def test_a_person_is_handed_over_and_forgotten(rowlock: CommandLine, house: House) -> None:
    await rowlock.good("token", "--role", "buyer", "--subject", "buyer:ada", "--count", "1")
    export = json.loads(await rowlock.good("privacy", "export", "--subject", "buyer:ada"))
    assert export["subjects"] == ["buyer:ada"]
    assert "no account of" in await rowlock.refusal("privacy", "export", "--mail", "nobody@example.com")
    assert "--subject or with --mail" in await rowlock.refusal("privacy", "export")
    assert "--yes" in await rowlock.refusal("privacy", "erase", "--subject", "buyer:ada")
    erased = json.loads(await rowlock.good("privacy", "erase", "--subject", "buyer:ada", "--yes"))
    assert erased["standsFor"].startswith("erased:")
    log = await rowlock.good("audit")
    assert "erase_person" in log
    assert "buyer:ada" not in log
    assert await house.broken() == []


async def test_jobs_that_failed_are_listed_and_tried_again(rowlock: CommandLine, house: House) -> None:
    async with house.database.cold.acquire() as connection:
        await defer(connection, [Job("greet", {"name": "Ada"}), Job("greet", {"name": "Bea"})])
    await house.database.cold.execute("UPDATE procrastinate.procrastinate_jobs SET status = 'failed' WHERE id = 1")
    listed = json.loads(await rowlock.good("jobs", "list", "--state", "failed", "--json"))
    assert [(job["id"], job["task"], job["state"]) for job in listed] == [(1, "greet", "failed")]
    refused = await rowlock.run("jobs", "retry", "2")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("rowlock: no failed job 2;")
    assert await rowlock.good("jobs", "retry", "1") == "1 jobs will be tried again\n"


async def test_the_books_are_compared_and_paid_out(rowlock: CommandLine, house: House) -> None:
    await house.database.cold.execute(UNKNOWN_CHARGE)
    differs = await rowlock.run("money", "statement", "--day", "2020-05-01")
    assert differs.code == 1
    assert "FAIL mock 2020-05-01: 1 movements, 1 differences" in differs.out
    assert "nothing here, 7.00 there" in differs.out
    table = await rowlock.good("money", "payout", "--from", "2027-05-01", "--to", "2027-05-31")
    assert table.startswith("event,name,starts_at,currency,sales,refunds,fees,tax,disputes,provider_fees,net")
    papers = ("--legal-name", "Sellers Ltd", "--address", "1 Lane; 10115 Berlin", "--tax-id", "DE1")
    await rowlock.good("organiser", "set", "1", *papers)
    row = await house.database.fetchrow("SELECT legal_name, address, tax_id FROM organiser_papers")
    assert row is not None
    assert tuple(row) == ("Sellers Ltd", "1 Lane\n10115 Berlin", "DE1")
