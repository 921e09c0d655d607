"""Plans for tests: a small one written out, and a hypothesis strategy for all the others."""

from hypothesis import strategies as st
from msgspec.structs import replace

from rowlock.seating import Category, Row, Seat, SeatingPlan, Section, Shape

WIDTH, HEIGHT = 200.0, 150.0

# Anything people write on seats: letters of every script, digits and punctuation, single spaces inside.
word = st.text(
    st.characters(categories=("L", "N", "P", "S"), exclude_characters="\u2028\u2029"), min_size=1, max_size=8
)
text = st.lists(word, min_size=1, max_size=3).map(" ".join)
colour = st.none() | st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
x_coordinate = st.floats(0, WIDTH, allow_subnormal=False).map(lambda x: round(x, 3))
y_coordinate = st.floats(0, HEIGHT, allow_subnormal=False).map(lambda y: round(y, 3))
points = st.tuples(x_coordinate, y_coordinate)


@st.composite
def seating_plans(draw: st.DrawFn) -> SeatingPlan:
    """Any plan that passes the check, seats placed anywhere in it."""
    names = draw(st.lists(text, min_size=1, max_size=3, unique=True))
    categories = tuple(Category(name, draw(colour)) for name in names)
    sections = tuple(
        draw(sections_named(identity, names)) for identity in draw(st.lists(text, min_size=1, max_size=3, unique=True))
    )
    shapes = tuple(draw(st.lists(drawn_shapes(), max_size=3)))
    plan = SeatingPlan(draw(text), WIDTH, HEIGHT, categories, sections, shapes)
    return _with_unique_ids(plan)


@st.composite
def sections_named(draw: st.DrawFn, identity: str, categories: list[str]) -> Section:
    """A section with rows of distinct labels."""
    seats = st.builds(
        Seat,
        number=st.just(""),
        x=x_coordinate,
        y=y_coordinate,
        category=st.sampled_from(categories),
        accessible=st.booleans(),
        companion=st.booleans(),
        restricted_view=st.booleans(),
    )
    rows = []
    for label in draw(st.lists(text, min_size=1, max_size=3, unique=True)):
        numbers = draw(st.lists(word, min_size=1, max_size=4, unique=True))
        rows.append(Row(label, tuple(replace(draw(seats), number=number) for number in numbers)))
    outline = draw(st.none() | st.lists(points, min_size=3, max_size=5).map(tuple))
    return Section(identity, draw(text), tuple(rows), draw(st.none() | text), outline)


@st.composite
def drawn_shapes(draw: st.DrawFn) -> Shape:
    """Outlines, open lines and texts."""
    if draw(st.booleans()):
        return Shape("text", (draw(points),), draw(text))
    kind = draw(st.sampled_from(("stage", "field", "outline", "aisle", "area")))
    corners = tuple(draw(st.lists(points, min_size=2, max_size=5)))
    return Shape(kind, corners, draw(st.none() | text), draw(st.booleans()))  # type: ignore[arg-type]


def _with_unique_ids(plan: SeatingPlan) -> SeatingPlan:
    """Joined names can collide ("A-B" + "C" and "A" + "B-C"): such seats get an id of their own."""
    ids = plan.seat_ids()
    if len(set(ids)) == len(ids):
        return plan
    counter = iter(range(len(ids)))
    return replace(
        plan,
        sections=tuple(
            replace(
                section,
                rows=tuple(
                    replace(row, seats=tuple(replace(seat, id=f"seat {next(counter)}") for seat in row.seats))
                    for row in section.rows
                ),
            )
            for section in plan.sections
        ),
    )


def small_plan() -> SeatingPlan:
    """Two sections, three rows, seven seats."""
    left = Section(
        "L",
        "Left",
        (
            Row("A", tuple(Seat(str(n), n * 1.0, 5.0, "VIP", accessible=n == 1) for n in (1, 2, 3))),
            Row("B", tuple(Seat(str(n), n * 1.0, 6.0, "Regular") for n in (1, 2))),
        ),
        level="Stalls",
    )
    right = Section("R", "Right", (Row("A", tuple(Seat(str(n), 5.0 + n, 5.0, "Regular") for n in (1, 2))),))
    stage = Shape("stage", ((1.0, 1.0), (8.0, 1.0), (8.0, 3.0), (1.0, 3.0)), "Stage")
    return SeatingPlan("Small hall", 10, 10, (Category("VIP", "#7a3ff2"), Category("Regular")), (left, right), (stage,))
