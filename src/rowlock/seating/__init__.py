"""Seating plans: the model, the files they come in, their geometry for the map, and generated venues."""

from rowlock.seating.checking import Progress, check_plan, checked
from rowlock.seating.faults import Fault, PlanFileError
from rowlock.seating.formats import FILE_BYTES_MAX, FORMATS, detect, read_plan, read_plan_file, write_plan
from rowlock.seating.geometry import plan_as_columns, plan_as_list
from rowlock.seating.model import (
    Category,
    PlacedSeat,
    Row,
    Seat,
    SeatingPlan,
    Section,
    Shape,
    seat_id,
)
from rowlock.seating.place import SeatPlace, seats_in_words
from rowlock.seating.repair import renumber_duplicates

__all__ = [
    "FILE_BYTES_MAX",
    "FORMATS",
    "Category",
    "Fault",
    "PlacedSeat",
    "PlanFileError",
    "Progress",
    "Row",
    "Seat",
    "SeatPlace",
    "SeatingPlan",
    "Section",
    "Shape",
    "check_plan",
    "checked",
    "detect",
    "plan_as_columns",
    "plan_as_list",
    "read_plan",
    "read_plan_file",
    "renumber_duplicates",
    "seat_id",
    "seats_in_words",
    "write_plan",
]
