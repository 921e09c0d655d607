"""SVG numbers and the `transform` attribute."""

import re
from math import cos, isfinite, radians, sin, tan
from typing import NamedTuple, Self

STEP = re.compile(r"\s*,?\s*(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]{0,200})\)")
LENGTH = re.compile(r"\s*([-+]?(?:\d{1,20}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][-+]?\d{1,4})?)\s*(?:px)?\s*")
SEPARATOR = re.compile(r"[\s,]+")


class Matrix(NamedTuple):
    """The affine map (x, y) -> (a x + c y + e, b x + d y + f), as SVG writes it."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def then(self, inner: "Matrix") -> Self:
        """The map that applies `inner` first, as a child's transform within this one."""
        return type(self)(
            self.a * inner.a + self.c * inner.b,
            self.b * inner.a + self.d * inner.b,
            self.a * inner.c + self.c * inner.d,
            self.b * inner.c + self.d * inner.d,
            self.a * inner.e + self.c * inner.f + self.e,
            self.b * inner.e + self.d * inner.f + self.f,
        )

    def apply(self, x: float, y: float) -> tuple[float, float]:
        """The point in the outer coordinates."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f


def length(text: str) -> float:
    """A number, optionally in px; ValueError for percentages, other units and what is not finite."""
    found = LENGTH.fullmatch(text)
    if not found or not isfinite(number := float(found[1])):
        raise ValueError(f'"{text[:40]}" is not a plain number')
    return number


def numbers(text: str) -> list[float]:
    """Numbers separated by spaces or commas."""
    return [length(part) for part in SEPARATOR.split(text.strip()) if part]


def transform(text: str) -> Matrix:
    """The matrix of a `transform` attribute; ValueError when it is not one."""
    matrix = Matrix()
    end = 0
    while end < len(text):
        found = STEP.match(text, end)
        if not found:
            if text[end:].strip(" \t\r\n,"):
                raise ValueError(f'transform="{text[:60]}" cannot be read')
            break
        matrix = matrix.then(_step(found[1], numbers(found[2])))
        end = found.end()
    return matrix


def _step(kind: str, values: list[float]) -> Matrix:
    match kind, values:
        case "matrix", [a, b, c, d, e, f]:
            return Matrix(a, b, c, d, e, f)
        case "translate", [x, *rest] if len(rest) < 2:
            return Matrix(e=x, f=rest[0] if rest else 0.0)
        case "scale", [x, *rest] if len(rest) < 2:
            return Matrix(a=x, d=rest[0] if rest else x)
        case "rotate", [angle]:
            turn = radians(angle)
            return Matrix(cos(turn), sin(turn), -sin(turn), cos(turn))
        case "rotate", [angle, x, y]:
            return Matrix(e=x, f=y).then(_step("rotate", [angle])).then(Matrix(e=-x, f=-y))
        case "skewX", [angle]:
            return Matrix(c=tan(radians(angle)))
        case "skewY", [angle]:
            return Matrix(b=tan(radians(angle)))
    raise ValueError(f"{kind} with {len(values)} numbers cannot be read")
