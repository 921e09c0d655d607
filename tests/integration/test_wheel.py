"""The wheel carries everything that Rowlock needs beside its Python files."""

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA_SUFFIXES = {".sql", ".lua", ".html", ".jinja", ".json", ".md", ".mako", ".typed", ".css", ".svg", ".txt"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    project = folder / "project"
    for name in ("src", "requirements", "tools"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "LICENSE", "README.md", ".gitignore"):
        shutil.copy(ROOT / name, project / name)
    static = project / "src" / "rowlock" / "storefront" / "static"  # as a web build would leave it
    (static / "assets").mkdir(parents=True, exist_ok=True)
    (static / "assets" / "event-1234.js").write_text("export {}", encoding="utf-8")
    (static / "manifest.json").write_text("{}", encoding="utf-8")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=project, check=True, capture_output=True)
    (built,) = folder.glob("rowlock-*.whl")
    return zipfile.ZipFile(built)


def test_every_data_file_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    source = ROOT / "src"
    expected = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.suffix in DATA_SUFFIXES and "egg-info" not in str(path) and "__pycache__" not in path.parts
    }
    assert {"rowlock/py.typed", "rowlock/platform/embedded/create_database.sql"} <= expected
    assert expected - set(wheel.namelist()) == set()


def test_the_built_web_pages_are_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    assert "rowlock/storefront/static/manifest.json" in wheel.namelist()
    assert "rowlock/storefront/static/assets/event-1234.js" in wheel.namelist()


def test_nothing_else_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert len(tops) == 2
    assert "rowlock" in tops
    assert not [name for name in wheel.namelist() if "__pycache__" in name]


def test_the_wheel_names_what_it_runs_on(wheel: zipfile.ZipFile) -> None:
    (metadata,) = [name for name in wheel.namelist() if name.endswith("METADATA")]
    needed = Parser().parsestr(wheel.read(metadata).decode()).get_all("Requires-Dist") or []
    runtime = (ROOT / "requirements" / "runtime.in").read_text(encoding="utf-8").split()
    assert sorted(needed) == sorted(runtime)
