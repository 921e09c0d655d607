"""Each rule of tools/tidy.py fires where it should and is quiet where it should be."""

from pathlib import PurePosixPath

import pytest
from tools.audit import python_findings, web_findings
from tools.tidy import FILE_LINES_MAX, FUNCTION_LINES_MAX, faults

STATEMENT = "x = 1\n"
LONG_BODY = "    x = 1\n" * FUNCTION_LINES_MAX
REGISTRY = "registry." + "npmjs." + "org"
HOME = "/" + "root/secrets"


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("src/rowlock/a.py", STATEMENT * (FILE_LINES_MAX + 1), "at most 500"),
        ("web/seatmap/a.ts", "let x;\n" * (FILE_LINES_MAX + 1), "at most 500"),
        ("src/rowlock/a.py", f"def hold():\n{LONG_BODY}", "hold has 61 lines"),
        ("web/a.ts", f"export function hold(a: string) {{\n{LONG_BODY}}}\n", "has 62 lines"),
        ("web/a.ts", f"export class A {{\n  draw(now: number): void {{\n{LONG_BODY}  }}\n}}\n", "draw(now"),
        ("web/A.svelte", f"  const hold = async () => {{\n{LONG_BODY}  }}\n", "const hold"),
        ("src/rowlock/utils.py", "", "says nothing"),
        ("src/rowlock/common/seat.py", "", "says nothing"),
        ("web/helpers.ts", "", "says nothing"),
        ("src/rowlock/a.py", 'q = "SELECT 1"\n', "SQL in a string"),
        ("src/rowlock/a.py", 'q = """\n  insert into seat values (1)"""\n', "SQL in a string"),
        ("src/rowlock/a.py", 'q = f"UPDATE {table} SET x = 1"\nr = b"DELETE FROM seat"\n', "SQL in a string"),
        ("src/rowlock/a.py", "from datetime import datetime\nt = datetime.now()\n", "without a zone"),
        ("tests/unit/a.py", "import datetime\nt = datetime.datetime.utcnow()\n", "without a zone"),
        ("src/rowlock/a.py", "t = datetime.fromtimestamp(0)\n", "without a zone"),
        ("tests/unit/a.py", "time.sleep(1)\n", "sleeps"),
        ("tests/unit/a.py", "async def f():\n    await asyncio.sleep(0.1)\n", "sleeps"),
        ("docs/a.md", f"look in {HOME}\n", "a path of one machine"),
        ("web/a.json", f'"https://{REGISTRY}/svelte"\n', "a registry's address"),
        ("docs/a.md", "one\n" + "<" * 7 + " HEAD\ntwo\n", "docs/a.md:2: a conflict of a merge"),
        ("requirements/runtime.txt", "--index-url https://example.org/\n", "a lock file names an address"),
        ("web/package-lock.json", '"resolved": "https://example.org/a.tgz"\n', "a lock file names an address"),
    ],
)
def test_a_broken_rule_is_found(path: str, text: str, rule: str) -> None:
    assert rule in "\n".join(map(str, faults(PurePosixPath(path), text)))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/rowlock/a.py", STATEMENT * FILE_LINES_MAX),
        (
            "src/rowlock/a.py",
            '"""Select seats from the map, then update your set."""\nx = "Select seats from the map"\n',
        ),
        ("src/rowlock/a.py", "from datetime import UTC, datetime\nt = datetime.now(UTC)\n"),
        ("src/rowlock/a.py", "time.sleep(1)\n"),
        ("src/rowlock/platform/postgres/migrations/env.py", 'q = "SELECT 1"\n'),
        ("tests/unit/a.py", 'q = "SELECT 1"\n'),
        ("tests/unit/a.py", "async def f():\n    await asyncio.sleep(0)\n"),
        ("web/a.ts", f"if (x) {{\n{LONG_BODY}}}\n"),
        ("web/package-lock.json", '"funding": {"url": "https://example.org"}\n'),
        ("docs/a.md", "see https://example.org/work/ and ./root/x\n"),
    ],
)
def test_what_keeps_the_rules_is_left_alone(path: str, text: str) -> None:
    assert faults(PurePosixPath(path), text) == []


def test_a_vulnerable_package_is_a_finding() -> None:
    answer = '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}]}'
    assert python_findings(answer) == ["a 1: X-1, fixed in 2"]
    assert web_findings('{"vulnerabilities": {"b": {"severity": "high", "range": "<2"}}}') == ["b (high) <2"]


def test_an_unreachable_advisory_service_is_said_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    assert python_findings("") == []
    assert python_findings('{"dependencies": [{"name": "a", "skip_reason": "not found"}]}') == []
    assert web_findings('{"statusCode": 405}') == []
    said = capsys.readouterr().out
    assert said.count("NOT AUDITED") == 3
    assert "no answer for 1 of 1 packages" in said
