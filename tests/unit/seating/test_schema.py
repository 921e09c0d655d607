"""The published JSON Schema and the model say the same."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from tests.unit.seating.plans import seating_plans, small_plan

from rowlock.seating import PlanFileError, SeatingPlan, read_plan, write_plan
from rowlock.seating.formats.rowlock_json import plan_schema

PUBLISHED = Path(__file__).resolve().parents[3] / "docs" / "plan.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(plan_schema())


def test_published_schema_is_made_from_the_model() -> None:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema == json.loads(json.dumps(plan_schema()))


@given(seating_plans())
def test_every_plan_written_is_valid(plan: SeatingPlan) -> None:
    VALIDATOR.validate(json.loads(write_plan(plan)))


SPOILED: list[tuple[str, Any]] = [
    ("name", 7), ("name", ""), ("width", 0), ("width", "10"), ("categories", []), ("sections", []),
    ("sections", [{"id": "1", "name": "1", "rows": []}]), ("shapes", [{"kind": "moon", "points": [[1, 1]]}]),
    ("format", "rowlock-plan/2"), ("colour", "#ffffff"), ("categories", [{"name": "VIP", "color": "red"}]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), SPOILED)
def test_reader_and_schema_refuse_the_same(key: str, value: object) -> None:
    document = json.loads(write_plan(small_plan())) | {key: value}
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(PlanFileError):
        read_plan(json.dumps(document).encode())
