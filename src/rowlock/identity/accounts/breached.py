"""Passwords that attackers try first: patterns everybody falls for, and a published list when the operator has one.

The patterns are rules, not a list: a common word, name, season, keyboard walk or repetition, with the usual digits and
marks around it and the usual letters swapped. A list in the format of Have I Been Pwned (lines `SHA1:count`, sorted) is
searched on disk, line by line in halves: 30 GB need no memory.
"""

import hashlib
import re
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

_SWAPPED = str.maketrans("@4310$5!7", "aaeiossit")
_AROUND = re.compile(r"^[\d\W_]+|[\d\W_]+$")
_WALKS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "1234567890", "qazwsxedcrfvtgb")
_DISTINCT_MIN = 5
LINE_BYTES_MAX = 80


class BreachedList:
    """The rules, and a file of hashes on top of them."""

    def __init__(self, path: str = "") -> None:
        self._path = Path(path) if path else None

    def has(self, password: str) -> bool:
        """Whether attackers would try it early."""
        return is_common(password) or (self._path is not None and _listed(self._path, password))


def is_common(password: str) -> bool:
    """Whether the password is a pattern that everybody falls for."""
    plain = password.casefold()
    if len(set(plain)) < _DISTINCT_MIN or _is_counting(plain) or _is_repeated(plain):
        return True
    core = _AROUND.sub("", plain)
    cores = {core, core.translate(_SWAPPED), _AROUND.sub("", plain.translate(_SWAPPED))}
    return any(not core or core in common_words() or _is_walk(core) or _is_two_words(core) for core in cores)


@cache
def common_words() -> frozenset[str]:
    """The words that common passwords are built on, lower-case, with swapped letters put back."""
    text = files("rowlock.identity.accounts").joinpath("common_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def _is_two_words(core: str) -> bool:
    parts = [_AROUND.sub("", part) for part in re.split(r"[\d\W_]+", core)]
    if len(parts) > 1:
        return all(part in common_words() for part in parts if part)
    return any(core[:at] in common_words() and core[at:] in common_words() for at in range(3, len(core) - 2))


def _is_walk(core: str) -> bool:
    """Whether it walks along the keyboard, forth or back, in one or two stretches."""
    rows = [row for walk in _WALKS for row in (walk, walk[::-1])]
    halves = [core, *([core[: len(core) // 2], core[len(core) // 2 :]] if len(core) > 5 else [])]
    return any(core in row for row in rows) or all(any(half in row for row in rows) for half in halves[1:] or halves)


def _is_counting(plain: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(plain)}
    return steps <= {1} or steps <= {-1}


def _is_repeated(plain: str) -> bool:
    return any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, len(plain) // 2 + 1))


def _listed(path: Path, password: str) -> bool:
    """Binary search of a sorted file of upper-case SHA-1 lines."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as lines:
        low, high = 0, path.stat().st_size
        while low < high:
            middle = (low + high) // 2
            lines.seek(middle)
            if middle:
                lines.readline(LINE_BYTES_MAX)
            line = lines.readline(LINE_BYTES_MAX)
            if line[:40].upper() >= wanted or not line:
                high = middle
            else:
                low = middle + 1
        lines.seek(low)
        if low:
            lines.readline(LINE_BYTES_MAX)
        return lines.readline(LINE_BYTES_MAX)[:40].upper() == wanted
