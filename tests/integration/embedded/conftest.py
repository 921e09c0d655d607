"""Data folders below a private parent, and a user without rights."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest


@pytest.fixture
def private_parent() -> Iterator[Path]:
    """A folder of mode 700, and no server left in it afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="rowlock-test-"))
    yield parent
    for process in psutil.process_iter():
        try:
            inside = process.name() in {"postgres", "valkey-server"} and Path(process.cwd()).is_relative_to(parent)
        except (psutil.Error, OSError):
            continue
        if inside:
            process.kill()
    shutil.rmtree(parent)


@pytest.fixture
def ordinary_user() -> pwd.struct_passwd:
    """Somebody without rights, whom only root can run programs as."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    return pwd.getpwnam("nobody")
