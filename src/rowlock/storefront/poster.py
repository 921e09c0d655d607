"""A poster for an event without a picture: a pattern grown from the event, and what, when, where."""

import math
from hashlib import blake2b
from random import Random
from textwrap import wrap
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 600, 800
LINE_LETTERS_MAX = 17
LINES_MAX = 4

# Ground, two tones of the pattern, ink: pairs that keep the title at 7:1 on its ground.
PALETTES = (
    ("#12263a", "#2f6690", "#f2c14e", "#ffffff"),
    ("#2b1b3d", "#7a4fa3", "#f08a5d", "#ffffff"),
    ("#0f3d3e", "#2c7a7b", "#f6d55c", "#ffffff"),
    ("#4a1525", "#a23b5a", "#f3c9a8", "#ffffff"),
    ("#1d3b1f", "#4f8a4c", "#e8e288", "#ffffff"),
    ("#33261d", "#8a5a3b", "#7fc8c2", "#ffffff"),
)


def poster(event_id: str, name: str, when: str, where: str) -> str:
    """SVG, 600 x 800; the same event always gets the same picture."""
    random = Random(blake2b(event_id.encode(), digest_size=8).digest())
    ground, tone, light, ink = random.choice(PALETTES)
    draw = random.choice((_rings, _stands, _strings, _lamps))
    lines = wrap(name, LINE_LETTERS_MAX, max_lines=LINES_MAX, placeholder="…")
    top = HEIGHT - 112 - 58 * (len(lines) - 1)
    title = "".join(f'<tspan x="40" y="{top + 58 * row}">{escape(line)}</tspan>' for row, line in enumerate(lines))
    fade = top - 84
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{escape(f'{name}, {when}, {where}')}</title>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{ground}"/>'
        f'<g fill="none" stroke-linecap="round">{draw(random, tone, light)}</g>'
        f'<rect y="{fade}" width="{WIDTH}" height="{HEIGHT - fade}" fill="{ground}"/>'
        f'<g font-family="system-ui,sans-serif" fill="{ink}">'
        f'<text font-size="52" font-weight="700">{title}</text>'
        f'<text x="40" y="{HEIGHT - 62}" font-size="24">{escape(when)}</text>'
        f'<text x="40" y="{HEIGHT - 28}" font-size="24" opacity=".85">{escape(where)}</text>'
        "</g></svg>"
    )


def _rings(random: Random, tone: str, light: str) -> str:
    x, y = random.uniform(120, 480), random.uniform(120, 320)
    lit = random.randrange(3, 9)
    return "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{34 + 46 * ring}" stroke="{light if ring == lit else tone}" '
        f'stroke-width="{random.uniform(4, 22):.1f}"/>'
        for ring in range(14)
    )


def _stands(random: Random, tone: str, light: str) -> str:
    """Rows of seats seen from the stage, one of them taken."""
    marks = []
    chosen = (random.randrange(4), random.randrange(4, 10))
    for row in range(11):
        radius = 150 + 54 * row
        count = 9 + row * 2
        for seat in range(count):
            angle = math.pi * (0.12 + 0.76 * seat / (count - 1))
            x, y = WIDTH / 2 + radius * math.cos(angle), -60 + radius * math.sin(angle)
            color = light if (row, seat) == chosen else tone
            marks.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="15" fill="{color}"/>')
    return "".join(marks)


def _strings(random: Random, tone: str, light: str) -> str:
    lines = []
    phase, swing = random.uniform(0, math.tau), random.uniform(18, 46)
    lit = random.randrange(4, 18)
    for string in range(22):
        base = 24 + string * 27
        points = " ".join(
            f"{x},{base + swing * math.sin(phase + x / 95 + string * 0.3) * math.sin(math.pi * x / WIDTH):.0f}"
            for x in range(-10, WIDTH + 20, 30)
        )
        lines.append(f'<polyline points="{points}" stroke="{light if string == lit else tone}" stroke-width="7"/>')
    return "".join(lines)


def _lamps(random: Random, tone: str, light: str) -> str:
    beams = []
    for beam in range(9):
        x = 40 + beam * 65
        lean = random.uniform(-150, 150)
        color = light if beam in {2, 6} else tone
        foot = x + lean
        shape = f"M{x} -20 L{foot - 34:.0f} 620 L{foot + 34:.0f} 620Z"
        beams.append(f'<path d="{shape}" fill="{color}" opacity=".55"/>')
    return "".join(beams)
