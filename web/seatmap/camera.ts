import type { Box, Point } from "./geometry";

/** What the visitor looks at: a plan point in the middle of the view and CSS pixels a plan unit. Plain state. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** CSS pixels. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
}

export interface ScaleRange {
  readonly min: number;
  readonly max: number;
}

export function toScreen(camera: Camera, view: Viewport, [x, y]: Point): Point {
  return [(x - camera.x) * camera.scale + view.width / 2, (y - camera.y) * camera.scale + view.height / 2];
}

export function toPlan(camera: Camera, view: Viewport, [x, y]: Point): Point {
  return [(x - view.width / 2) / camera.scale + camera.x, (y - view.height / 2) / camera.scale + camera.y];
}

export function visibleBox(camera: Camera, view: Viewport): Box {
  const [left, top] = toPlan(camera, view, [0, 0]);
  const [right, bottom] = toPlan(camera, view, [view.width, view.height]);
  return { left, top, right, bottom };
}

export function panBy(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.scale, y: camera.y - dy / camera.scale };
}

/** The plan point under `anchor` (screen) stays where it is. */
export function zoomAt(camera: Camera, view: Viewport, factor: number, anchor: Point, range: ScaleRange): Camera {
  const scale = Math.min(range.max, Math.max(range.min, camera.scale * factor));
  const [px, py] = toPlan(camera, view, anchor);
  return {
    x: px - (anchor[0] - view.width / 2) / scale,
    y: py - (anchor[1] - view.height / 2) / scale,
    scale,
  };
}

/** The whole box, with `padding` CSS pixels around it. */
export function fitBox(box: Box, view: Viewport, padding: number): Camera {
  const width = Math.max(box.right - box.left, 1e-6);
  const height = Math.max(box.bottom - box.top, 1e-6);
  const room = { width: Math.max(view.width - 2 * padding, 1), height: Math.max(view.height - 2 * padding, 1) };
  return {
    x: (box.left + box.right) / 2,
    y: (box.top + box.bottom) / 2,
    scale: Math.min(room.width / width, room.height / height),
  };
}

/** Keeps the middle of the view over the plan, so that the map can never be lost off screen. */
export function keepOver(camera: Camera, bounds: Box): Camera {
  return {
    ...camera,
    x: Math.min(bounds.right, Math.max(bounds.left, camera.x)),
    y: Math.min(bounds.bottom, Math.max(bounds.top, camera.y)),
  };
}

/** Between two cameras, `t` from 0 to 1: even in the logarithm of the scale, so zooming keeps one pace. */
export function between(a: Camera, b: Camera, t: number): Camera {
  if (t >= 1) return b;
  const scale = a.scale * (b.scale / a.scale) ** t;
  // The same plan point stays fixed throughout, which makes a zoom a zoom and not a swerve.
  const widening = 1 - a.scale / b.scale;
  const share = Math.abs(widening) < 1e-6 ? t : (1 - a.scale / scale) / widening;
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share, scale };
}
