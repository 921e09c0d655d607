import type { Camera, Viewport } from "../camera";
import { toScreen } from "../camera";
import type { Point } from "../geometry";
import type { SeatPlan } from "../plan";
import { AVAILABLE } from "../states";
import type { MapTheme, TierLook } from "./appearance";
import { traceShape } from "./appearance";
import type { Fade } from "./fades";
import { SEAT_FILL } from "./scene";
import { drawSeat } from "./sprites";
import { tracePoints } from "./venue";

export interface OverlayState {
  readonly mine: readonly number[];
  /** How many others have chosen a seat that nobody holds. */
  readonly others: ReadonlyMap<number, number>;
  /** 0 to 1, how strongly the rings of others show just now. */
  readonly pulse: number;
  readonly fades: readonly Fade[];
  /** Seats that the choice would leave alone. */
  readonly warned: readonly number[];
  /** Seat under the pointer, or -1. */
  readonly hovered: number;
  /** Seat with the keyboard's focus, or -1. */
  readonly focused: number;
  /** Whether seats are drawn one by one. */
  readonly seats: boolean;
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
  if (state.seats) {
    paintFades(context, plan, looks, theme, at, radius, state.fades);
    paintOthers(context, theme, at, view, radius, state);
  }
  for (const n of state.mine) paintMine(context, theme, looks[plan.category[n]], at(n), Math.max(radius, 5));
  context.setLineDash([4, 3]);
  for (const n of state.warned) ring(context, looks[plan.category[n]], at(n), radius + 1, theme.ink, 2);
  context.setLineDash([]);
  if (state.hovered >= 0) ring(context, looks[plan.category[state.hovered]], at(state.hovered), radius, theme.ink, 1.5);
  if (state.focused >= 0) ring(context, looks[plan.category[state.focused]], at(state.focused), radius + 1.5, theme.accent, 3);
}

type Place = (seatNo: number) => Point;

/** The look a seat had, ever fainter, over the one it has. */
function paintFades(
  context: CanvasRenderingContext2D,
  plan: SeatPlan,
  looks: readonly TierLook[],
  theme: MapTheme,
  at: Place,
  radius: number,
  fades: readonly Fade[],
): void {
  for (const { seatNo, before, left } of fades) {
    const look = looks[plan.category[seatNo]];
    const [x, y] = at(seatNo);
    context.save();
    context.translate(x, y);
    context.globalAlpha = left;
    drawSeat(context, { ...look, color: theme.ground }, AVAILABLE, radius + 0.5, theme);
    drawSeat(context, look, before, radius, theme);
    context.restore();
  }
}

/** A soft ring round every seat that somebody else has chosen; always a circle, so that it is no tier's shape. */
function paintOthers(
  context: CanvasRenderingContext2D,
  theme: MapTheme,
  at: Place,
  view: Viewport,
  radius: number,
  { others, mine, pulse }: OverlayState,
): void {
  const reach = radius * 1.3 + 1;
  context.strokeStyle = theme.ink;
  context.lineWidth = Math.max(1.2, radius * 0.16);
  context.globalAlpha = 0.4 + 0.5 * pulse;
  for (const n of others.keys()) {
    const [x, y] = at(n);
    if (x < -reach || y < -reach || x > view.width + reach || y > view.height + reach || mine.includes(n)) continue;
    context.beginPath();
    context.arc(x, y, reach, 0, 2 * Math.PI);
    context.stroke();
  }
  context.globalAlpha = 1;
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
  context.lineJoin = context.lineCap = "round";
  // Ink, then air, then the seat: told from any tier, whatever the organiser's colours.
  const air = Math.max(1, r * 0.14);
  for (const [color, width] of [[theme.ink, 4.4 * air], [theme.background, 2 * air]] as const) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.stroke(path);
  }
  context.fillStyle = theme.accent;
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
