import { insidePolygon } from "../geometry";
import type { SeatPlan, Section } from "../plan";

/** CSS pixels. Below the least size nobody can read a label, so there is none. */
const SIZE_MAX = 14;
const SIZE_MIN = 8;
const LETTER_WIDTH = 0.62;
const LINE_HEIGHT = 1.25;

export interface SectionLabel {
  readonly section: number;
  /** Height of the letters in CSS pixels. */
  readonly size: number;
  /** Whether there is room for a second line under the name. */
  readonly two: boolean;
}

/** The labels that lie wholly inside their section at `scale` CSS pixels a plan unit, so none can run into another. */
export function layoutLabels(plan: SeatPlan, scale: number, countLetters: number): SectionLabel[] {
  const labels: SectionLabel[] = [];
  plan.sections.forEach((section, index) => {
    for (let size = SIZE_MAX; size >= SIZE_MIN; size -= 1) {
      const two = fits(section, scale, size, Math.max(section.id.length, countLetters), 2);
      if (!two && !fits(section, scale, size, section.id.length, 1)) continue;
      labels.push({ section: index, size, two });
      break;
    }
  });
  return labels;
}

function fits(section: Section, scale: number, size: number, letters: number, lines: number): boolean {
  const halfWidth = (letters * LETTER_WIDTH * size) / 2 / scale;
  const halfHeight = (lines * LINE_HEIGHT * size) / 2 / scale;
  const [x, y] = section.labelAt;
  return [-1, 1].every((dx) =>
    [-1, 1].every((dy) => insidePolygon(section.outline, x + dx * halfWidth, y + dy * halfHeight)),
  );
}
