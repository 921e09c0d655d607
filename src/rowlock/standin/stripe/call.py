"""A call as Stripe takes it: a form with nested names, a key, and errors in Stripe's words."""

import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from rowlock.standin.books import Books, Thing
from rowlock.standin.cards import Trouble

Form = dict[str, Any]
"""Decoded fields: texts, and dicts of them for `metadata[key]`, lists for `expand[0]`."""

_STEP = re.compile(r"\[([^\]]*)\]")
NESTING_MAX = 6
_EXPANDABLE = {
    "latest_charge": "stripe.charge",
    "charge": "stripe.charge",
    "payment_intent": "stripe.payment_intent",
    "balance_transaction": "stripe.balance_transaction",
}


class Refusal(Exception):  # noqa: N818  an outcome for the caller
    """What Stripe answers instead of what was asked for."""

    def __init__(self, status: int, kind: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message, **more}


class Call(msgspec.Struct):
    """One call of the API while it is worked on."""

    form: Form
    thing_id: str = ""
    """The id in the address, empty where there is none."""
    key: str | None = None
    trouble: Trouble | None = None
    """What the card that was used does to the answer."""

    def text(self, *path: str) -> str | None:
        """A field, `metadata[key]` as ("metadata", "key"); None when it was not sent."""
        found: Any = self.form
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None

    def need(self, *path: str) -> str:
        """A field that must be there."""
        found = self.text(*path)
        if not found:
            raise missing("[".join(path) + "]" * (len(path) - 1))
        return found

    def number(self, *path: str) -> int | None:
        """A field that is a whole number."""
        text = self.text(*path)
        if text is not None and not re.fullmatch(r"-?[0-9]{1,15}", text):
            raise invalid(f"Invalid integer: {text}", path[0])
        return None if text is None else int(text)

    def texts(self, name: str) -> dict[str, str]:
        """A field of named texts, such as `metadata`."""
        found = self.form.get(name)
        return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def invalid(message: str, param: str | None = None, **more: object) -> Refusal:
    """400 for what cannot be done."""
    return Refusal(400, "invalid_request_error", message, **({"param": param} if param else {}), **more)


def missing(param: str) -> Refusal:
    """400 for a field that was not sent."""
    return invalid(f"Missing required param: {param}.", param, code="parameter_missing")


def no_such(kind: str, thing_id: str) -> Refusal:
    """404, as Stripe says it."""
    message = f"No such {kind}: '{thing_id}'"
    return Refusal(404, "invalid_request_error", message, code="resource_missing", param="id")


def read_form(text: str) -> Form:
    """The fields of a form or a query string; a Refusal when they are nested deeper than any that we take."""
    form: Form = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, *steps = [name.partition("[")[0], *_STEP.findall(name)]
        if len(steps) > NESTING_MAX:
            raise invalid("Too deeply nested.", name[:60])
        place = form
        for step, following in zip([head, *steps], steps, strict=False):
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                raise invalid(f"Invalid hash: {following}", head)
            place = inner
        place[steps[-1] if steps else head] = value
    return form


def expand(books: Books, thing: Thing, wanted: Form | str | None) -> Thing:
    """The thing with the ids that `expand` names replaced by what they stand for."""
    shown = dict(thing)
    for path in wanted.values() if isinstance(wanted, dict) else ():
        first, _, rest = str(path).partition(".")
        value, kind = shown.get(first), _EXPANDABLE.get(first)
        if first == "data":
            shown["data"] = [expand(books, inner, {"0": rest}) for inner in shown["data"]]
        elif isinstance(value, dict):
            shown[first] = expand(books, value, {"0": rest}) if rest else value
        elif isinstance(value, str) and kind is not None:
            inner = books.find(kind, value) or {}
            shown[first] = expand(books, inner, {"0": rest}) if rest else dict(inner)
    return shown


def page(call: Call, things: list[Thing], address: str) -> Thing:
    """One page of a list, newest first, of what was made in the time that is asked for."""
    since, before = call.number("created", "gte"), call.number("created", "lt")
    chosen = [
        thing
        for thing in things
        if (since is None or thing["created"] >= since) and (before is None or thing["created"] < before)
    ]
    after = call.text("starting_after")
    if after is not None:
        ids = [thing["id"] for thing in chosen]
        chosen = chosen[ids.index(after) + 1 :] if after in ids else []
    limit = min(max(call.number("limit") or 10, 1), 100)
    return {"object": "list", "data": chosen[:limit], "has_more": len(chosen) > limit, "url": address}
