"""Reading and writing plan files; the format is told by the content, never by the name alone."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from msgspec import UNSET, Raw, Struct, UnsetType

from rowlock.seating.checking import UNPRINTABLE, Progress, checked
from rowlock.seating.faults import PlanFileError
from rowlock.seating.formats.csv_seats import looks_like_csv, read_csv, write_csv
from rowlock.seating.formats.draft import Draft
from rowlock.seating.formats.json_reading import decode_json
from rowlock.seating.formats.pretix import read_pretix, write_pretix
from rowlock.seating.formats.rowlock_json import read_rowlock_json, write_rowlock_json
from rowlock.seating.formats.seat_grid import read_seat_grid
from rowlock.seating.formats.seatsio import read_seatsio
from rowlock.seating.formats.stadium_ranges import looks_like_stadium_ranges, read_stadium_ranges
from rowlock.seating.formats.svg import read_svg
from rowlock.seating.formats.svg_drawing import write_svg
from rowlock.seating.formats.ticketland import read_ticketland
from rowlock.seating.model import NAME_CHARS_MAX, SeatingPlan
from rowlock.seating.repair import renumber_duplicates

FILE_BYTES_MAX = 64 * 1024 * 1024
BOM = b"\xef\xbb\xbf"


class PlanFormat(NamedTuple):
    """One file format. `write` is None for formats that are only read."""

    name: str
    title: str
    read: Callable[[bytes, str], Draft]
    write: Callable[[SeatingPlan], bytes] | None = None


FORMATS = {
    plan_format.name: plan_format
    for plan_format in (
        PlanFormat("rowlock", "Rowlock JSON", read_rowlock_json, write_rowlock_json),
        PlanFormat("pretix", "pretix seating plan", read_pretix, write_pretix),
        PlanFormat("csv", "CSV", read_csv, write_csv),
        PlanFormat("svg", "SVG", read_svg, write_svg),
        PlanFormat("seatsio", "seats.io chart", read_seatsio),
        PlanFormat("ticketland", "Ticketland hall scheme", read_ticketland),
        PlanFormat("seat-grid", "react-seatmap-creator hall", read_seat_grid),
        PlanFormat("stadium-ranges", "stadium list of seat ranges", read_stadium_ranges),
    )
}


class Mark(Struct):
    """The top-level keys that tell JSON plans apart; their values are left unread."""

    format: Raw | UnsetType = UNSET
    zones: Raw | UnsetType = UNSET
    subChart: Raw | UnsetType = UNSET  # noqa: N815 - the key's own spelling
    seatMapData: Raw | UnsetType = UNSET  # noqa: N815 - the key's own spelling
    objects: Raw | UnsetType = UNSET


def read_plan(
    data: bytes, filename: str = "", *, repair: bool = False, progress: Progress | None = None
) -> SeatingPlan:
    """The plan in a file of any known format, complete and fit to be sold; PlanFileError otherwise.

    `filename` only names plans whose file has no name of its own. With `repair`, seats named twice get new
    names instead of a refusal. `progress` is told (seats done, seats in all) while the plan is checked.
    """
    if len(data) > FILE_BYTES_MAX:
        raise PlanFileError("", _too_large(len(data)))
    plan_format = detect(data)
    draft = plan_format.read(data.removeprefix(BOM), _name_from(filename))
    return checked(renumber_duplicates(draft.plan) if repair else draft.plan, draft.seat_place, progress)


def read_plan_file(path: Path, *, repair: bool = False, progress: Progress | None = None) -> SeatingPlan:
    """`read_plan` of a file; one over FILE_BYTES_MAX is refused by its size, unread."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
            size = path.stat().st_size
    except OSError as error:
        raise PlanFileError("", f"{path.name} cannot be read: {error.strerror}") from None
    if len(data) > FILE_BYTES_MAX:
        raise PlanFileError("", _too_large(max(size, len(data))))
    return read_plan(data, path.name, repair=repair, progress=progress)


def write_plan(plan: SeatingPlan, format_name: str = "rowlock") -> bytes:
    """The plan in one of the formats that can be written; ValueError for another name."""
    plan_format = FORMATS.get(format_name)
    if plan_format is None or plan_format.write is None:
        writable = ", ".join(name for name, known in FORMATS.items() if known.write)
        raise ValueError(f'no plan is written as "{format_name}"; choose one of {writable}')
    return plan_format.write(plan)


def detect(data: bytes) -> PlanFormat:
    """Which format a file is in; PlanFileError that says what it looks like when it is none."""
    body = data.removeprefix(BOM)
    start = body[:64].lstrip()
    if not body.strip():
        raise PlanFileError("", "the file is empty")
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise PlanFileError("", "the file is UTF-16; save it as UTF-8")
    if start[:1] == b"<":
        return FORMATS["svg"]
    if start[:1] == b"{":
        return _detect_json(body)
    if start[:1] == b"[":
        raise PlanFileError("", _what_list(body[:20_000]))
    return _detect_csv(body)


def _detect_json(body: bytes) -> PlanFormat:
    mark = decode_json(body, Mark)
    if not isinstance(mark.format, UnsetType):
        return FORMATS["rowlock"]
    if not isinstance(mark.zones, UnsetType):
        return FORMATS["pretix"]
    if not isinstance(mark.subChart, UnsetType):
        return FORMATS["seatsio"]
    if not isinstance(mark.seatMapData, UnsetType):
        return FORMATS["seat-grid"]
    if not isinstance(mark.objects, UnsetType):
        return FORMATS["ticketland"]
    if looks_like_stadium_ranges(body[:2_000]):
        return FORMATS["stadium-ranges"]
    known = "format (Rowlock), zones (pretix), subChart (seats.io)"
    raise PlanFileError("$", f"the JSON is no seating plan that is known here: it has none of the keys {known}")


def _what_list(opening: bytes) -> str:
    if re.search(rb'"(ticket_groups|retail_price|wholesale_price|splits)"', opening):
        return "the file is a list of ticket offers (section, row, price), not a seating plan: it names no seats"
    return "the file is a JSON list; a seating plan is an object with sections, rows and seats"


def _detect_csv(body: bytes) -> PlanFormat:
    if b"\x00" in body[:1_000]:
        raise PlanFileError("", "the file is binary, not a seating plan")
    if looks_like_csv(body):
        return FORMATS["csv"]
    opening = body[:400].decode("utf-8", errors="replace").lstrip().partition("\n")[0]
    first = "".join(filter(str.isprintable, opening[:60]))
    raise PlanFileError(
        "line 1", f'no seating plan begins with "{first}"; JSON, SVG or a CSV header section,row,number is expected'
    )


def _name_from(filename: str) -> str:
    """A plan's name made of its file's."""
    stem = UNPRINTABLE.sub("", Path(filename.replace("\\", "/")).stem.replace("_", " "))
    return " ".join(stem.split())[:NAME_CHARS_MAX].strip() or "Seating plan"


def _too_large(size: int) -> str:
    return f"the file has {size / 1e6:,.0f} MB; a plan file has at most {FILE_BYTES_MAX // (1024 * 1024)} MB"


__all__ = [
    "FILE_BYTES_MAX",
    "FORMATS",
    "PlanFormat",
    "detect",
    "read_plan",
    "read_plan_file",
    "write_plan",
]
