"""One seat a line: section,row,number,x,y,category,accessible and a few optional columns."""

import csv
import io
from collections.abc import Iterator
from math import isfinite

from rowlock.seating.faults import PlanFileError
from rowlock.seating.formats.draft import DEFAULT_CATEGORY, Draft, SeatBudget, framed
from rowlock.seating.formats.layout import Extent, block_origins, seat_in_block
from rowlock.seating.model import COORDINATE_MAX, SEATS_PER_ROW_MAX, Row, Seat, SeatingPlan, Section

REQUIRED = ("section", "row", "number")
COLUMNS = (*REQUIRED, "x", "y", "category", "accessible", "companion", "restricted_view", "name", "level", "id")
DELIMITERS = ",;\t|"
TRUE = {"1", "true", "yes", "y", "x", "ja", "oui", "si", "sí"}
FALSE = {"", "0", "false", "no", "n", "nein", "non"}
HEADER_BYTES_MAX = 4_000


class SeatLine:
    """One data line of the file."""

    __slots__ = ("at", "seat")

    def __init__(self, at: int, seat: dict[str, str]) -> None:
        self.at = at
        self.seat = seat


def looks_like_csv(data: bytes) -> bool:
    """Whether the first line names the required columns."""
    return set(REQUIRED) <= set(_split_header(data)[1])


def read_csv(data: bytes, name: str) -> Draft:
    """Lines of one row may stand anywhere in the file; seats keep the order of their lines."""
    budget = SeatBudget()
    sections: dict[str, dict[str, list[SeatLine]]] = {}
    for line in _lines(data):
        budget.spend(1, f"line {line.at}")
        row = sections.setdefault(line.seat["section"], {}).setdefault(line.seat["row"], [])
        if len(row) == SEATS_PER_ROW_MAX:
            raise PlanFileError(f"line {line.at}", f"more than {SEATS_PER_ROW_MAX:,} seats in one row")
        row.append(line)
    ordered = [line for rows in sections.values() for lines in rows.values() for line in lines]
    if not ordered:
        raise PlanFileError("", "the file holds no seats: only a header")
    place = _placing(ordered)
    build = _with_coordinates if place else _laid_out
    plan = framed(name, build(sections))
    at = [line.at for line in ordered]
    return Draft(plan, lambda seat_no: f"line {at[seat_no]}")


def _lines(data: bytes) -> Iterator[SeatLine]:
    delimiter, header = _split_header(data)
    for column in header:
        if column not in COLUMNS:
            raise PlanFileError("line 1", f'unknown column "{column[:40]}"; known are {", ".join(COLUMNS)}')
        if header.count(column) > 1:
            raise PlanFileError("line 1", f'the column "{column}" appears twice')
    # Read as a stream: a text of the whole file would take up to four times its size.
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        next(reader)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            at = reader.line_num
            if len(cells) != len(header):
                raise PlanFileError(f"line {at}", f"{len(cells)} cells, but the header has {len(header)}")
            values = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
            for column in REQUIRED:
                if not values[column]:
                    raise PlanFileError(f"line {at}", f"the {column} is empty")
            yield SeatLine(at, values)
    except csv.Error as error:
        raise PlanFileError(f"line {reader.line_num}", f"broken CSV: {error}") from None
    except UnicodeDecodeError:
        raise _not_utf8(data) from None


def _not_utf8(data: bytes) -> PlanFileError:
    """Where the first byte stands that is no UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return PlanFileError(f"line {line}", "the text is not valid UTF-8; save the file as UTF-8")
    return PlanFileError("", "the text is not valid UTF-8; save the file as UTF-8")


def _split_header(data: bytes) -> tuple[str, list[str]]:
    """The delimiter and the column names of the first line."""
    first = data[:HEADER_BYTES_MAX].decode("utf-8", errors="replace").splitlines()[:1]
    line = first[0] if first else ""
    delimiter = max(DELIMITERS, key=line.count)
    return delimiter, [cell.strip().strip('"').strip().lower().replace(" ", "_") for cell in line.split(delimiter)]


def _placing(lines: list[SeatLine]) -> bool:
    """Whether the seats carry coordinates; either all do or none."""
    with_place = [bool(line.seat.get("x") or line.seat.get("y")) for line in lines]
    if any(with_place) and not all(with_place):
        at = lines[with_place.index(not with_place[0])].at
        raise PlanFileError(f"line {at}", "some seats have x and y and some do not: give all of them or none")
    return with_place[0]


def _with_coordinates(sections: dict[str, dict[str, list[SeatLine]]]) -> list[Section]:
    return [
        _section(
            section,
            rows,
            [[(_number(line, "x"), _number(line, "y")) for line in lines] for lines in rows.values()],
        )
        for section, rows in sections.items()
    ]


def _laid_out(sections: dict[str, dict[str, list[SeatLine]]]) -> list[Section]:
    extents = [Extent(max(len(lines) for lines in rows.values()), len(rows)) for rows in sections.values()]
    origins = block_origins(extents)
    return [
        _section(
            section,
            rows,
            [
                [seat_in_block(origin, extent, row, seat, len(lines)) for seat in range(len(lines))]
                for row, lines in enumerate(rows.values())
            ],
        )
        for (section, rows), extent, origin in zip(sections.items(), extents, origins, strict=True)
    ]


def _section(identity: str, rows: dict[str, list[SeatLine]], places: list[list[tuple[float, float]]]) -> Section:
    first = next(iter(rows.values()))[0].seat
    return Section(
        id=identity,
        name=first.get("name") or identity,
        level=first.get("level") or None,
        rows=tuple(
            Row(label, tuple(_seat(line, place) for line, place in zip(lines, row_places, strict=True)))
            for (label, lines), row_places in zip(rows.items(), places, strict=True)
        ),
    )


def _seat(line: SeatLine, place: tuple[float, float]) -> Seat:
    values = line.seat
    identity = values.get("id") or None
    if identity == f"{values['section']}-{values['row']}-{values['number']}":
        identity = None
    return Seat(
        number=values["number"],
        x=place[0],
        y=place[1],
        category=values.get("category") or DEFAULT_CATEGORY,
        accessible=_flag(line, "accessible"),
        companion=_flag(line, "companion"),
        restricted_view=_flag(line, "restricted_view"),
        id=identity,
    )


def _number(line: SeatLine, column: str) -> float:
    text = line.seat.get(column, "")
    try:
        # A decimal comma is what spreadsheets write in much of Europe.
        number = float(text.replace(",", "."))
    except ValueError:
        number = float("nan")
    if not (isfinite(number) and abs(number) <= COORDINATE_MAX):
        raise PlanFileError(f"line {line.at}", f'{column} is "{text[:40]}", not a number up to {COORDINATE_MAX:,.0f}')
    return number


def _flag(line: SeatLine, column: str) -> bool:
    text = line.seat.get(column, "").lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise PlanFileError(f"line {line.at}", f'{column} is "{text[:40]}"; write yes or no')


def write_csv(plan: SeatingPlan) -> bytes:
    """Every seat as one line. Colours, shapes, outlines and the plan's size and name are not carried."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for placed in plan.placed_seats():
        section, row, seat = placed.section, placed.row, placed.seat
        flags = ("yes" if flag else "no" for flag in (seat.accessible, seat.companion, seat.restricted_view))
        about = (section.name, section.level or "", seat.id or "")
        writer.writerow((section.id, row.label, seat.number, repr(seat.x), repr(seat.y), seat.category, *flags, *about))
    return text.getvalue().encode("utf-8")
