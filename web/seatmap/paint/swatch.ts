import type { MapTheme, TierLook } from "./appearance";
import { drawSeat } from "./sprites";

/** Draws one seat as the map shows it, for a legend; `canvas` is `size` CSS pixels wide and high. */
export function paintSwatch(canvas: HTMLCanvasElement, size: number, look: TierLook, status: number, theme: MapTheme): void {
  const density = Math.max(devicePixelRatio || 1, 2);
  canvas.width = canvas.height = size * density;
  const context = canvas.getContext("2d")!;
  context.setTransform(density, 0, 0, density, (size / 2) * density, (size / 2) * density);
  drawSeat(context, look, status, size * 0.4, theme);
}
