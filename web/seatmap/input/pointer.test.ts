import { beforeEach, describe, expect, test } from "vitest";
import { capturePointers } from "./pointer";

type Call = [name: string, ...values: number[]];

/** A surface at (10, 20), and what the hand on it was understood to mean. */
class Surface extends EventTarget {
  getBoundingClientRect() {
    return { left: 10, top: 20 };
  }
  setPointerCapture() {
    return undefined;
  }
}

describe("hands on the map", () => {
  let surface: Surface;
  let calls: Call[];
  beforeEach(() => {
    surface = new Surface();
    calls = [];
    const note = (name: string) => (...values: unknown[]) => { calls.push([name, ...(values.flat() as number[])]); };
    const names = ["pan", "fling", "grab", "zoom", "hover", "tap", "step", "zoomStep", "showAll", "choose"] as const;
    const intents = Object.fromEntries(names.map((name) => [name, note(name)]));
    capturePointers(surface as unknown as HTMLElement, intents as unknown as Parameters<typeof capturePointers>[1]);
  });

  function point(type: string, x: number, y: number, time: number, pointerId = 1): void {
    const event = Object.assign(new Event(type), { pointerId, button: 0, pointerType: "touch", clientX: x + 10, clientY: y + 20 });
    Object.defineProperty(event, "timeStamp", { value: time });
    surface.dispatchEvent(event);
  }
  const named = (name: string) => calls.filter(([called]) => called === name);

  test("a short press taps, and stops whatever moves", () => {
    point("pointerdown", 50, 60, 0);
    point("pointermove", 53, 62, 20);
    point("pointerup", 53, 62, 40);
    expect(calls).toEqual([["grab"], ["tap", 50, 60]]);
  });

  test("letting go in full swing throws the map, with the speed of the last moments", () => {
    point("pointerdown", 0, 0, 0);
    for (let n = 1; n <= 10; n++) point("pointermove", 10 * n, 0, 16 * n);
    point("pointerup", 100, 0, 165);
    const [[, vx, vy]] = named("fling");
    expect(vx).toBeCloseTo(10 / 16);
    expect(vy).toBe(0);
    expect(named("tap")).toEqual([]);
  });

  test("a hand that rests before it lets go throws nothing", () => {
    point("pointerdown", 0, 0, 0);
    for (let n = 1; n <= 10; n++) point("pointermove", 10 * n, 0, 16 * n);
    point("pointerup", 100, 0, 400);
    expect(named("fling")).toEqual([["fling", 0, 0]]);
  });

  test("two fingers zoom about the middle between them", () => {
    point("pointerdown", 100, 100, 0, 1);
    point("pointerdown", 200, 100, 5, 2);
    point("pointermove", 300, 100, 20, 2);
    expect(named("zoom")).toEqual([["zoom", 2, 200, 100]]);
    expect(named("pan")).toEqual([["pan", 50, 0]]);
    point("pointerup", 300, 100, 40, 2);
    point("pointerup", 100, 100, 45, 1);
    expect(named("tap")).toEqual([]);
  });
});
