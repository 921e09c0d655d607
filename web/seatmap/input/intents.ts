import type { Point } from "../geometry";

/** What a visitor means, whichever device said it. Points and distances are CSS pixels within the map. */
export interface Intents {
  pan(dx: number, dy: number): void;
  /** The map was let go while it moved so many pixels a millisecond. */
  fling(vx: number, vy: number): void;
  /** A finger or button went down: whatever moves, stands. */
  grab(): void;
  zoom(factor: number, anchor: Point): void;
  /** null: the pointer left the map. */
  hover(at: Point | null): void;
  tap(at: Point): void;
  /** One step of the keyboard's focus. */
  step(dx: -1 | 0 | 1, dy: -1 | 0 | 1): void;
  zoomStep(direction: 1 | -1): void;
  showAll(): void;
  /** Take or leave the focused seat. */
  choose(): void;
}
