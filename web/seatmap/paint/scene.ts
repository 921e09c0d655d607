import type { Box, Point } from "../geometry";
import { boxAround, grow, overlaps } from "../geometry";
import type { SeatFilter } from "../filter";
import { EVERY_SEAT, fits } from "../filter";
import type { SeatGrid } from "../grid";
import type { SeatPlan, Section } from "../plan";
import { ACCESSIBLE } from "../plan";
import type { SeatStates } from "../states";
import { AVAILABLE } from "../states";
import type { MapTheme, TierLook } from "./appearance";
import { areaStrength } from "./appearance";
import type { SectionLabel } from "./labels";
import { layoutLabels } from "./labels";
import { SeatSprites } from "./sprites";
import { VenuePainter } from "./venue";

/** Seats closer together than this many CSS pixels are drawn as areas with a count of free seats. */
const SEATS_FROM_PX = 5;
const ROW_LABELS_FROM_PX = 13;
const ROW_LABEL_PX_MAX = 15;
const SEAT_NUMBERS_FROM_PX = 21;
/** Share of the pitch that a seat fills. */
export const SEAT_FILL = 0.8;

/** A piece of the map: which part of the plan, how large, and where it goes on the canvas. */
export interface Piece {
  readonly box: Box;
  /** Device pixels a plan unit. */
  readonly scale: number;
  /** Device pixels a CSS pixel. */
  readonly density: number;
  /** Device pixel at which plan point (0, 0) lands. */
  readonly originX: number;
  readonly originY: number;
}

/** Paints any piece of the map as it stands now: venue, sections and, when near enough, seats. Keeps no picture. */
export class Scene {
  private readonly sprites = new Map<number, SeatSprites>();
  private filter = EVERY_SEAT;
  private venue: VenuePainter;
  private labels: { scale: number; list: readonly SectionLabel[] } = { scale: 0, list: [] };

  constructor(
    readonly plan: SeatPlan,
    readonly states: SeatStates,
    readonly grid: SeatGrid,
    private looks: readonly TierLook[],
    private theme: MapTheme,
    private words: (free: number) => string,
  ) {
    this.venue = new VenuePainter(plan, theme);
  }

  restyle(looks: readonly TierLook[], theme: MapTheme): void {
    this.looks = looks;
    this.theme = theme;
    this.venue = new VenuePainter(this.plan, theme);
    this.sprites.clear();
  }

  /** Seats that do not fit are drawn faintly. */
  lookFor(filter: SeatFilter): void {
    this.filter = filter;
    this.sprites.clear();
  }

  /** Whether seats are drawn one by one at `scale` CSS pixels a plan unit. */
  showsSeats(scale: number): boolean {
    return this.plan.pitch * scale >= SEATS_FROM_PX;
  }

  paint(context: OffscreenCanvasRenderingContext2D, piece: Piece): void {
    const { scale, originX, originY } = piece;
    const near = this.showsSeats(scale / piece.density);
    context.fillStyle = this.theme.background;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillRect(
      Math.floor(piece.box.left * scale + originX) - 1,
      Math.floor(piece.box.top * scale + originY) - 1,
      Math.ceil((piece.box.right - piece.box.left) * scale) + 2,
      Math.ceil((piece.box.bottom - piece.box.top) * scale) + 2,
    );
    context.setTransform(scale, 0, 0, scale, originX, originY);
    this.venue.paintShapes(context, piece);
    this.plan.sections.forEach((section, index) => {
      if (!overlaps(grow(section.box, this.plan.pitch), piece.box)) return;
      this.venue.fillSection(context, index, near ? this.theme.ground : this.areaColor(section, index));
    });
    context.setTransform(1, 0, 0, 1, 0, 0);
    this.venue.paintShapeLabels(context, piece);
    if (near) this.paintSeats(context, piece);
    else this.paintSectionLabels(context, piece);
  }

  private areaColor(section: Section, index: number): string {
    const free = this.states.fittingInSection[index];
    if (free === 0) return this.theme.ground;
    // Of few seats looked for, any are worth seeing; else the fuller colour has the more seats.
    const share = areaStrength(this.filter === EVERY_SEAT ? free / section.count : 0.7, this.theme.dark);
    const color = this.looks[section.mainCategory]?.color ?? this.theme.muted;
    return `color-mix(in srgb, ${color} ${share.toFixed(0)}%, ${this.theme.background})`;
  }

