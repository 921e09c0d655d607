"""Each format read from a small file of its own, and what is said about files that are wrong."""

import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from tests.unit.seating.plans import small_plan

from rowlock.seating import FILE_BYTES_MAX, PlanFileError, SeatingPlan, read_plan, read_plan_file, write_plan
from rowlock.seating.formats import detect
from rowlock.seating.generator import bowl_stadium

DATA = Path(__file__).parent / "data"


def seats(plan: SeatingPlan) -> dict[str, tuple[float, float]]:
    return {placed.id: (round(placed.seat.x, 3), round(placed.seat.y, 3)) for placed in plan.placed_seats()}


def refusal(data: bytes) -> str:
    with pytest.raises(PlanFileError) as caught:
        read_plan(data, "plan")
    return str(caught.value)


def test_semicolons_and_decimal_commas() -> None:
    plan = read_plan_file(DATA / "hall.csv")
    assert seats(plan) == {
        "Parkett-A-1": (1.5, 4.0),
        "Parkett-A-2": (2.1, 4.0),
        "Parkett-B-1": (1.5, 4.9),
        "Rang-A-1": (1.5, 8.0),
    }
    assert [placed.seat.accessible for placed in plan.placed_seats()] == [True, False, False, False]
    assert plan.name == "hall"


@pytest.mark.parametrize("spoil", [lambda b: b"\xef\xbb\xbf" + b, lambda b: b.replace(b"\n", b"\r\n")])
def test_byte_order_marks_and_line_ends_change_nothing(spoil: Callable[[bytes], bytes]) -> None:
    for name in ("hall.csv", "hall.svg", "hall.pretix.json", "stadium.json", "chart.json"):
        good = (DATA / name).read_bytes()
        assert read_plan(spoil(good), name) == read_plan(good, name)


def test_csv_without_coordinates_is_laid_out_in_rows() -> None:
    lines = [f"{section},{row},{n}" for section in "PQR" for row in "AB" for n in range(1, 9)]
    plan = read_plan("\n".join(["section,row,number", *lines]).encode())
    places = seats(plan)
    assert len(set(places.values())) == plan.capacity == 48
    assert places["P-A-1"][1] == places["P-A-8"][1] < places["P-B-1"][1]


def test_csv_short_rows_are_centred() -> None:
    places = seats(read_plan(b"section,row,number\nP,A,1\nP,A,2\nP,A,3\nP,B,1"))
    assert places["P-B-1"][0] == places["P-A-2"][0]


def test_svg_transforms_ids_and_groups() -> None:
    plan = read_plan_file(DATA / "hall.svg")
    assert (plan.name, plan.width, plan.height) == ("Town hall", 100, 80)
    assert seats(plan) == {
        "Left-A-1": (10, 20),
        "Left-A-2": (15, 20),
        "Left-B-1": (10, 30),
        "Left-B-2": (10, 36),
        "Box-1-7": (90, 70),
    }
    assert [(category.name, category.color) for category in plan.categories] == [("VIP", "#7a3ff2"), ("Regular", None)]
    assert plan.sections[0].name == "Left block"
    assert plan.shapes[0].kind == "stage"


def test_pretix_positions_add_up() -> None:
    plan = read_plan_file(DATA / "hall.pretix.json")
    assert seats(plan) == {"p-A-1": (110, 60), "Balkon-A-1": (135, 60), "balcony-A-1": (150, 190)}
    assert [(section.id, section.name) for section in plan.sections] == [("p", "Parkett"), ("balcony", "balcony")]
    stage, pillar, label = plan.shapes
    assert (stage.kind, stage.label) == ("stage", "Bühne")
    assert [(round(x), round(y)) for x, y in stage.points] == [(110, 20), (110, 100), (80, 100), (80, 20)]
    assert max(x for x, _ in pillar.points) == 105
    assert (label.kind, label.label) == ("text", "Garderobe")
    assert plan.categories[0].color == "#ff8800"


def test_undeclared_pretix_category_is_a_fault() -> None:
    spoiled = (DATA / "hall.pretix.json").read_bytes().replace(b'"category": "Best"', b'"category": "Bset"', 1)
    assert refusal(spoiled) == '$.zones[0].rows[0].seats[0]: unknown category "Bset"'


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("Big_hall  2.csv", "Big hall 2"),
        ("C:\\plans\\hall.csv", "hall"),
        ("\u202egnp\x00.csv", "gnp"),
        ("", "Seating plan"),
    ],
)
def test_plans_without_a_name_are_named_after_the_file(filename: str, name: str) -> None:
    assert read_plan(b"section,row,number\nA,1,1", filename).name == name


