"""Rowlock's own plan format: the plan itself as JSON, nothing lost."""

from typing import Any

import msgspec

from rowlock.seating.formats.draft import Draft
from rowlock.seating.formats.json_reading import decode_json
from rowlock.seating.model import SeatingPlan

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def read_rowlock_json(data: bytes, _name: str) -> Draft:
    """The plan in the file, as it stands there."""
    return Draft(decode_json(data, SeatingPlan))


def write_rowlock_json(plan: SeatingPlan) -> bytes:
    """The plan as one JSON document; reading it back gives an equal plan."""
    return msgspec.json.encode(plan) + b"\n"


def plan_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the format, made from the model."""
    (reference,), components = msgspec.json.schema_components([SeatingPlan], ref_template="#/$defs/{name}")
    return {
        "$schema": SCHEMA_DIALECT,
        "title": "Rowlock seating plan",
        **reference,
        "$defs": components,
    }
