import type { Point } from "../geometry";
import type { Intents } from "./intents";

/** A press that moves less than this many CSS pixels is a tap. */
const TAP_SLOP_PX = 7;
/** The speed of a throw is that of the last moments before letting go. */
const THROW_MS = 80;

/** Where a finger was in the last moments. */
class Trail {
  private points: { at: Point; time: number }[] = [];

  clear(): void {
    this.points = [];
  }

  add(at: Point, time: number): void {
    this.points = [...this.points.filter((point) => time - point.time < THROW_MS), { at, time }];
  }

  /** Pixels a millisecond, right and down; none when the finger had stopped before it let go. */
  speed(now: number): Point {
    const [first, last] = [this.points[0], this.points.at(-1)];
    if (!first || !last || now - last.time > THROW_MS / 2 || last.time <= first.time) return [0, 0];
    const passed = last.time - first.time;
    return [(last.at[0] - first.at[0]) / passed, (last.at[1] - first.at[1]) / passed];
  }
}

/** One finger stays where it is, the other goes from `before` to `now`. */
function pinch(intents: Intents, still: Point, before: Point, now: Point): void {
  const spread = (point: Point) => Math.max(Math.hypot(point[0] - still[0], point[1] - still[1]), 1);
  const middle: Point = [(now[0] + still[0]) / 2, (now[1] + still[1]) / 2];
  intents.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  intents.zoom(spread(now) / spread(before), middle);
}

/** Mouse, pen and fingers: one drags, two pinch, a short press taps, a mouse without a button hovers. */
export function capturePointers(element: HTMLElement, intents: Intents): () => void {
  const down = new Map<number, Point>();
  let pressedAt: Point | null = null;
  const trail = new Trail();

  const at = (event: PointerEvent): Point => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  const press = (event: PointerEvent) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    pressedAt = down.size === 1 ? at(event) : null;
    trail.clear();
    intents.grab();
  };

  const move = (event: PointerEvent) => {
    const now = at(event);
    const before = down.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") intents.hover(now);
      return;
    }
    if (pressedAt && Math.hypot(now[0] - pressedAt[0], now[1] - pressedAt[1]) < TAP_SLOP_PX) return;
    pressedAt = null;
    down.set(event.pointerId, now);
    if (down.size === 1) {
      intents.hover(null);
      intents.pan(now[0] - before[0], now[1] - before[1]);
      trail.add(now, event.timeStamp);
    } else if (down.size === 2) {
      pinch(intents, [...down].find(([other]) => other !== event.pointerId)![1], before, now);
    }
  };

  const release = (event: PointerEvent) => {
    const wasDown = down.delete(event.pointerId);
    if (wasDown && pressedAt && event.type === "pointerup") intents.tap(pressedAt);
    else if (wasDown && down.size === 0 && event.type === "pointerup") intents.fling(...trail.speed(event.timeStamp));
    pressedAt = null;
  };

  const leave = () => {
    intents.hover(null);
  };

  const listeners = { pointerdown: press, pointermove: move, pointerup: release, pointercancel: release, pointerleave: leave };
  for (const [type, listener] of Object.entries(listeners)) element.addEventListener(type, listener as EventListener);
  return () => {
    for (const [type, listener] of Object.entries(listeners)) element.removeEventListener(type, listener as EventListener);
  };
}
