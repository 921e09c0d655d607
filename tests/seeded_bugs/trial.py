"""One bug at a time put into a copy of the source, and the tests that must notice run on that copy."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from rowlock.platform.embedded import Servers

ROOT = Path(__file__).resolve().parents[2]
TRIAL_SECONDS_MAX = 120.0


class SeededBug(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A deliberate fault: `old` stands once in `file` and becomes `new`; one of the tests `caught_by` must fail.

    `quick` ones are tried in every test run, the others by `make seeded-bugs` only.
    """

    name: str
    breaks: str
    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]
    quick: bool = False

    def put_into(self, root: Path) -> None:
        """Change the file below `root`; ValueError when the fault no longer fits it."""
        path = root / self.file
        text = path.read_text("utf-8")
        if text.count(self.old) != 1 or self.old == self.new:
            raise ValueError(f"{self.name}: what it changes stands {text.count(self.old)} times in {self.file}")
        path.write_text(text.replace(self.old, self.new), "utf-8")


class Trial(NamedTuple):
    """What the tests said of a tree: those that failed, those that could not run, and how long it took in seconds."""

    failed: tuple[str, ...]
    broken: tuple[str, ...]
    seconds: float


def seeded_bugs() -> tuple[SeededBug, ...]:
    """All of them, as `bugs.toml` has them."""
    table = tomllib.loads((Path(__file__).parent / "bugs.toml").read_text("utf-8"))
    return msgspec.convert(table["bug"], tuple[SeededBug, ...])


def try_sound(tests: Iterable[str], servers: Servers) -> Trial:
    """Run the tests on the source as it is: none may fail, or a bug would be blamed for it."""
    return _run(sorted(set(tests)), ROOT / "src", servers, "--timeout=600")


def try_bug(bug: SeededBug, servers: Servers) -> Trial:
    """Run the bug's tests on a copy of the source that has the bug."""
    with tempfile.TemporaryDirectory(prefix="rowlock-bug-") as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "src", copy / "src")
        bug.put_into(copy)
        return _run(bug.caught_by, copy / "src", servers, f"--timeout={TRIAL_SECONDS_MAX:.0f}")


def _run(tests: Sequence[str], source: Path, servers: Servers, *options: str) -> Trial:
    """A test run of its own on the given servers; RuntimeError when it did not get as far as a verdict."""
    with tempfile.TemporaryDirectory(prefix="rowlock-trial-") as folder:
        report = Path(folder) / "report.xml"
        environment = os.environ | {
            "PYTHONPATH": str(source),
            "DATABASE_URL": servers.database_url,
            "VALKEY_URL": servers.valkey_url,
            "HYPOTHESIS_STORAGE_DIRECTORY": folder,
        }
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}", *options, *tests]
        began = time.monotonic()
        ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - began
        if ran.returncode not in {0, 1}:
            raise RuntimeError(f"no verdict on {' '.join(tests)}:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
        cases = list(ET.parse(report).getroot().iter("testcase"))
    failed, broken = (
        tuple(_test_name(case) for case in cases if case.find(verdict) is not None) for verdict in ("failure", "error")
    )
    return Trial(failed, broken, seconds)


def _test_name(case: ET.Element) -> str:
    """The test as pytest is told to run it."""
    module, _, group = case.attrib["classname"].partition(".Test")
    path = module.replace(".", "/")
    return "::".join(filter(None, (f"{path}.py", group and f"Test{group}", case.attrib["name"])))
