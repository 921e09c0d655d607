import type { Point } from "../geometry";
import { boxAround, grow, overlaps } from "../geometry";
import type { PlanShape, SeatPlan, Section } from "../plan";
import type { MapTheme } from "./appearance";
import type { SectionLabel } from "./labels";
import type { Piece } from "./scene";

type Context = OffscreenCanvasRenderingContext2D;

/** The parts of the picture that no sale changes: stage, field, outlines, section areas and their labels. */
export class VenuePainter {
  private readonly shapes: { shape: PlanShape; path: Path2D; box: ReturnType<typeof boxAround> }[];
  private readonly sectionPaths: Path2D[];

  constructor(
    private readonly plan: SeatPlan,
    private readonly theme: MapTheme,
  ) {
    this.shapes = plan.shapes.map((shape) => ({
      shape,
      path: tracePoints(shape.points, shape.closed !== false && shape.kind !== "aisle"),
      box: boxAround(shape.points),
    }));
    this.sectionPaths = plan.sections.map((section) => tracePoints(section.outline, true));
  }

  /** The context's transform maps plan units to device pixels. */
  paintShapes(context: Context, piece: Piece): void {
    const hairline = piece.density / piece.scale;
    for (const { shape, path, box } of this.shapes) {
      if (shape.kind === "text" || !overlaps(grow(box, hairline), piece.box)) continue;
      if (shape.kind === "stage" || shape.kind === "field" || shape.kind === "area") {
        context.fillStyle = this.theme.ground;
        context.fill(path);
      }
      context.strokeStyle = this.theme.line;
      context.lineWidth = hairline;
      context.stroke(path);
    }
  }

  /** The context's transform maps plan units to device pixels. */
  fillSection(context: Context, index: number, color: string): void {
    const path = this.sectionPaths[index];
    context.fillStyle = context.strokeStyle = color;
    context.lineJoin = "round";
    context.lineWidth = this.plan.pitch * 0.5;
    context.fill(path);
    context.stroke(path);
  }

  /** The context draws in device pixels. */
  paintShapeLabels(context: Context, piece: Piece): void {
    for (const { shape, box } of this.shapes) {
      if (!shape.label) continue;
      const width = (box.right - box.left) * piece.scale;
      const height = (box.bottom - box.top) * piece.scale;
      const text = shape.label.toUpperCase();
      const room = shape.kind === "text" ? Infinity : Math.min(height * 0.5, (width * 0.8) / (text.length * 0.75));
      const size = Math.min(13 * piece.density, room);
      const reach = (size * text.length * 0.5) / piece.scale;
      if (size < 7 * piece.density || !overlaps(grow(box, reach), piece.box)) continue;
      context.font = `600 ${size.toFixed(1)}px ${this.theme.font}`;
      context.letterSpacing = `${(size * 0.12).toFixed(1)}px`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillStyle = this.theme.muted;
      const x = ((box.left + box.right) / 2) * piece.scale + piece.originX;
      context.fillText(text, x, ((box.top + box.bottom) / 2) * piece.scale + piece.originY);
      context.letterSpacing = "0px";
    }
  }

  /** A section's short name with the free seats under it; the context draws in device pixels. */
  labelSection(context: Context, piece: Piece, section: Section, label: SectionLabel, count: string, open: boolean): void {
    const size = label.size * piece.density;
    context.setTransform(1, 0, 0, 1, section.labelAt[0] * piece.scale + piece.originX, section.labelAt[1] * piece.scale + piece.originY);
    context.rotate(label.angle);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const bold = `600 ${size.toFixed(1)}px ${this.theme.font}`;
    const plain = `400 ${(size * 0.86).toFixed(1)}px ${this.theme.font}`;
    context.fillStyle = open ? this.theme.ink : this.theme.muted;
    const put = (text: string, font: string, x: number, y: number) => {
      context.font = font;
      context.fillText(text, x, y);
    };
    if (label.form === "words" || label.form === "stack") {
      put(section.id, bold, 0, -size * 0.55);
      put(count, plain, 0, size * 0.6);
    } else if (label.form === "line") {
      context.font = bold;
      const gap = size * 0.5;
      const name = context.measureText(section.id).width;
      context.font = plain;
      const left = -(name + gap + context.measureText(count).width) / 2;
      context.textAlign = "left";
      put(section.id, bold, left, 0);
      put(count, plain, left + name + gap, 0);
    } else {
      put(section.id, bold, 0, 0);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
  }
}

export function tracePoints(points: readonly Point[], close: boolean): Path2D {
  const path = new Path2D();
  points.forEach(([x, y], index) => {
    if (index === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  });
  if (close && points.length > 2) path.closePath();
  return path;
}
