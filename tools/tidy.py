"""The project's own rules, which no general linter knows. Prints `path:line: rule`, exit 1 when any is broken."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
SOURCE_SUFFIXES = {".py", ".ts", ".svelte", ".js", ".css", ".sql", ".lua", ".html", ".jinja"}
EMPTY_NAMES = {"util", "utils", "common", "helper", "helpers", "misc"}

SQL_STATEMENT = re.compile(
    r"\s*(?:(?:SELECT|select)\s|"
    r"(?i:INSERT\s+INTO\s|DELETE\s+FROM\s|UPDATE\s+\S+\s+SET\s|WITH\s+\w+\s+AS\s*\(|"
    r"(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:TABLE|INDEX|FUNCTION|VIEW|DATABASE|SCHEMA|ROLE|EXTENSION)\s))"
)
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:root|work|home/\w+|Users/\w+)/\w")
REGISTRY_ADDRESS = re.compile(r"registry\.npmjs\.|pypi\.org/simple|pythonhosted\.org|file:///[o]pt")
CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
LOCKED_ADDRESS = re.compile(r"\w://|@ file:")
SCRIPT_FUNCTION = re.compile(
    r"^(?P<indent>\s*)(?!(?:if|for|while|switch|catch|do|try|else|return|class|interface|type|describe)\b)"
    r"(?:export\s+|default\s+|async\s+|static\s+|private\s+|public\s+|readonly\s+|get\s+|set\s+)*"
    r"(?:function\b.*|(?:const|let)\s+\w+.*=>\s*|[\w#]+\(.*\).*)\{$"
)


class Fault(NamedTuple):
    """A broken rule and its place."""

    path: PurePosixPath
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


Rule = Callable[[PurePosixPath, str], Iterator[Fault]]


def faults(path: PurePosixPath, text: str) -> list[Fault]:
    """Every broken rule of one file; `path` is relative to the project's root."""
    return [fault for rule in RULES for fault in rule(path, text)]


def file_size(path: PurePosixPath, text: str) -> Iterator[Fault]:
    """A file is read in one sitting."""
    lines = text.count("\n")
    if path.suffix in SOURCE_SUFFIXES and lines > FILE_LINES_MAX:
        yield Fault(path, lines, f"{lines} lines, at most {FILE_LINES_MAX}: split it by responsibility")


def function_size(path: PurePosixPath, text: str) -> Iterator[Fault]:
    """A function fits a screen."""
    for name, line, length in _functions(path, text):
        if length > FUNCTION_LINES_MAX:
            yield Fault(path, line, f"{name} has {length} lines, at most {FUNCTION_LINES_MAX}")


def telling_names(path: PurePosixPath, _text: str) -> Iterator[Fault]:
    """A module is named for what it does."""
    for part in path.parts:
        if part.split(".")[0].lower() in EMPTY_NAMES:
            yield Fault(path, 1, f"{part} says nothing; name it for its responsibility")


def sql_in_its_files(path: PurePosixPath, text: str) -> Iterator[Fault]:
    """Statements are reviewed in .sql files; only Alembic's environment speaks for itself."""
    if path.suffix != ".py" or path.parts[0] != "src" or path.name == "env.py":
        return
    tree = ast.parse(text)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in prose:
            words = node.value.decode("utf-8", "replace") if isinstance(node.value, bytes) else node.value
            if isinstance(words, str) and SQL_STATEMENT.match(words):
                yield Fault(path, node.lineno, "SQL in a string: move it to a .sql file")


def aware_datetimes(path: PurePosixPath, text: str) -> Iterator[Fault]:
    """A time without an offset is a different time elsewhere."""
    for call in _calls(path, text):
        name, arguments = _called(call), len(call.args) + len(call.keywords)
        naive = name.endswith(("datetime.utcnow", "datetime.utcfromtimestamp", "datetime.today"))
        naive |= name.endswith("datetime.now") and arguments == 0
        naive |= name.endswith("datetime.fromtimestamp") and arguments < 2
        if naive:
            yield Fault(path, call.lineno, f"{name} gives a time without a zone; pass one")


def tests_wait_on_signals(path: PurePosixPath, text: str) -> Iterator[Fault]:
    """A sleeping test is slow when it passes and wrong when it does not. Yielding to the loop (0) is no sleep."""
    if path.parts[0] != "tests":
        return
    for call in _calls(path, text):
        yields = bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
        if _called(call) in {"time.sleep", "asyncio.sleep", "anyio.sleep", "sleep"} and not yields:
            yield Fault(path, call.lineno, "a test sleeps; wait for the signal instead")


def no_machine_in_files(path: PurePosixPath, text: str) -> Iterator[Fault]:
    """What is true on one machine only stays on it."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in ((MACHINE_PATH, "a path of one machine"), (REGISTRY_ADDRESS, "a registry's address")):
            if found := pattern.search(line):
                yield Fault(path, number, f"{what}: {found[0]}")


def merged_to_the_end(path: PurePosixPath, text: str) -> Iterator[Fault]:
    """Two versions of a line are for git, not for readers."""
    for found in CONFLICT.finditer(text):
        yield Fault(path, text.count("\n", 0, found.start()) + 1, "a conflict of a merge was left")


def locks_without_addresses(path: PurePosixPath, text: str) -> Iterator[Fault]:
    """Hashes say what to install; where from is the machine's own affair."""
    for number, line in enumerate(text.splitlines(), 1):
        pinned = path.parts[0] == "requirements" and LOCKED_ADDRESS.search(line)
        resolved = path.name == "package-lock.json" and '"resolved"' in line
        if pinned or resolved:
            yield Fault(path, number, "a lock file names an address")


RULES: tuple[Rule, ...] = (
    file_size,
    function_size,
    telling_names,
    sql_in_its_files,
    aware_datetimes,
    tests_wait_on_signals,
    no_machine_in_files,
    merged_to_the_end,
    locks_without_addresses,
)


def _functions(path: PurePosixPath, text: str) -> Iterator[tuple[str, int, int]]:
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1
    elif path.suffix in {".ts", ".svelte", ".js"}:
        yield from _script_functions(text.splitlines())


def _script_functions(lines: list[str]) -> Iterator[tuple[str, int, int]]:
    """Formatted code ends a function with a brace at the indentation of its first line."""
    for start, line in enumerate(lines):
        if opening := SCRIPT_FUNCTION.match(line):
            closing = opening["indent"] + "}"
            end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith(closing)), start)
            yield line.strip(" {"), start + 1, end - start + 1


def _calls(path: PurePosixPath, text: str) -> Iterator[ast.Call]:
    if path.suffix == ".py":
        yield from (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func)


def main() -> int:
    """Look at every file that is or would be committed."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: list[Fault] = []
    for name in sorted(filter(None, listing.split("\0"))):
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):  # a picture, or deleted and not yet committed
            continue
        found += faults(PurePosixPath(name), text)
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
