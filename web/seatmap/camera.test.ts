import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { between, fitBox, panBy, toPlan, toScreen, visibleBox, zoomAt } from "./camera";
import { covers } from "./geometry";

const coordinate = fc.double({ min: -500, max: 500, noNaN: true });
const camera = fc.record({ x: coordinate, y: coordinate, scale: fc.double({ min: 0.05, max: 50, noNaN: true }) });
const view = fc.record({ width: fc.integer({ min: 100, max: 3000 }), height: fc.integer({ min: 100, max: 3000 }) });
const point = fc.tuple(coordinate, coordinate);
const free = { min: 0, max: Infinity };

function near([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): void {
  expect(Math.hypot(ax - bx, ay - by)).toBeLessThan(1e-3);
}

describe("the camera", () => {
  test("screen and plan are each other's way back", () => {
    fc.assert(fc.property(camera, view, point, (c, v, p) => { near(toPlan(c, v, toScreen(c, v, p)), p); }));
  });

  test("zooming keeps what is under the pointer there", () => {
    const factor = fc.double({ min: 0.2, max: 5, noNaN: true });
    fc.assert(
      fc.property(camera, view, point, factor, (c, v, anchor, f) => {
        const held = toPlan(c, v, anchor);
        near(toScreen(zoomAt(c, v, f, anchor, free), v, held), anchor);
      }),
    );
  });

  test("zooming stays inside its range", () => {
    const zoomed = zoomAt({ x: 0, y: 0, scale: 1 }, { width: 100, height: 100 }, 99, [0, 0], { min: 0.5, max: 4 });
    expect(zoomed.scale).toBe(4);
  });

  test("panning moves every point by as many pixels as the hand did", () => {
    fc.assert(
      fc.property(camera, view, point, point, (c, v, p, [dx, dy]) => {
        const [x, y] = toScreen(c, v, p);
        near(toScreen(panBy(c, dx, dy), v, p), [x + dx, y + dy]);
      }),
    );
  });

  test("fitting shows the whole box", () => {
    const size = fc.double({ min: 0.1, max: 800, noNaN: true });
    fc.assert(
      fc.property(view, point, size, size, (v, [left, top], width, height) => {
        const box = { left, top, right: left + width, bottom: top + height };
        const seen = visibleBox(fitBox(box, v, 10), v);
        const slack = { left: seen.left - 1e-6, top: seen.top - 1e-6, right: seen.right + 1e-6, bottom: seen.bottom + 1e-6 };
        expect(covers(slack, box)).toBe(true);
      }),
    );
  });

  test("a flight begins and ends where it should, and never leaves the range of scales", () => {
    fc.assert(
      fc.property(camera, camera, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, t) => {
        expect(between(a, b, 1)).toEqual(b);
        near([between(a, b, 0).x, between(a, b, 0).y], [a.x, a.y]);
        const { scale } = between(a, b, t);
        expect(scale).toBeGreaterThanOrEqual(Math.min(a.scale, b.scale) * 0.999);
        expect(scale).toBeLessThanOrEqual(Math.max(a.scale, b.scale) * 1.001);
      }),
    );
  });
});
