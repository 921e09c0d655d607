import type { Camera, Viewport } from "../camera";
import { toScreen } from "../camera";
import type { SeatPlan } from "../plan";
import type { MapTheme, TierLook } from "./appearance";
import { traceShape } from "./appearance";
import { SEAT_FILL } from "./scene";
import { tracePoints } from "./venue";

export interface OverlayState {
  readonly mine: readonly number[];
  /** Seats that the choice would leave alone. */
  readonly warned: readonly number[];
  /** Seat under the pointer, or -1. */
  readonly hovered: number;
  /** Seat with the keyboard's focus, or -1. */
  readonly focused: number;
  /** Index of the section under the pointer while sections are what is drawn, or -1. */
  readonly section: number;
}

/** What belongs to this visitor alone: own seats, hover, focus. A handful of shapes, traced anew each time. */
export function paintOverlay(
  context: CanvasRenderingContext2D,
  plan: SeatPlan,
  looks: readonly TierLook[],
  theme: MapTheme,
  camera: Camera,
  view: Viewport,
  state: OverlayState,
): void {
  context.clearRect(0, 0, view.width, view.height);
  if (state.section >= 0) outlineSection(context, plan, theme, camera, view, state.section);
  const radius = (plan.pitch * SEAT_FILL * camera.scale) / 2;
  const at = (n: number) => toScreen(camera, view, [plan.x[n], plan.y[n]]);
  for (const n of state.mine) paintMine(context, theme, looks[plan.category[n]], at(n), Math.max(radius * 1.08, 5));
  context.setLineDash([4, 3]);
  for (const n of state.warned) ring(context, looks[plan.category[n]], at(n), radius + 1, theme.ink, 2);
  context.setLineDash([]);
  if (state.hovered >= 0) ring(context, looks[plan.category[state.hovered]], at(state.hovered), radius, theme.ink, 1.5);
  if (state.focused >= 0) ring(context, looks[plan.category[state.focused]], at(state.focused), radius + 1.5, theme.accent, 3);
}

function outlineSection(
  context: CanvasRenderingContext2D,
  plan: SeatPlan,
  theme: MapTheme,
  camera: Camera,
  view: Viewport,
  index: number,
): void {
  const corners = plan.sections[index].outline.map((point) => toScreen(camera, view, point));
  context.strokeStyle = theme.ink;
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.stroke(tracePoints(corners, true));
}

function paintMine(
  context: CanvasRenderingContext2D,
  theme: MapTheme,
  look: TierLook | undefined,
  [x, y]: readonly [number, number],
  r: number,
): void {
  const path = new Path2D();
  traceShape(path, look?.shape ?? "circle", x, y, r);
  context.fillStyle = theme.accent;
  context.strokeStyle = theme.background;
  context.lineWidth = Math.max(1.5, r * 0.2);
  context.lineJoin = context.lineCap = "round";
  context.stroke(path);
  context.fill(path);
  context.strokeStyle = theme.accentInk;
  context.lineWidth = Math.max(1.3, r * 0.22);
  context.beginPath();
  context.moveTo(x - r * 0.42, y + r * 0.02);
  context.lineTo(x - r * 0.1, y + r * 0.34);
  context.lineTo(x + r * 0.44, y - r * 0.3);
  context.stroke();
}

function ring(
  context: CanvasRenderingContext2D,
  look: TierLook | undefined,
  [x, y]: readonly [number, number],
  radius: number,
  color: string,
  width: number,
): void {
  const path = new Path2D();
  traceShape(path, look?.shape ?? "circle", x, y, Math.max(radius, 3) + width);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke(path);
}
