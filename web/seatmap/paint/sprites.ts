import type { SeatFilter } from "../filter";
import { fits } from "../filter";
import { ACCESSIBLE } from "../plan";
import { AVAILABLE, HELD } from "../states";
import type { MapTheme, TierLook } from "./appearance";
import { traceShape } from "./appearance";

type Context = OffscreenCanvasRenderingContext2D;

const STATES = 4;
const VARIANTS = 2 * STATES;
const FAINT = 0.22;

/**
 * Every way a seat can look at one size, drawn once side by side: stamping a picture costs a fraction
 * of tracing a path, which is what makes 56,000 seats drawable without a graphics card.
 */
export class SeatSprites {
  readonly canvas: OffscreenCanvas;
  /** Width and height of one picture in device pixels. */
  readonly size: number;

  constructor(
    diameter: number,
    looks: readonly TierLook[],
    theme: MapTheme,
    filter: SeatFilter,
  ) {
    this.size = Math.ceil(diameter * 1.25) + 2;
    this.canvas = new OffscreenCanvas(this.size * VARIANTS * Math.max(looks.length, 1), this.size);
    const context = this.canvas.getContext("2d")!;
    looks.forEach((look, category) => {
      for (let variant = 0; variant < VARIANTS; variant++) {
        context.save();
        context.translate((category * VARIANTS + variant + 0.5) * this.size, this.size / 2);
        context.globalAlpha = fits(filter, category, variant >= STATES ? ACCESSIBLE : 0) ? 1 : FAINT;
        drawSeat(context, look, variant % STATES, diameter / 2, theme);
        if (variant >= STATES && variant % STATES === AVAILABLE) drawAccessibleMark(context, diameter / 2, theme);
        context.restore();
      }
    });
  }

  /** Left edge of the picture inside the canvas. */
  offset(category: number, status: number, flags: number): number {
    return (category * VARIANTS + (flags & ACCESSIBLE ? STATES : 0) + status) * this.size;
  }
}

export function drawSeat(context: Context | CanvasRenderingContext2D, look: TierLook, status: number, r: number, theme: MapTheme): void {
  const path = new Path2D();
  traceShape(path, look.shape, 0, 0, r);
  if (status === AVAILABLE) {
    context.fillStyle = look.color;
    context.fill(path);
    return;
  }
  context.lineWidth = Math.max(0.8, r * 0.16);
  if (status === HELD) {
    hatch(context, path, look.color, r);
    context.strokeStyle = look.color;
  } else {
    context.strokeStyle = theme.line;
  }
  const inner = new Path2D();
  traceShape(inner, look.shape, 0, 0, r - context.lineWidth / 2);
  context.stroke(inner);
}

function hatch(context: Context | CanvasRenderingContext2D, path: Path2D, color: string, r: number): void {
  context.save();
  context.clip(path);
  context.strokeStyle = color;
  context.lineWidth = Math.max(0.8, r * 0.22);
  context.beginPath();
  const step = Math.max(2.2, r * 0.62);
  for (let d = -2 * r; d <= 2 * r; d += step) {
    context.moveTo(d - r, r);
    context.lineTo(d + r, -r);
  }
  context.stroke();
  context.restore();
}

/** A wheelchair reduced to what stays readable at ten pixels: head, back and wheel. */
function drawAccessibleMark(context: Context, r: number, theme: MapTheme): void {
  if (r < 4.5) return;
  context.strokeStyle = context.fillStyle = theme.background;
  context.lineWidth = r * 0.17;
  context.lineCap = "round";
  context.beginPath();
  context.arc(-r * 0.12, -r * 0.52, r * 0.15, 0, 2 * Math.PI);
  context.fill();
  context.beginPath();
  context.moveTo(-r * 0.12, -r * 0.24);
  context.lineTo(-r * 0.08, r * 0.12);
  context.lineTo(r * 0.3, r * 0.12);
  context.lineTo(r * 0.44, r * 0.5);
  context.stroke();
  context.beginPath();
  context.arc(-r * 0.06, r * 0.22, r * 0.36, -0.2, Math.PI * 1.2);
  context.stroke();
}
