import type { Camera, Viewport } from "../camera";
import { visibleBox } from "../camera";
import type { Box } from "../geometry";
import { grow, intersect, overlaps } from "../geometry";
import { BlockBitmap } from "./bitmap";
import type { Scene } from "./scene";

/** How much farther than the view a picture reaches on each side, as a share of the view. */
const MARGIN = 0.35;

/**
 * The map below the selection, kept as pictures so that moving is one or two image copies:
 * - `overview`, the whole plan at the size where it just fits: always there, shown where nothing better is;
 * - `front`, what the visitor looks at, at the exact scale and somewhat beyond the edges;
 * - `back`, the next `front`, painted a few milliseconds a frame and swapped in when it is whole.
 */
export class Backdrop {
  private overview: BlockBitmap;
  private front: BlockBitmap | null = null;
  private back: BlockBitmap | null = null;

  constructor(
    private readonly scene: Scene,
    private fit: Camera,
    private density: number,
  ) {
    this.overview = this.wholePlan();
  }

  private wholePlan(): BlockBitmap {
    const { bounds, pitch } = this.scene.plan;
    return new BlockBitmap(this.scene, grow(bounds, pitch * 2), this.fit.scale * this.density, this.density);
  }

  /** Another size of view or density of screen: all pictures start again. */
  resize(fit: Camera, density: number): void {
    this.fit = fit;
    this.density = density;
    this.front = this.back = null;
    this.overview = this.wholePlan();
  }

  /** The looks of the whole map changed (theme, filter). */
  markAll(): void {
    for (const bitmap of [this.overview, this.front, this.back]) bitmap?.markAll();
  }

  mark(box: Box): void {
    for (const bitmap of [this.overview, this.front, this.back]) bitmap?.mark(box);
  }

  /** A section's number of free seats changed: only pictures without seats show it. */
  markCount(box: Box): void {
    for (const bitmap of [this.overview, this.front, this.back]) {
      if (bitmap && !this.scene.showsSeats(bitmap.scale / bitmap.density)) bitmap.mark(box);
    }
  }

  get picture(): OffscreenCanvas {
    return this.overview.canvas;
  }

  get pictureBox(): Box {
    return this.overview.box;
  }

  /**
   * Brings the pictures nearer to what `camera` shows until `deadline` (performance.now()).
   * Answers whether anything on screen may have changed, whether the overview did, and whether work is left.
   */
  work(camera: Camera, view: Viewport, deadline: number): { changed: boolean; overview: boolean; unfinished: boolean } {
    const overview = this.overview.work(deadline);
    let changed = overview;
    if (this.front && performance.now() < deadline) changed = this.front.work(deadline) || changed;
    this.aim(camera, view);
    if (this.back && performance.now() < deadline) {
      this.back.work(deadline);
      if (this.back.finished) {
        this.front = this.back;
        this.back = null;
        changed = true;
        this.aim(camera, view);
      }
    }
    const unfinished = this.back !== null || !this.overview.finished || this.front?.finished === false;
    return { changed, overview, unfinished };
  }

  /** Starts, keeps or drops `back` according to what the visitor sees now. */
  private aim(camera: Camera, view: Viewport): void {
    const scale = camera.scale * this.density;
    const seen = intersect(visibleBox(camera, view), this.overview.box);
    if (this.suits(this.overview, scale, seen)) {
      this.front = this.back = null;
      return;
    }
    if (this.front && this.suits(this.front, scale, seen)) {
      this.back = null;
      return;
    }
    const stillUseful =
      this.back && this.back.scale / scale < 1.6 && scale / this.back.scale < 1.6 && overlaps(this.back.box, seen);
    if (!stillUseful) this.back = this.around(camera, view);
  }

  private suits(bitmap: BlockBitmap, scale: number, seen: Box): boolean {
    return Math.abs(bitmap.scale / scale - 1) < 1e-6 && bitmap.holds(seen);
  }

  /** An empty picture of the view and its margin, as far as there is a plan to see. */
  private around(camera: Camera, view: Viewport): BlockBitmap {
    const scale = camera.scale * this.density;
    const margin = (Math.max(view.width, view.height) * MARGIN) / camera.scale;
    const box = intersect(grow(visibleBox(camera, view), margin), this.overview.box);
    return new BlockBitmap(this.scene, box, scale, this.density);
  }

  draw(context: CanvasRenderingContext2D, camera: Camera, view: Viewport): void {
    const seen = intersect(visibleBox(camera, view), this.overview.box);
    if (!this.front?.holds(seen)) this.overview.drawTo(context, camera, view);
    this.front?.drawTo(context, camera, view);
  }
}