  private paintSectionLabels(context: OffscreenCanvasRenderingContext2D, piece: Piece): void {
    for (const label of this.labelsAt(piece.scale / piece.density)) {
      const section = this.plan.sections[label.section];
      if (!overlaps(section.box, piece.box)) continue;
      const free = this.states.fittingInSection[label.section];
      const count = label.form === "words" ? this.words(free) : String(free);
      this.venue.labelSection(context, piece, section, label, free > 0 ? count : "×", free > 0);
    }
  }

  /** Where labels go depends on the scale alone; the last scale's layout serves all blocks of a picture. */
  private labelsAt(scale: number): readonly SectionLabel[] {
    if (this.labels.scale !== scale) {
      this.labels = { scale, list: layoutLabels(this.plan, scale, this.words(999).length) };
    }
    return this.labels.list;
  }

  private paintSeats(context: OffscreenCanvasRenderingContext2D, piece: Piece): void {
    const { plan, states } = this;
    const sprites = this.spritesFor(plan.pitch * SEAT_FILL * piece.scale);
    const { size } = sprites;
    const reach = size / piece.scale / 2;
    const dx = piece.originX - size / 2;
    const dy = piece.originY - size / 2;
    this.grid.within(grow(piece.box, reach), (n) => {
      const left = sprites.offset(plan.category[n], states.status[n], plan.flags[n]);
      const x = Math.round(plan.x[n] * piece.scale + dx);
      const y = Math.round(plan.y[n] * piece.scale + dy);
      context.drawImage(sprites.canvas, left, 0, size, size, x, y, size, size);
    });
    const apart = (plan.pitch * piece.scale) / piece.density;
    if (apart >= SEAT_NUMBERS_FROM_PX) this.paintSeatNumbers(context, piece);
    if (apart >= ROW_LABELS_FROM_PX) this.paintRowLabels(context, piece);
  }

  private spritesFor(diameter: number): SeatSprites {
    let sprites = this.sprites.get(diameter);
    if (!sprites) {
      // The pictures at work have two or three scales at a time; sizes of scales gone by need not stay.
      if (this.sprites.size >= 4) this.sprites.clear();
      sprites = new SeatSprites(diameter, this.looks, this.theme, this.filter);
      this.sprites.set(diameter, sprites);
    }
    return sprites;
  }

  private paintSeatNumbers(context: OffscreenCanvasRenderingContext2D, piece: Piece): void {
    const { plan, states } = this;
    context.font = `600 ${(plan.pitch * piece.scale * 0.3).toFixed(1)}px ${this.theme.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    this.eachVisibleRow(piece, (row) => {
      for (let i = 0; i < row.count; i++) {
        const n = row.first + i;
        if (states.status[n] !== AVAILABLE || plan.flags[n] & ACCESSIBLE || !fits(this.filter, plan.category[n], plan.flags[n])) continue;
        const number = Array.isArray(row.numbers) ? row.numbers[i] : String(row.numbers.start + row.numbers.step * i);
        const x = plan.x[n] * piece.scale + piece.originX;
        context.fillStyle = this.looks[plan.category[n]].ink;
        context.fillText(number, x, plan.y[n] * piece.scale + piece.originY);
      }
    });
  }

  /** The row's label one pitch beyond both of its ends, or in the middle of seats round a table. */
  private paintRowLabels(context: OffscreenCanvasRenderingContext2D, piece: Piece): void {
    const { x, y, pitch } = this.plan;
    const size = Math.min(pitch * piece.scale * 0.5, ROW_LABEL_PX_MAX * piece.density);
    context.font = `500 ${size.toFixed(1)}px ${this.theme.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = this.theme.muted;
    this.eachVisibleRow(piece, ({ label, first, count }) => {
      const last = first + count - 1;
      const length = Math.hypot(x[last] - x[first], y[last] - y[first]) || 1;
      const ux = count > 1 ? ((x[last] - x[first]) / length) * pitch : pitch;
      const uy = count > 1 ? ((y[last] - y[first]) / length) * pitch : 0;
      const put = (px: number, py: number) => {
        context.fillText(label, px * piece.scale + piece.originX, py * piece.scale + piece.originY);
      };
      if (length < ((count - 1) * pitch) / 2) {
        const box = boxAround(Array.from({ length: count }, (_, i): Point => [x[first + i], y[first + i]]));
        put((box.left + box.right) / 2, (box.top + box.bottom) / 2);
        return;
      }
      put(x[first] - ux, y[first] - uy);
      put(x[last] + ux, y[last] + uy);
    });
  }

  private eachVisibleRow(piece: Piece, visit: (row: Section["rows"][number]) => void): void {
    const reach = grow(piece.box, this.plan.pitch * 2);
    for (const section of this.plan.sections) {
      if (!overlaps(section.box, reach)) continue;
      for (const row of section.rows) visit(row);
    }
  }
}
