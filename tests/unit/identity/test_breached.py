"""Passwords that attackers try first: the rules, and the search in a published list."""

from hashlib import sha1
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rowlock.identity.accounts.breached import BreachedList, common_words, is_common


@pytest.mark.parametrize(
    "password",
    [
        "Password1!", "P4$$w0rd", "sommer2025", "Letmein!!", "qwertzuiop", "poiuytrewq", "asdfghjkl;", "abcdefghij",
        "1234567890", "9876543210", "abcabcabcabc", "iloveyou", "monkeydragon", "dragon_monkey_1", "!!!football!!!",
        "2025-2026-2027", "Rowlock2026",
    ],
)  # fmt: skip
def test_what_everybody_takes_is_common(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize(
    "password", ["violet-harbour-cantilever-38", "kX9#mq2!vLp0", "correct horse battery staple", "zwölf Boxkämpfer"]
)
def test_what_nobody_takes_is_not(password: str) -> None:
    assert not is_common(password)


@given(st.sampled_from(sorted(common_words())), st.from_regex(r"[0-9!?.]{0,4}", fullmatch=True))
def test_a_common_word_stays_common_with_anything_around_it(word: str, around: str) -> None:
    assert is_common(f"{around}{word.title()}{around}")


@given(st.sets(st.text(min_size=1, max_size=12), min_size=1, max_size=60), st.text(min_size=1, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_every_line_of_a_list_is_found_and_nothing_else(tmp_path: Path, listed: set[str], other: str) -> None:
    path = tmp_path / "breached.txt"
    hashes = sorted(sha1(password.encode()).hexdigest().upper() for password in listed)
    path.write_text("".join(f"{digest}:{number}\n" for number, digest in enumerate(hashes, start=9)), "utf-8")
    breached = BreachedList(str(path))
    assert all(breached.has(password) for password in listed)
    if other not in listed:
        assert breached.has(other) == is_common(other)
