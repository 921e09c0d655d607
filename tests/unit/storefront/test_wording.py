"""One catalogue, complete in every language."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowlock.storefront.poster import poster
from rowlock.storefront.wording import LANGUAGES, messages, preferred, words


def placeholders(entry: str | dict[str, str]) -> set[str]:
    """The names a text wants values for."""
    texts = [entry] if isinstance(entry, str) else list(entry.values())
    return {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_language_says_everything_with_the_same_values(language: str) -> None:
    english, other = messages("en"), messages(language)
    assert english.keys() == other.keys()
    for key in english:
        assert placeholders(english[key]) == placeholders(other[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    wanted = words(language).locale.plural_form.tags | {"other"}
    for key, entry in messages(language).items():
        if isinstance(entry, dict):
            assert entry.keys() == wanted, key


def test_a_number_chooses_its_form() -> None:
    assert words("en")("list.left", count=1) == "1 seat left"
    assert words("de")("list.left", count=12_000) == "noch 12.000 Plätze"
    assert words("fr")("basket.count", count=0) == "0 place"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("pl, fr;q=0.5, en;q=0.4", "fr"),
        ("en;q=0.3, fr;q=0.9", "fr"),
        ("fr;q=0", "en"),
        ("*", "en"),
        ("fr;q=lots", "en"),
    ],
)
def test_the_browser_is_heard(header: str, language: str) -> None:
    assert preferred(header) == language


@given(st.text())
def test_any_header_gives_a_language(header: str) -> None:
    assert preferred(header) in LANGUAGES


printable = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=200)


@given(st.integers(0, 10**9), printable)
def test_every_event_has_a_poster_and_always_the_same(number: int, name: str) -> None:
    picture = poster(str(number), name, "11 Jun 2027", "Köln & <here>")
    ElementTree.fromstring(picture)
    assert picture == poster(str(number), name, "11 Jun 2027", "Köln & <here>")
