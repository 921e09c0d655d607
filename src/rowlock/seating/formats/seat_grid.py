"""Halls of react-seatmap-creator: one list of seats and spaces, a grid without coordinates."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from rowlock.seating.formats.draft import DEFAULT_CATEGORY, Draft, framed, nth_place
from rowlock.seating.formats.json_reading import decode_json
from rowlock.seating.formats.layout import ROW_PITCH, SEAT_PITCH
from rowlock.seating.model import Row, Seat, Section, Shape

STAGE_DEPTH = 4.0


class Cell(Struct, frozen=True):
    row: str
    label: str
    type: Literal["seat", "space"]


class Grid(Struct, frozen=True, rename="camel"):
    seat_map_data: list[Cell]
    name: str = ""
    block_name: str = ""
    stage_text: str = ""


def read_seat_grid(data: bytes, name: str) -> Draft:
    """Cells of a row stand side by side in file order; a space leaves room for one seat."""
    grid = decode_json(data, Grid)
    rows: dict[str, list[tuple[int, int]]] = {}
    columns: dict[str, int] = {}
    for number, cell in enumerate(grid.seat_map_data):
        column = columns.get(cell.row, 0)
        columns[cell.row] = column + 1
        if cell.type == "seat":
            rows.setdefault(cell.row, []).append((number, column))
    ranks = {label: rank for rank, label in enumerate(columns)}
    made = tuple(
        Row(
            label.strip(),
            tuple(
                Seat(
                    grid.seat_map_data[number].label.strip(),
                    round((column + 1) * SEAT_PITCH, 3),
                    round(STAGE_DEPTH + (ranks[label] + 1) * ROW_PITCH, 3),
                    DEFAULT_CATEGORY,
                )
                for number, column in cells
            ),
        )
        for label, cells in rows.items()
    )
    block = grid.block_name.strip() or "Seats"
    width = (max(columns.values(), default=1) + 1) * SEAT_PITCH
    corners = ((width * 0.2, 1.0), (width * 0.8, 1.0), (width * 0.8, STAGE_DEPTH - 1), (width * 0.2, STAGE_DEPTH - 1))
    stage = [Shape("stage", corners, grid.stage_text.strip()[:120])] if grid.stage_text.strip() else []

    def places() -> Iterator[str]:
        return (f"$.seatMapData[{number}]" for cells in rows.values() for number, _ in cells)

    return Draft(
        framed(grid.name.strip() or name, [Section(id=block, name=block, rows=made)], stage), nth_place(places)
    )
