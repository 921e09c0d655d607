import type { SeatPlan } from "../plan";

/** Colours the map draws with; the page reads them from its theme tokens. */
export interface MapTheme {
  readonly dark: boolean;
  readonly background: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly ground: string;
  readonly accent: string;
  readonly accentInk: string;
  readonly font: string;
}

export type TierShape = "circle" | "square" | "diamond" | "hexagon" | "triangle" | "drop";

export interface TierLook {
  readonly color: string;
  /** For text on that colour. */
  readonly ink: string;
  readonly shape: TierShape;
}

const SHAPES: readonly TierShape[] = ["circle", "square", "diamond", "hexagon", "triangle", "drop"];

/** Told apart by people with any of the common colour visions; each at 3:1 or better on its ground. */
const LIGHT = ["#1f6fb2", "#b3541e", "#2b7f5c", "#7d4fb3", "#a8326e", "#6d6a1f"];
const DARK = ["#6fb4f0", "#f0955c", "#5cc79c", "#b798ea", "#ec7fb0", "#cdc765"];

/** Graphics need 3:1 against what is beside them (WCAG 1.4.11). */
const CONTRAST_MIN = 3;

/**
 * Colour and shape of every tier, in the order of the plan's categories. An organiser's own colour is kept
 * where it can be seen on this background.
 */
export function tierLooks(plan: Pick<SeatPlan, "categories">, theme: Pick<MapTheme, "dark" | "background">): TierLook[] {
  const palette = theme.dark ? DARK : LIGHT;
  return plan.categories.map(({ color: own }, index) => {
    const color = own && contrast(own, theme.background) >= CONTRAST_MIN ? own : palette[index % palette.length];
    return { color, ink: inkOn(color), shape: SHAPES[index % SHAPES.length] };
  });
}

/** Black or white, whichever is plainer: one of the two has 4.5:1 on any colour. */
function inkOn(color: string): string {
  return contrast(color, "#ffffff") >= contrast(color, "#000000") ? "#ffffff" : "#000000";
}

/**
 * How much of a tier's colour (percent, the rest is background) a section's area gets with this share of its seats free:
 * never so much that the label on it could not be read.
 */
export function areaStrength(free: number, dark: boolean): number {
  return 18 + (dark ? 24 : 42) * free;
}

/** Contrast ratio of two `#rrggbb` or `#rgb` colours, 1 to 21; 1 when one of them is written in another way. */
export function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return Number.isNaN(low + high) ? 1 : (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  // The build shortens what style sheets say: #ffffff arrives as #fff.
  const long = /^#[0-9a-f]{3}$/i.test(color) ? color.replace(/[0-9a-f]/gi, "$&$&") : color;
  if (!/^#[0-9a-f]{6}$/i.test(long)) return NaN;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = parseInt(long.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Traces the shape of a tier around (cx, cy); all shapes cover about the same area. */
export function traceShape(
  path: Pick<CanvasPath, "moveTo" | "lineTo" | "arc" | "closePath" | "roundRect">,
  shape: TierShape,
  cx: number,
  cy: number,
  r: number,
): void {
  switch (shape) {
    case "circle":
      path.moveTo(cx + r, cy);
      path.arc(cx, cy, r, 0, 2 * Math.PI);
      break;
    case "square":
      path.roundRect(cx - 0.88 * r, cy - 0.88 * r, 1.76 * r, 1.76 * r, 0.4 * r);
      break;
    case "diamond":
      polygon(path, cx, cy, 1.14 * r, 4, 0);
      break;
    case "hexagon":
      polygon(path, cx, cy, 1.06 * r, 6, Math.PI / 6);
      break;
    case "triangle":
      polygon(path, cx, cy + 0.16 * r, 1.24 * r, 3, -Math.PI / 2);
      break;
    case "drop":
      path.roundRect(cx - 0.9 * r, cy - 0.9 * r, 1.8 * r, 1.8 * r, [0.9 * r, 0.2 * r, 0.9 * r, 0.9 * r]);
      break;
  }
}

function polygon(
  path: Pick<CanvasPath, "moveTo" | "lineTo" | "closePath">,
  cx: number,
  cy: number,
  r: number,
  corners: number,
  turn: number,
): void {
  for (let i = 0; i < corners; i++) {
    const angle = turn + (i * 2 * Math.PI) / corners;
    const x = cx + r * Math.cos(angle);
    const y = cy + r * Math.sin(angle);
    if (i === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
  path.closePath();
}
