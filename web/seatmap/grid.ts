import type { Box } from "./geometry";

const SEATS_PER_CELL = 8;

/**
 * A uniform grid over fixed points: the seats of cell c are `items[start[c] .. start[c + 1]]`.
 * Built once by counting sort; a query allocates nothing.
 */
export class SeatGrid {
  private readonly left: number;
  private readonly top: number;
  private readonly cell: number;
  private readonly columns: number;
  private readonly rows: number;
  private readonly start: Uint32Array;
  private readonly items: Uint32Array;

  constructor(
    private readonly x: Float32Array,
    private readonly y: Float32Array,
    bounds: Box,
  ) {
    const width = Math.max(bounds.right - bounds.left, 1e-6);
    const height = Math.max(bounds.bottom - bounds.top, 1e-6);
    this.left = bounds.left;
    this.top = bounds.top;
    this.cell = Math.sqrt((width * height * SEATS_PER_CELL) / Math.max(x.length, 1));
    this.columns = Math.floor(width / this.cell) + 1;
    this.rows = Math.floor(height / this.cell) + 1;
    this.start = new Uint32Array(this.columns * this.rows + 1);
    this.items = new Uint32Array(x.length);
    this.fill();
  }

  private fill(): void {
    const cellOf = new Uint32Array(this.x.length);
    for (let n = 0; n < this.x.length; n++) {
      cellOf[n] = this.row(this.y[n]) * this.columns + this.column(this.x[n]);
      this.start[cellOf[n] + 1]++;
    }
    for (let c = 1; c < this.start.length; c++) this.start[c] += this.start[c - 1];
    const next = this.start.slice(0, -1);
    for (let n = 0; n < this.x.length; n++) this.items[next[cellOf[n]]++] = n;
  }

  private column(x: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((x - this.left) / this.cell)));
  }

  private row(y: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor((y - this.top) / this.cell)));
  }

  /** Calls `visit` with every seat whose point lies in the box, edges included. */
  within(box: Box, visit: (seatNo: number) => void): void {
    const { x, y, items, start } = this;
    const firstColumn = this.column(box.left);
    const lastColumn = this.column(box.right);
    for (let row = this.row(box.top), lastRow = this.row(box.bottom); row <= lastRow; row++) {
      const end = start[row * this.columns + lastColumn + 1];
      for (let i = start[row * this.columns + firstColumn]; i < end; i++) {
        const n = items[i];
        if (x[n] >= box.left && x[n] <= box.right && y[n] >= box.top && y[n] <= box.bottom) visit(n);
      }
    }
  }

  /** The seat nearest to the point and at most `reach` away, or -1. */
  nearest(px: number, py: number, reach: number): number {
    let best = -1;
    let bestSquare = reach * reach;
    this.within({ left: px - reach, top: py - reach, right: px + reach, bottom: py + reach }, (n) => {
      const square = (this.x[n] - px) ** 2 + (this.y[n] - py) ** 2;
      if (square <= bestSquare) {
        best = n;
        bestSquare = square;
      }
    });
    return best;
  }
}

/** The seat one step away in the direction (dx, dy): straight ahead counts for more than close by. -1 at the edge. */
export function neighbour(x: Float32Array, y: Float32Array, from: number, dx: number, dy: number): number {
  let best = -1;
  let bestCost = Infinity;
  for (let n = 0; n < x.length; n++) {
    const ahead = (x[n] - x[from]) * dx + (y[n] - y[from]) * dy;
    if (ahead <= 1e-6) continue;
    const aside = Math.abs((x[n] - x[from]) * dy - (y[n] - y[from]) * dx);
    if (aside > ahead * 1.5) continue;
    const cost = ahead + 2.5 * aside;
    if (cost < bestCost) {
      best = n;
      bestCost = cost;
    }
  }
  return best;
}
