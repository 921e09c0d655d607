"""What is said about tickets is said in every language, with the same values."""

import re

import pytest

from rowlock.tickets.phrases import phrases


@pytest.mark.parametrize("language", ["de", "fr"])
def test_every_language_says_everything_with_the_same_values(language: str) -> None:
    english, other = phrases("en"), phrases(language)
    assert english.keys() == other.keys()
    for name, text in english.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", other[name])), name
