import type { Camera, Viewport } from "../camera";
import type { Box } from "../geometry";
import { covers, intersect, overlaps } from "../geometry";
import type { Piece, Scene } from "./scene";

/** Side of a block in device pixels: a block is repainted in well under a frame, so work can stop between blocks. */
const BLOCK = 160;
/** Above this many single places a few whole blocks are quicker. */
const PATCHES_MAX = 300;

/** A picture of one box of the plan at one scale: painted block by block, and where only a seat changed, just there. */
export class BlockBitmap {
  readonly canvas: OffscreenCanvas;
  private readonly context: OffscreenCanvasRenderingContext2D;
  private readonly columns: number;
  private readonly dirty: Uint8Array;
  private readonly order: Uint32Array;
  private waiting: number;
  /** Small places to repaint in blocks that are whole otherwise. */
  private patches: Box[] = [];

  /** `box` in plan units, `scale` device pixels a plan unit, `density` device pixels a CSS pixel. */
  constructor(
    private readonly scene: Scene,
    readonly box: Box,
    readonly scale: number,
    readonly density: number,
  ) {
    const width = Math.max(1, Math.round((box.right - box.left) * scale));
    const height = Math.max(1, Math.round((box.bottom - box.top) * scale));
    this.canvas = new OffscreenCanvas(width, height);
    this.context = this.canvas.getContext("2d", { alpha: false })!;
    this.columns = Math.ceil(width / BLOCK);
    const rows = Math.ceil(height / BLOCK);
    this.dirty = new Uint8Array(this.columns * rows).fill(1);
    this.waiting = this.dirty.length;
    this.order = fromTheMiddle(this.columns, rows);
  }

  get finished(): boolean {
    return this.waiting === 0 && this.patches.length === 0;
  }

  markAll(): void {
    this.patches = [];
    this.dirty.fill(1);
    this.waiting = this.dirty.length;
  }

  /** The part of the plan that looks different from now on; a small one is painted by itself. */
  mark(box: Box): void {
    if (!overlaps(box, this.box)) return;
    const small = Math.max(box.right - box.left, box.bottom - box.top) * this.scale < BLOCK / 2;
    const { due, blocks } = this.blocksUnder(box);
    if (!small || this.patches.length >= PATCHES_MAX) this.markBlocks(blocks);
    // Where a block is to be painted anyway, a patch would be painted for nothing.
    else if (!due) this.patches.push(box);
  }

  private markBlocks(blocks: readonly number[]): void {
    for (const index of blocks) {
      this.waiting += 1 - this.dirty[index];
      this.dirty[index] = 1;
    }
  }

  private blocksUnder(box: Box): { due: boolean; blocks: number[] } {
    const block = BLOCK / this.scale;
    const column = (x: number) => Math.min(this.columns - 1, Math.max(0, Math.floor((x - this.box.left) / block)));
    const lastRow = this.dirty.length / this.columns - 1;
    const row = (y: number) => Math.min(lastRow, Math.max(0, Math.floor((y - this.box.top) / block)));
    const blocks: number[] = [];
    for (let r = row(box.top); r <= row(box.bottom); r++) {
      for (let c = column(box.left); c <= column(box.right); c++) blocks.push(r * this.columns + c);
    }
    return { due: blocks.every((index) => this.dirty[index] === 1), blocks };
  }

  /** Repaints patches, then dirty blocks, the middle of the picture first, until `deadline` (performance.now()). */
  work(deadline: number): boolean {
    let painted = false;
    while (this.patches.length > 0 && (!painted || performance.now() < deadline)) {
      this.paintPatch(this.patches.pop()!);
      painted = true;
    }
    for (let i = 0; i < this.order.length && this.waiting > 0; i++) {
      const index = this.order[i];
      if (this.dirty[index] === 0) continue;
      if (painted && performance.now() >= deadline) break;
      this.paintBlock(index);
      this.dirty[index] = 0;
      this.waiting--;
      painted = true;
    }
    return painted;
  }

  private paintBlock(index: number): void {
    this.paintPixels((index % this.columns) * BLOCK, Math.floor(index / this.columns) * BLOCK, BLOCK, BLOCK);
  }

  private paintPatch(box: Box): void {
    // One pixel more all round: seats are put on whole pixels.
    const x = Math.floor((box.left - this.box.left) * this.scale) - 1;
    const y = Math.floor((box.top - this.box.top) * this.scale) - 1;
    const right = Math.ceil((box.right - this.box.left) * this.scale) + 1;
    const bottom = Math.ceil((box.bottom - this.box.top) * this.scale) + 1;
    this.paintPixels(x, y, right - x, bottom - y);
  }

  private paintPixels(x: number, y: number, width: number, height: number): void {
    const { left, top } = this.box;
    const piece: Piece = {
      box: {
        left: left + x / this.scale,
        top: top + y / this.scale,
        right: left + (x + width) / this.scale,
        bottom: top + (y + height) / this.scale,
      },
      scale: this.scale,
      density: this.density,
      originX: -left * this.scale,
      originY: -top * this.scale,
    };
    this.context.save();
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.beginPath();
    this.context.rect(x, y, width, height);
    this.context.clip();
    this.scene.paint(this.context, piece);
    this.context.restore();
  }

  /** Whether it shows all of `wanted` (plan units). */
  holds(wanted: Box): boolean {
    return covers(this.box, wanted);
  }

  drawTo(context: CanvasRenderingContext2D, camera: Camera, view: Viewport): void {
    const zoom = (camera.scale * this.density) / this.scale;
    const left = (this.box.left - camera.x) * camera.scale * this.density + (view.width * this.density) / 2;
    const top = (this.box.top - camera.y) * camera.scale * this.density + (view.height * this.density) / 2;
    if (Math.abs(zoom - 1) < 1e-6) {
      // Whole device pixels: nothing is resampled, which is both sharper and several times faster.
      context.drawImage(this.canvas, Math.round(left), Math.round(top));
      return;
    }
    const seen = intersect(
      { left: 0, top: 0, right: this.canvas.width, bottom: this.canvas.height },
      {
        left: Math.floor(-left / zoom),
        top: Math.floor(-top / zoom),
        right: Math.ceil((view.width * this.density - left) / zoom),
        bottom: Math.ceil((view.height * this.density - top) / zoom),
      },
    );
    const width = seen.right - seen.left;
    const height = seen.bottom - seen.top;
    if (width <= 0 || height <= 0) return;
    const x = left + seen.left * zoom;
    const y = top + seen.top * zoom;
    context.drawImage(this.canvas, seen.left, seen.top, width, height, x, y, width * zoom, height * zoom);
  }
}

function fromTheMiddle(columns: number, rows: number): Uint32Array {
  const away = (index: number) =>
    Math.hypot((index % columns) - (columns - 1) / 2, Math.floor(index / columns) - (rows - 1) / 2);
  return Uint32Array.from({ length: columns * rows }, (_, index) => index).sort((a, b) => away(a) - away(b));
}