def test_a_great_stadium_is_read_in_two_seconds() -> None:
    plan = bowl_stadium(80_000)
    for name in ("rowlock", "pretix", "csv", "svg"):
        data = write_plan(plan, name)
        before = process_time()
        assert read_plan(data).capacity == 80_000
        assert process_time() - before < 2


def test_every_example_of_the_manual_is_read() -> None:
    manual = (Path(__file__).resolve().parents[3] / "docs" / "plan-formats.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:json|xml)?\n(.*?)```", manual, re.DOTALL)
    examples = [block for block in blocks if block.lstrip().startswith(("{", "<", "section,"))]
    assert [read_plan(example.encode()).capacity for example in examples] == [2, 3, 3, 33]


def test_stadium_list_is_laid_out_round_a_field() -> None:
    plan = read_plan_file(DATA / "stadium.json")
    assert [(section.id, section.level) for section in plan.sections] == [
        ("west 1", "west"), ("2", "west"), ("far end 1", "far end"),
    ]  # fmt: skip
    assert [seat.number for seat in plan.sections[0].rows[1].seats] == ["1", "2", "5", "6"]
    assert len(set(seats(plan).values())) == plan.capacity == 19
    (field,) = plan.shapes
    assert max(seat.x for row in plan.sections[0].rows for seat in row.seats) < min(x for x, _ in field.points)


def test_seatsio_rows_tables_areas_and_sections() -> None:
    plan = read_plan_file(DATA / "chart.json")
    assert [(s.id, sum(len(row.seats) for row in s.rows)) for s in plan.sections] == [
        ("Seats", 1), ("Tables", 1), ("Floor", 12), ("Side", 1),
    ]  # fmt: skip
    assert seats(plan)["Side-A-9"] == (81, 2)
    assert next(plan.placed_seats()).seat.companion


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b" \n\t", "the file is empty"),
        (b"PK\x03\x04\x00\x00\xff", "the file is binary"),
        ("section,row,number\nA,1,ü".encode("latin-1"), "line 2: the text is not valid UTF-8"),
        ("section,row,number".encode("utf-16"), "UTF-16"),
        (b"hello world", 'no seating plan begins with "hello world"'),
        (b"[]", "JSON list"),
        (b'[{"section": "331", "row": "J", "splits": [1, 3]}]', "list of ticket offers"),
        (b'{"a": 1}', "no seating plan that is known"),
        (b'{"format": "rowlock-plan/9"}', "$.format: invalid value"),
        (b'{"zones": [],\n "name": }', "line 2, column 10: broken JSON"),
        (b'{"zones": [{"rows": [{"row_number": 7}]}]}', "$.zones[0].rows[0].row_number: expected text, got a whole"),
        (b'{"format": "rowlock-plan/1", "name": "x", "width": NaN}', "broken JSON"),
        (b"section,row,number\n", "no seats"),
        (b"section,row,number\nA,1", "line 2: 2 cells, but the header has 3"),
        (b"section,row,number\nA,,1", "line 2: the row is empty"),
        (b"section,row,number,colour\nA,1,1,red", 'line 1: unknown column "colour"'),
        (b"section,row,number,row\nA,1,1,1", 'the column "row" appears twice'),
        (b"section,row,number,x,y\nA,1,1,1,1\nA,1,2,,", "line 3: some seats have x and y"),
        (b"section,row,number,x,y\nA,1,1,nan,1", 'line 2: x is "nan"'),
        (b"section,row,number,x,y\nA,1,1,1,1e300", 'line 2: y is "1e300"'),
        (b"section,row,number,accessible\nA,1,1,maybe", 'line 2: accessible is "maybe"'),
        (b"section,row,number\nA,1,1\nA,1,2\nA,1,1", 'line 4: section "A", row "1", seat "1" appears twice'),
        (b'section,row,number\nA,1,"1', "broken CSV"),
        (b"<html></html>", "<html> is not an SVG"),
        (b"<svg><g></svg>", "line 1, column"),
        (b"<svg/>", "the drawing has no seats"),
        (b'<svg><path id="section-LAWN-bg"/></svg>', "sections (LAWN) but no seats"),
        (b'<svg>\n<circle data-seat="1" data-row="A"/></svg>', "line 2, <circle>: the seat has no section"),
        (b'<svg><g id="section-1"><circle id="seat-1"/></g></svg>', "the seat has no row"),
        (b'<svg><g id="section-1"><g id="row-1"><path id="seat-1"/></g></g></svg>', "a seat must be a circle"),
        (b'<svg><g id="section-1"><g id="row-1"><g id="seat-1"/></g></g></svg>', "the seat's group holds no circle"),
        (b'<svg><g data-section="1" data-row="1"><circle data-seat="1" cx="5%"/></g></svg>', '"5%" is not a plain'),
        (b'<svg><g transform="spin(3)"/></svg>', 'transform="spin(3)" cannot be read'),
        (b'{"west": {"name": "w", "a": {"name": "1", "rows": [{"name": "1", "seats": "1-999999"}]}}}', "too long"),
        (
            b'{"west": {"name": "w", "a": {"name": "1", "rows": [{"name": "1", "seats": "x"}]}}}',
            "$.west.a.rows[0]: seats",
        ),
        (b'{"west": {"name": "w", "a": {"name": "1", "rows": []}}}', "has no rows"),
        (b'{"objects": [{"type": "seat"}], "type": "schema"}', "$.objects[0]: the seat names no section"),
    ],
)
def test_refusals_name_the_place_and_the_fault(data: bytes, said: str) -> None:
    assert said in refusal(data)


