import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boxAround } from "./geometry";
import { neighbour, SeatGrid } from "./grid";

const coordinate = fc.float({ min: -100, max: 100, noNaN: true });
const points = fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 200 });

function gridOf(seats: readonly (readonly [number, number])[]): { x: Float32Array; y: Float32Array; grid: SeatGrid } {
  const x = Float32Array.from(seats, ([px]) => px);
  const y = Float32Array.from(seats, ([, py]) => py);
  return { x, y, grid: new SeatGrid(x, y, boxAround(seats)) };
}

describe("the grid", () => {
  test("finds in a box exactly what looking at every seat finds", () => {
    fc.assert(
      fc.property(points, coordinate, coordinate, coordinate, coordinate, (seats, a, b, c, d) => {
        const { x, y, grid } = gridOf(seats);
        const box = { left: Math.min(a, b), right: Math.max(a, b), top: Math.min(c, d), bottom: Math.max(c, d) };
        const found: number[] = [];
        grid.within(box, (n) => found.push(n));
        const all = [...x.keys()].filter((n) => x[n] >= box.left && x[n] <= box.right && y[n] >= box.top && y[n] <= box.bottom);
        expect(found.sort((p, q) => p - q)).toEqual(all);
      }),
    );
  });

  test("the nearest seat is nearest, and within reach", () => {
    const reach = fc.double({ min: 0.1, max: 80, noNaN: true });
    fc.assert(
      fc.property(points, coordinate, coordinate, reach, (seats, px, py, r) => {
        const { x, y, grid } = gridOf(seats);
        const away = (n: number) => (x[n] - px) ** 2 + (y[n] - py) ** 2;
        const best = Math.min(...[...x.keys()].map(away));
        const found = grid.nearest(px, py, r);
        if (best > r * r) expect(found).toBe(-1);
        else expect(away(found)).toBe(best);
      }),
    );
  });
});

describe("walking from seat to seat", () => {
  const { x, y } = gridOf([0, 1, 2].flatMap((row) => [0, 1, 2, 3].map((seat) => [seat, row * 1.6] as const)));

  test("goes one seat along the row, or to the row ahead", () => {
    expect(neighbour(x, y, 5, 1, 0)).toBe(6);
    expect(neighbour(x, y, 5, -1, 0)).toBe(4);
    expect(neighbour(x, y, 5, 0, -1)).toBe(1);
    expect(neighbour(x, y, 5, 0, 1)).toBe(9);
  });

  test("stops at the edge", () => {
    expect(neighbour(x, y, 3, 1, 0)).toBe(-1);
    expect(neighbour(x, y, 0, 0, -1)).toBe(-1);
  });
});
