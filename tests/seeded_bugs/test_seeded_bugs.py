"""Every seeded bug still fits the source, and the quick ones are caught."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.seeded_bugs.trial import ROOT, SeededBug, seeded_bugs, try_bug, try_sound

from rowlock.platform.embedded import EmbeddedServers, Servers

BUGS = seeded_bugs()
QUICK = [bug for bug in BUGS if bug.quick]


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers that nobody else's tests are at: a bug goes into the database as well."""
    with EmbeddedServers() as embedded:
        yield embedded.start(tmp_path_factory.mktemp("servers"))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_every_bug_still_fits_the_source(bug: SeededBug, tmp_path: Path) -> None:
    (tmp_path / bug.file).parent.mkdir(parents=True)
    shutil.copy(ROOT / bug.file, tmp_path / bug.file)
    bug.put_into(tmp_path)
    assert bug.new in (tmp_path / bug.file).read_text("utf-8")


def test_there_are_enough_bugs_and_no_name_twice() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 20
    assert QUICK


@pytest.mark.timeout(300)
def test_the_quick_ones_are_caught(own_servers: Servers) -> None:
    sound = try_sound((test for bug in QUICK for test in bug.caught_by), own_servers)
    assert (sound.failed, sound.broken) == ((), ())
    assert [bug.name for bug in QUICK if not try_bug(bug, own_servers).failed] == []
