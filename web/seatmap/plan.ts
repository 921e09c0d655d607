import type { Box, Point } from "./geometry";
import { boxAround, union } from "./geometry";

/** `GET /plan?format=columns`: one array a property, so 56,000 seats decode without 56,000 objects. */
export interface PlanColumns {
  planId: string;
  version: number | string;
  name: string;
  seatCount: number;
  width: number;
  height: number;
  categories: { name: string; color?: string | null }[];
  shapes: PlanShape[];
  sections: {
    id: string;
    name: string;
    level?: string | null;
    outline?: Point[] | null;
    labelAt?: Point | null;
    rows: PlanRow[];
  }[];
  seats: { x: string; y: string; category: string; flags: string; ids: string[] | null };
}

export interface PlanShape {
  kind: "stage" | "field" | "outline" | "aisle" | "text" | "area";
  label?: string | null;
  points: Point[];
  closed?: boolean | null;
}

export interface PlanRow {
  label: string;
  /** `seatNo` of the row's first seat; a row is contiguous. */
  first: number;
  count: number;
  numbers: { start: number; step: number } | string[];
}

export interface Section {
  readonly id: string;
  readonly name: string;
  readonly level: string | null;
  readonly outline: readonly Point[];
  readonly labelAt: Point;
  readonly box: Box;
  readonly rows: readonly PlanRow[];
  readonly first: number;
  readonly count: number;
  /** Index of the tier most of its seats have. */
  readonly mainCategory: number;
}

export interface SeatPlan {
  readonly planId: string;
  readonly name: string;
  readonly seatCount: number;
  readonly categories: readonly { name: string; color?: string | null }[];
  readonly shapes: readonly PlanShape[];
  readonly sections: readonly Section[];
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly category: Uint8Array;
  readonly flags: Uint8Array;
  /** Index of each seat's section. */
  readonly sectionOf: Uint16Array;
  readonly ids: readonly string[] | null;
  /** Distance between neighbouring seats in plan units: the size everything else scales by. */
  readonly pitch: number;
  readonly bounds: Box;
}

export const ACCESSIBLE = 1;
export const COMPANION = 2;
export const RESTRICTED_VIEW = 4;

export function decodePlan(wire: PlanColumns): SeatPlan {
  const x = floats(wire.seats.x);
  const y = floats(wire.seats.y);
  const category = bytesOf(wire.seats.category);
  const flags = bytesOf(wire.seats.flags);
  for (const column of [x, y, category, flags]) {
    if (column.length !== wire.seatCount) throw new RangeError("a seat column does not match seatCount");
  }
  const sectionOf = new Uint16Array(wire.seatCount);
  const pitch = seatPitch(wire, x, y);
  const sections = wire.sections.map((section, index) => {
    for (const row of section.rows) sectionOf.fill(index, row.first, row.first + row.count);
    return decodeSection(section, x, y, category, pitch);
  });
  const drawn = wire.shapes.map((shape) => boxAround(shape.points));
  const bounds = [...sections.map((section) => section.box), ...drawn].reduce(union);
  const { planId, name, seatCount, categories, shapes } = wire;
  const ids = wire.seats.ids;
  return { planId, name, seatCount, categories, shapes, sections, x, y, category, flags, sectionOf, ids, pitch, bounds };
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Little-endian on the wire, as on every processor a browser runs on today. */
function floats(base64: string): Float32Array {
  return new Float32Array(bytesOf(base64).buffer);
}

/** A gap between neighbours that nine rows in ten keep: benches stand closer than tables, and no two seats may overlap. */
function seatPitch(wire: PlanColumns, x: Float32Array, y: Float32Array): number {
  const gaps: number[] = [];
  for (const section of wire.sections) {
    for (const { first, count } of section.rows) {
      if (count > 1) gaps.push(Math.hypot(x[first + 1] - x[first], y[first + 1] - y[first]));
    }
  }
  const real = gaps.filter((gap) => gap > 0).sort((a, b) => a - b);
  return real.length > 0 ? real[Math.floor(real.length / 10)] : Math.max(wire.width, wire.height) / 40 || 1;
}

function decodeSection(
  section: PlanColumns["sections"][number],
  x: Float32Array,
  y: Float32Array,
  category: Uint8Array,
  pitch: number,
): Section {
  const { rows } = section;
  const outline = section.outline?.length ? section.outline : outlineOfRows(rows, x, y);
  const seatBox = boxAround(seatPoints(rows, x, y), pitch * 0.6);
  const box = union(boxAround(outline), seatBox);
  const votes = new Map<number, number>();
  let count = 0;
  for (const row of rows) {
    count += row.count;
    for (let n = row.first; n < row.first + row.count; n++) votes.set(category[n], (votes.get(category[n]) ?? 0) + 1);
  }
  const mainCategory = [...votes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
  const labelAt = section.labelAt ?? ([(box.left + box.right) / 2, (box.top + box.bottom) / 2] as const);
  const { id, name } = section;
  return { id, name, level: section.level ?? null, outline, labelAt, box, rows, first: rows[0]?.first ?? 0, count, mainCategory };
}

function* seatPoints(rows: readonly PlanRow[], x: Float32Array, y: Float32Array): Generator<Point> {
  for (const row of rows) for (let n = row.first; n < row.first + row.count; n++) yield [x[n], y[n]];
}

/** Along the first row, down the right ends, back along the last row, up the left ends: follows curved stands. */
function outlineOfRows(rows: readonly PlanRow[], x: Float32Array, y: Float32Array): Point[] {
  const seated = rows.filter((row) => row.count > 0);
  if (seated.length === 0) return [];
  const point = (n: number): Point => [x[n], y[n]];
  const along = (row: PlanRow) => Array.from({ length: row.count }, (_, i) => point(row.first + i));
  const middle = seated.slice(1, -1);
  return [
    ...along(seated[0]),
    ...middle.map((row) => point(row.first + row.count - 1)),
    ...(seated.length > 1 ? along(seated[seated.length - 1]).reverse() : []),
    ...middle.map((row) => point(row.first)).reverse(),
  ];
}

export interface SeatPlace {
  readonly section: Section;
  readonly row: PlanRow;
  readonly number: string;
}

export function placeOf(plan: SeatPlan, seatNo: number): SeatPlace {
  const section = plan.sections[plan.sectionOf[seatNo]];
  const row = section.rows.find(({ first, count }) => seatNo >= first && seatNo < first + count)!;
  return { section, row, number: numberIn(row, seatNo - row.first) };
}

export function seatIdOf(plan: SeatPlan, seatNo: number): string {
  if (plan.ids) return plan.ids[seatNo];
  const { section, row, number } = placeOf(plan, seatNo);
  return `${section.id}-${row.label}-${number}`;
}

/** -1 when the plan has no such seat. */
export function seatNoOf(plan: SeatPlan, id: string): number {
  if (plan.ids) return plan.ids.indexOf(id);
  for (const section of plan.sections) {
    if (!id.startsWith(`${section.id}-`)) continue;
    for (const row of section.rows) {
      const prefix = `${section.id}-${row.label}-`;
      if (!id.startsWith(prefix)) continue;
      const number = id.slice(prefix.length);
      for (let i = 0; i < row.count; i++) if (numberIn(row, i) === number) return row.first + i;
    }
  }
  return -1;
}

function numberIn(row: PlanRow, position: number): string {
  const { numbers } = row;
  return Array.isArray(numbers) ? numbers[position] : String(numbers.start + numbers.step * position);
}