def test_xml_bomb_is_refused() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE svg [<!ENTITY l0 "ha">{levels}]><svg><title>&l9;</title></svg>'
    assert "declares entities" in refusal(bomb.encode())
    outside = b'<!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/hostname">]><svg><title>&f;</title></svg>'
    assert "declares entities" in refusal(outside)


def test_outside_document_type_is_not_loaded(tmp_path: Path) -> None:
    definition = tmp_path / "evil.dtd"
    definition.write_text('<!ENTITY boom "boom">')
    drawing = (DATA / "hall.svg").read_text(encoding="utf-8")
    head = drawing.index("<!DOCTYPE")
    outside = drawing[:head] + f'<!DOCTYPE svg SYSTEM "{definition.as_uri()}">' + drawing[drawing.index("\n", head) :]
    assert read_plan(outside.encode()).capacity == 5


def test_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    junk = tmp_path / "junk.json"
    with junk.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 36 * 1024 * 1024)
    with pytest.raises(PlanFileError, match="the file has 105 MB; a plan file has at most 64 MB"):
        read_plan_file(junk)
    assert "64 MB" in refusal(b" " * (FILE_BYTES_MAX + 1))


@pytest.mark.parametrize(
    "junk", [b'{"zones":[' + b"[]," * 500_000, b'{"x":[' + b"{}," * 500_000 + b"{}]}", b"<svg>" + b"<g/>" * 400_000]
)
def test_junk_is_refused_without_unfolding_it(junk: bytes) -> None:
    tracemalloc.start()
    try:
        refusal(junk)
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


def test_files_that_would_unfold_into_too_many_seats() -> None:
    area = b'{"label": "%d", "capacity": 250000, "categoryLabel": "C", "center": {"x": 0, "y": 0}, "radius1": 1}'
    chart = b'{"categories": {"list": []}, "subChart": {"generalAdmissionAreas": [%s]}}'
    assert "generalAdmissionAreas[1]: more than 250,000 seats" in refusal(chart % b",".join([area % 1, area % 2]))
    rows = ",".join(f'{{"name": "{n}", "seats": "2000"}}' for n in range(126))
    stand = f'{{"west": {{"name": "w", "a": {{"name": "1", "rows": [{rows}]}}}}}}'
    assert "$.west.a.rows[125]: more than 250,000 seats" in refusal(stand.encode())


def test_deeply_nested_drawing_is_refused_at_once() -> None:
    assert "nested more than 200 deep" in refusal(b"<svg>" + b"<g>" * 50_000)


def test_endless_drawings_are_refused_in_seconds() -> None:
    before = process_time()
    assert "more than 1,500,000 elements" in refusal(b"<svg>" + b"<g/>" * 4_000_000)
    assert "broken XML" in refusal(b'<svg a="' + b"a" * 40_000_000)
    assert process_time() - before < 10


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match=r"gone\.csv cannot be read: No such file"):
        read_plan_file(tmp_path / "gone.csv")


def test_format_is_told_by_content() -> None:
    for name in ("rowlock", "pretix", "csv", "svg"):
        assert detect(write_plan(small_plan(), name)).name == name


def test_duplicates_are_refused_and_repaired_on_request() -> None:
    lines = b"section,row,number,id\nA,1,1,\nA,1,2,\nB,1,1,A-1-1\nA,1,1,\nA,1,3,\n"
    said = refusal(lines)
    assert said.startswith('line 5: section "A", row "1", seat "1" appears twice, first at line 2')
    assert "2 faults in all" in said
    assert "repair" in said
    repaired = read_plan(lines, repair=True)
    assert repaired.seat_ids() == ["A-1-1", "A-1-2", "A-1-1 (2)", "A-1-3", "A-1-1 (3)"]
    assert read_plan(write_plan(repaired)) == repaired
