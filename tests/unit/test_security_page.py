"""The page on security: every automated threat of OWASP has its row, and every test that it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")


def test_every_automated_threat_has_one_row() -> None:
    assert re.findall(r"^\| OAT-(\d{3}) ", PAGE, re.MULTILINE) == [f"{number:03}" for number in range(1, 22)]


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(tests/[^`:]+)(?:::(\w+))?`", PAGE)
    assert len(named) >= 30
    for path, test in named:
        file = ROOT / path
        assert file.exists(), path
        assert not test or f"def {test}(" in file.read_text("utf-8"), f"{path}::{test}"
