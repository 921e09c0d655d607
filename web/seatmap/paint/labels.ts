import type { Point } from "../geometry";
import { insidePolygon } from "../geometry";
import type { SeatPlan, Section } from "../plan";

/** CSS pixels. Below the least size nobody can read a label, so there is none. */
const SIZE_MAX = 14;
const COUNT_SIZE_MIN = 10;
const SIZE_MIN = 8;
const LETTER_WIDTH = 0.62;
const LINE_HEIGHT = 1.25;
/** Letters of air at both ends together. */
const ROOM_BESIDE = 0.4;
/** Letters between the name and the count in one line. */
const BETWEEN = 1;

/** What there is room for: the name over the count in words or as a number, both in one line, or the name alone. */
export type LabelForm = "words" | "stack" | "line" | "name";

export interface SectionLabel {
  readonly section: number;
  /** Height of the letters in CSS pixels. */
  readonly size: number;
  readonly form: LabelForm;
  /** Radians; text never stands on its head. */
  readonly angle: number;
}

/**
 * The labels that lie wholly inside their section at `scale` CSS pixels a plan unit, so none can run into another.
 * `countLetters`: how long the words for a count are.
 */
export function layoutLabels(plan: SeatPlan, scale: number, countLetters: number): SectionLabel[] {
  const labels: SectionLabel[] = [];
  plan.sections.forEach((section, index) => {
    const label = bestLabel(plan, section, scale, countLetters);
    if (label) labels.push({ section: index, ...label });
  });
  return labels;
}

type Fit = Omit<SectionLabel, "section">;

/** Name and count before the name alone, upright before turned, large before small. */
function bestLabel(plan: SeatPlan, section: Section, scale: number, countLetters: number): Fit | null {
  const letters = section.id.length;
  const digits = String(section.count).length;
  const angles = [0, ...ownAngles(plan, section)];
  const forms: readonly [LabelForm, number, number, number][] = [
    ["words", Math.max(letters, countLetters), 2, COUNT_SIZE_MIN],
    ["stack", Math.max(letters, digits), 2, COUNT_SIZE_MIN],
    ["line", letters + BETWEEN + digits, 1, SIZE_MIN],
    ["name", letters, 1, SIZE_MIN],
  ];
  for (const [form, width, lines, least] of forms) {
    for (let size = SIZE_MAX; size >= least; size -= 1) {
      const angle = angles.find((turn) => hasRoom(section, scale, size, width, lines, turn));
      if (angle !== undefined) return { size, form, angle };
    }
  }
  return null;
}

/** Along the middle row and across it: narrow blocks of a stadium have room one way only. */
function ownAngles({ x, y }: SeatPlan, { rows }: Section): number[] {
  const { first, count } = rows[Math.floor(rows.length / 2)] ?? { first: 0, count: 0 };
  if (count < 2) return [];
  const last = first + count - 1;
  const along = Math.atan2(y[last] - y[first], x[last] - x[first]);
  return [readable(along), readable(along + Math.PI / 2)];
}

function readable(angle: number): number {
  const turned = Math.atan(Math.tan(angle));
  return Math.abs(turned) < 1e-3 ? 0 : turned;
}

function hasRoom({ outline, labelAt }: Section, scale: number, size: number, letters: number, lines: number, angle: number): boolean {
  const width = ((letters + ROOM_BESIDE) * LETTER_WIDTH * size) / 2 / scale;
  const height = (lines * LINE_HEIGHT * size) / 2 / scale;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const corners: Point[] = [[-width, -height], [width, height], [width, -height], [-width, height]];
  return corners.every(([dx, dy]) =>
    insidePolygon(outline, labelAt[0] + dx * cos - dy * sin, labelAt[1] + dx * sin + dy * cos),
  );
}
