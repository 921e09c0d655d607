"""Typed decoding of JSON files with errors that say where and what in plain words."""

import re
from typing import TypeVar

import msgspec

from rowlock.seating.faults import PlanFileError

T = TypeVar("T")

WORDS = {
    "float": "a number", "int": "a whole number", "str": "text", "array": "a list", "object": "an object",
    "bool": "true or false", "null": "null",
}  # fmt: skip
OFFSET = re.compile(r"^(?P<what>.*?):? ?\(byte (?P<byte>\d+)\)$", re.DOTALL)


def decode_json(data: bytes, shape: type[T]) -> T:
    """`data` as `shape`; raises PlanFileError with a JSON path, or with line and column for broken JSON."""
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `")
        raise PlanFileError(place.rstrip("`") or "$", _in_words(message)) from None
    except msgspec.DecodeError as error:
        raise _syntax_error(data, str(error)) from None
    except UnicodeDecodeError as error:
        raise PlanFileError("", f"a text is not valid UTF-8 ({error.reason})") from None
    except RecursionError:
        raise PlanFileError("", "the JSON is nested too deeply for a seating plan") from None


def _syntax_error(data: bytes, message: str) -> PlanFileError:
    found = OFFSET.match(message)
    if not found:
        last_line = data.count(b"\n") + 1
        return PlanFileError(f"line {last_line}", f"broken JSON: {message.lower()}")
    offset = min(int(found["byte"]), len(data))
    line = data.count(b"\n", 0, offset) + 1
    column = offset - (data.rfind(b"\n", 0, offset) + 1) + 1
    what = found["what"].removeprefix("JSON is malformed: ")
    return PlanFileError(f"line {line}, column {column}", f"broken JSON: {what}")


def _in_words(message: str) -> str:
    """The decoder's type names as words a reader of the file knows."""
    message = re.sub(r"`(\w+)( \| null)?`", lambda name: WORDS.get(name[1], f'"{name[1]}"'), message)
    return message[:1].lower() + message[1:]
