"""The seating plan as the API answers it: immutable bytes, made once per plan version."""

from array import array
from base64 import b64encode
from collections.abc import Sequence
from sys import byteorder

import msgspec

from rowlock.seating.model import Row, Seat, SeatingPlan
from rowlock.seating.outline import label_point, section_outline

ACCESSIBLE, COMPANION, RESTRICTED_VIEW = 1, 2, 4


def plan_as_list(plan: SeatingPlan, plan_id: str, version: int) -> bytes:
    """JSON with one object a seat, in seatNo order; easy to read, large (56,000 seats are about 6 MB)."""
    seats = []
    for placed in plan.placed_seats():
        seat = placed.seat
        entry: dict[str, object] = {
            "id": placed.id,
            "section": placed.section.id,
            "row": placed.row.label,
            "number": seat.number,
            "x": seat.x,
            "y": seat.y,
            "tier": seat.category,
            "accessible": seat.accessible,
        }
        if seat.companion:
            entry["companion"] = True
        if seat.restricted_view:
            entry["restrictedView"] = True
        seats.append(entry)
    head = _head(plan, plan_id, version, numbers=False)
    return msgspec.json.encode({**head, "seats": seats})


def plan_as_columns(plan: SeatingPlan, plan_id: str, version: int) -> bytes:
    """The same as parallel typed arrays in base64, for the map: `x`, `y` float32 little-endian,
    `category` (index) and `flags` uint8; `ids` is null when every id follows from section, row and number.
    """
    index = {category.name: number for number, category in enumerate(plan.categories)}
    seats = [seat for section in plan.sections for row in section.rows for seat in row.seats]
    columns = {
        "x": _base64_floats([seat.x for seat in seats]),
        "y": _base64_floats([seat.y for seat in seats]),
        "category": _base64(bytes(index[seat.category] for seat in seats)),
        "flags": _base64(bytes(_flags(seat) for seat in seats)),
        "ids": plan.seat_ids() if any(seat.id is not None for seat in seats) else None,
    }
    return msgspec.json.encode({**_head(plan, plan_id, version, numbers=True), "seats": columns})


def _head(plan: SeatingPlan, plan_id: str, version: int, *, numbers: bool) -> dict[str, object]:
    return {
        "planId": plan_id,
        "version": version,
        "name": plan.name,
        "seatCount": plan.capacity,
        "width": plan.width,
        "height": plan.height,
        "categories": plan.categories,
        "shapes": plan.shapes,
        "sections": _sections(plan, numbers=numbers),
    }


def _sections(plan: SeatingPlan, *, numbers: bool) -> list[dict[str, object]]:
    sections: list[dict[str, object]] = []
    first = 0
    for section in plan.sections:
        rows: list[dict[str, object]] = []
        for row in section.rows:
            entry: dict[str, object] = {"label": row.label, "first": first, "count": len(row.seats)}
            if numbers:
                entry["numbers"] = row_numbers(row)
            rows.append(entry)
            first += len(row.seats)
        outline = section_outline(section)
        sections.append(
            {
                "id": section.id,
                "name": section.name,
                "level": section.level,
                "outline": outline,
                "labelAt": label_point(outline),
                "rows": rows,
            }
        )
    return sections


def row_numbers(row: Row) -> dict[str, int] | list[str]:
    """The seat numbers of a row as `{start, step}` when they count evenly, else as they are."""
    labels = [seat.number for seat in row.seats]
    # Only plain digits count, and few of them: "007", "+7" and "7a" are names, and so is anything a
    # browser's number could not carry exactly.
    if all(label.isascii() and label.isdigit() and len(label) < 10 and str(int(label)) == label for label in labels):
        start = int(labels[0])
        step = int(labels[1]) - start if len(labels) > 1 else 1
        if all(int(label) == start + step * place for place, label in enumerate(labels)):
            return {"start": start, "step": step}
    return labels


def _flags(seat: Seat) -> int:
    return (
        (ACCESSIBLE if seat.accessible else 0)
        | (COMPANION if seat.companion else 0)
        | (RESTRICTED_VIEW if seat.restricted_view else 0)
    )


def _base64_floats(values: Sequence[float]) -> str:
    floats = array("f", values)
    if byteorder == "big":
        floats.byteswap()
    return _base64(floats.tobytes())


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
