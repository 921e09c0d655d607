"""The stadium's chapter: how long a draw takes, and what becomes of each scene, as tables and plots."""

import os
import statistics
import time
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from benchmarks.effort import Effort
from benchmarks.report import BLUE, DOTS_PER_INCH, GREY, INK, ORANGE, PLOT_INCHES, prepare_plots, table
from benchmarks.stadium.people import BOT, PREQUEUE_S
from benchmarks.stadium.sale import Tier
from benchmarks.stadium.simulation import Course, Scene, simulate
from rowlock.waiting_room.proof import PERSON_BYTES, draw, draw_key, order_tree, ranks, roster_tree

MILLION = 1_000_000
PEOPLE, BOT_SHARE = 5_000_000, 0.4
TIERS = (Tier("VIP", 4_000, 0.25), Tier("Lower", 28_000, 0.45), Tier("Upper", 48_000, 0.3))
BEGIN_PER_MINUTE = 3_000
SCENES = (
    "draw, 40 % bots",
    "draw, no bots",
    "first come first served, 40 % bots",
    "draw, 40 % bots, a tenth of the cores",
)
PLOTTED_MINUTES = 12
_PARTS = 10


def chapter(effort: Effort) -> str:
    """Draw a million people some times over, then play every scene once."""
    scale = 1 if effort.rounds > 1 else 50
    parts = [_draws(max(effort.rounds, 3), MILLION // scale)]
    courses = []
    for scene in _scenes(PEOPLE // scale, tuple(tier._replace(seats=tier.seats // scale) for tier in TIERS)):
        courses.append(simulate(scene))
        effort.tell(f"{scene.name}: {courses[-1].lived_s:.0f} s")
    prepare_plots()
    _plot_line(courses[0], effort.folder / "stadium-line.png")
    _plot_pace(courses, effort.folder / "stadium-pace.png")
    _plot_fairness(courses, effort.folder / "stadium-fairness.png")
    return "\n\n".join([*parts, _table(courses)])


def _scenes(people: int, tiers: tuple[Tier, ...]) -> list[Scene]:
    humans = round(people * (1 - BOT_SHARE))
    with_draw = Scene(SCENES[0], people, tiers, BOT_SHARE, "draw", cores=2.0, begin_per_minute=BEGIN_PER_MINUTE)
    return [
        with_draw,
        with_draw._replace(name=SCENES[1], people=humans, bot_share=0.0),
        with_draw._replace(name=SCENES[2], ordering="fifo"),
        with_draw._replace(name=SCENES[3], cores=0.2),
    ]


def _draws(times: int, people: int) -> str:
    """What a whole draw costs: the tree over the people, the order, everybody's rank, the tree over the order."""
    taken = []
    for _ in range(times):
        ids, seed = os.urandom(people * PERSON_BYTES), os.urandom(32)
        begun = time.process_time()
        order = draw(draw_key(seed, seed, b"", roster_tree(ids).root), ids)
        ranks(order, people)
        order_tree(order)
        taken.append(time.process_time() - begun)
    return table(
        "|", f"draw of {people:,}, with both trees and all ranks (s of a processor)|{statistics.median(taken):.2f}"
    )


def _table(courses: list[Course]) -> str:
    def row(name: str, figures: list[str]) -> str:
        return "|".join([name, *figures])

    return table(
        "|".join(["", *(course.scene.name for course in courses)]),
        row("people; longest line", [f"{c.scene.people:,}; {max(s.waiting for s in c.seconds):,}" for c in courses]),
        row("draw (s)", [f"{course.draw_s:.1f}" if course.draw_s else "" for course in courses]),
        row("half, 90 % and 99 % sold after (s)", [_sold(course) for course in courses]),
        row("people called; called to no seat", [f"{len(c.visits):,}; {_in_vain(c):,}" for c in courses]),
        row("most let in a minute; shopping at once", [_peaks(course) for course in courses]),
        row("time of a hold, p50; p99; worst (ms)", [_latency(course) for course in courses]),
        row("share of bots: in line; called; seats (%)", [_bots(course) for course in courses]),
        row("humans who got seats, of a thousand", [f"{_luck(course):.1f}" for course in courses]),
        row("turn earlier; as told; later, told why; later (%)", [_waits(course) for course in courses]),
        row("simulated in (s)", [f"{course.lived_s:.0f}" for course in courses]),
    )


def _sold(course: Course) -> str:
    return "; ".join(str(course.sold_by(share) or "never") for share in (0.5, 0.9, 0.99))


def _in_vain(course: Course) -> int:
    """People who came and found every seat taken or held."""
    return sum(visit.found_nothing for visit in course.visits)


def _peaks(course: Course) -> str:
    return f"{max(s.per_minute for s in course.seconds):,}; {max(s.shopping for s in course.seconds):,}"


def _latency(course: Course) -> str:
    selling = sorted(second.seat_ms for second in course.seconds)
    return "; ".join(f"{selling[min(int(share * len(selling)), len(selling) - 1)]:.1f}" for share in (0.5, 0.99, 1.0))


def _bots(course: Course) -> str:
    called = [visit.manner is BOT for visit in course.visits]
    bought = [(visit.manner is BOT, visit.seats) for visit in course.visits if visit.bought]
    seats = sum(seats for is_bot, seats in bought if is_bot) / max(1, sum(seats for _, seats in bought))
    return f"{100 * course.crowd.is_bot.mean():.0f}; {100 * statistics.fmean(called):.0f}; {100 * seats:.0f}"


def _luck(course: Course) -> float:
    humans = int((~course.crowd.is_bot).sum())
    return 1_000 * sum(visit.bought and visit.manner is not BOT for visit in course.visits) / humans


def _waits(course: Course) -> str:
    return "; ".join(f"{100 * share:.0f}" for share in course.waits())


def _plot_line(course: Course, path: Path) -> None:
    """People in line and seats left over the sale."""
    figure, axes = plt.subplots(figsize=PLOT_INCHES)
    minutes = np.arange(len(course.seconds)) / 60
    axes.plot(minutes, [second.waiting / 1e6 for second in course.seconds], color=BLUE, label="in line (millions)")
    axes.set_xlabel("minutes since the opening")
    axes.set_ylabel("people in line (millions)")
    axes.set_ylim(0)
    axes.set_xlim(0, PLOTTED_MINUTES)
    seats = axes.twinx()
    left = [(course.scene.seats() - second.sold) / 1e3 for second in course.seconds]
    seats.plot(minutes, left, color=ORANGE, label="not sold yet (thousands)")
    seats.plot(
        minutes,
        [second.open_end / 1e3 for second in course.seconds],
        color=GREY,
        label="who may still hope (thousands)",
    )
    seats.set_ylim(0, 1.05 * course.scene.seats() / 1e3)
    seats.set_ylabel("seats, people (thousands)")
    figure.legend(loc="upper right", frameon=False, bbox_to_anchor=(0.88, 0.88))
    _save(figure, path)


def _plot_pace(courses: list[Course], path: Path) -> None:
    """How many are let in a minute, and what a hold takes, while it is sold."""
    figure, (above, below) = plt.subplots(2, 1, figsize=(PLOT_INCHES[0], 4.6), sharex=True)
    for course, colour in zip(courses, (BLUE, GREY, ORANGE, INK), strict=True):
        end = (course.sold_by(0.99) or len(course.seconds)) + 30
        minutes = np.arange(len(course.seconds[:end])) / 60
        above.plot(
            minutes, [second.per_minute for second in course.seconds[:end]], color=colour, label=course.scene.name
        )
        below.plot(minutes, [second.seat_ms for second in course.seconds[:end]], color=colour)
    above.set_ylabel("let in a minute")
    above.legend(frameon=False, fontsize=7)
    below.set_ylabel("time of a hold (ms)")
    below.set_yscale("log")
    below.set_xlabel("minutes since the opening")
    _save(figure, path)


def _plot_fairness(courses: list[Course], path: Path) -> None:
    """The chance of being called, by when somebody came: tenths of those present at the opening."""
    figure, axes = plt.subplots(figsize=PLOT_INCHES)
    for course, colour in zip(courses[:3], (BLUE, GREY, ORANGE), strict=True):
        present = course.crowd.present_at_opening()
        numbers = course.numbers()
        edges = np.linspace(0, present, _PARTS + 1)
        called, _ = np.histogram(numbers, edges)
        chance = 100 * called / np.diff(edges)
        axes.plot(range(1, _PARTS + 1), chance, "o-", color=colour, label=course.scene.name, markersize=4)
    axes.set_yscale("symlog", linthresh=0.5)
    axes.set_xlabel(f"tenth of those who came in the {PREQUEUE_S // 60} minutes before the opening, by arrival")
    axes.set_ylabel("called (%)")
    axes.legend(frameon=False, loc="center right")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=DOTS_PER_INCH)
    plt.close(figure)
