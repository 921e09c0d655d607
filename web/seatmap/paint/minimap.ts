import type { Camera, Viewport } from "../camera";
import { visibleBox } from "../camera";
import type { Box, Point } from "../geometry";
import { intersect } from "../geometry";
import type { MapTheme } from "./appearance";

const LONGEST_SIDE_PX = 128;

/** Pressing or dragging there calls `lookAt` with a point on the canvas (CSS pixels); answers how to stop that. */
export function captureMiniMap(canvas: HTMLCanvasElement, lookAt: (x: number, y: number) => void): () => void {
  const look = (event: PointerEvent) => {
    if (event.buttons === 0) return;
    const box = canvas.getBoundingClientRect();
    lookAt(event.clientX - box.left, event.clientY - box.top);
  };
  canvas.addEventListener("pointerdown", look);
  canvas.addEventListener("pointermove", look);
  return () => {
    canvas.removeEventListener("pointerdown", look);
    canvas.removeEventListener("pointermove", look);
  };
}

/** The whole plan in a corner with a frame around what is seen; the canvas is the page's to place. */
export class MiniMap {
  private scale = 1;
  private box: Box = { left: 0, top: 0, right: 1, bottom: 1 };

  private thumbnail = new OffscreenCanvas(1, 1);

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** Takes the whole plan's picture as it looks now. */
  take(picture: OffscreenCanvas): void {
    this.thumbnail = new OffscreenCanvas(this.canvas.width, this.canvas.height);
    const context = this.thumbnail.getContext("2d", { alpha: false })!;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, this.canvas.width, this.canvas.height);
  }

  resize(box: Box, density: number): void {
    this.box = box;
    const width = box.right - box.left;
    const height = box.bottom - box.top;
    this.scale = LONGEST_SIDE_PX / Math.max(width, height);
    this.canvas.width = Math.round(width * this.scale * density);
    this.canvas.height = Math.round(height * this.scale * density);
    this.canvas.style.width = `${Math.round(width * this.scale)}px`;
    this.canvas.style.height = `${Math.round(height * this.scale)}px`;
  }

  draw(camera: Camera, view: Viewport, theme: MapTheme): void {
    const context = this.canvas.getContext("2d", { alpha: false })!;
    const density = this.canvas.width / Math.max(1, (this.box.right - this.box.left) * this.scale);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.thumbnail, 0, 0);
    const seen = intersect(visibleBox(camera, view), this.box);
    const zoom = this.scale * density;
    context.strokeStyle = theme.accent;
    context.lineWidth = 2 * density;
    context.strokeRect(
      (seen.left - this.box.left) * zoom,
      (seen.top - this.box.top) * zoom,
      (seen.right - seen.left) * zoom,
      (seen.bottom - seen.top) * zoom,
    );
  }

  /** From a point on the canvas (CSS pixels) to the plan. */
  toPlan(x: number, y: number): Point {
    return [x / this.scale + this.box.left, y / this.scale + this.box.top];
  }
}
