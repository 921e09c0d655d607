import type { Point } from "../geometry";
import type { Intents } from "./intents";

/** A press that moves less than this many CSS pixels is a tap. */
const TAP_SLOP_PX = 7;

/** Mouse, pen and fingers: one drags, two pinch, a short press taps, a mouse without a button hovers. */
export function capturePointers(element: HTMLElement, intents: Intents): () => void {
  const down = new Map<number, Point>();
  let pressedAt: Point | null = null;

  const at = (event: PointerEvent): Point => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  const press = (event: PointerEvent) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    pressedAt = down.size === 1 ? at(event) : null;
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
    } else if (down.size === 2) {
      pinch(event.pointerId, before, now);
    }
  };

  const pinch = (id: number, before: Point, now: Point) => {
    const [, still] = [...down].find(([other]) => other !== id)!;
    const spread = (point: Point) => Math.max(Math.hypot(point[0] - still[0], point[1] - still[1]), 1);
    const middle: Point = [(now[0] + still[0]) / 2, (now[1] + still[1]) / 2];
    intents.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    intents.zoom(spread(now) / spread(before), middle);
  };

  const release = (event: PointerEvent) => {
    const wasDown = down.delete(event.pointerId);
    if (wasDown && pressedAt && event.type === "pointerup") intents.tap(pressedAt);
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
