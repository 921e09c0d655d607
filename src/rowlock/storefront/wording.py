"""One catalogue of words for the pages and the islands; numbers, money and dates in the visitor's manner."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec
from starlette.requests import Request

from rowlock.platform.manner import Manner

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch", "fr": "Français"}
DEFAULT_LANGUAGE = "en"

type_of_catalogue = dict[str, str | dict[str, str]]


@cache
def messages(language: str) -> Mapping[str, str | dict[str, str]]:
    """The catalogue of one language: key -> text, or -> a text for each CLDR plural category."""
    data = files("rowlock.storefront").joinpath("messages", f"{language}.json").read_bytes()
    return msgspec.json.decode(data, type=type_of_catalogue)


class Words(Manner):
    """Says things in one language."""

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key`; its plural form follows `count`. KeyError for a key no catalogue has."""
        text = messages(self.language)[key]
        if isinstance(text, dict):
            count = values["count"]
            assert isinstance(count, int)
            text = text.get(self.locale.plural_form(count), text["other"])
            values["count"] = self.number(count)
        return text.format(**values) if values else text


@cache
def words(language: str) -> Words:
    """The words of one of LANGUAGES."""
    return Words(language)


def chosen_language(request: Request) -> str | None:
    """The language asked for with `?lang=`, when it is one of ours."""
    asked = request.query_params.get("lang")
    return asked if asked in LANGUAGES else None


def language_of(request: Request) -> str:
    """`?lang=` before Accept-Language before English."""
    chosen = chosen_language(request)
    if chosen is not None:
        return chosen
    return preferred(request.headers.get("accept-language", ""))


def preferred(accept_language: str) -> str:
    """The language of ours that an Accept-Language header wants most; of equals the first."""
    best, best_weight = DEFAULT_LANGUAGE, 0.0
    for part in accept_language[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        weight = _weight(parameter)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
