import { describe, expect, test } from "vitest";
import { insidePolygon } from "./geometry";
import { decodePlan, placeOf, seatIdOf, seatNoOf } from "./plan";
import { planColumns, planOfRows } from "./testPlan";

describe("a plan in columns", () => {
  const plan = planOfRows(3, 8);

  test("every seat's id leads back to it", () => {
    for (let n = 0; n < plan.seatCount; n++) expect(seatNoOf(plan, seatIdOf(plan, n))).toBe(n);
    expect(seatIdOf(plan, 9)).toBe("A-1-2-3");
    expect(seatNoOf(plan, "A-1-2-4")).toBe(-1);
    expect(seatNoOf(plan, "B-2-3")).toBe(-1);
  });

  test("own ids and own numbers are kept", () => {
    const wire = planColumns(1, 3);
    wire.seats.ids = ["p", "q", "r"];
    wire.sections[0].rows[0].numbers = ["7", "7a", "8"];
    const own = decodePlan(wire);
    expect(seatIdOf(own, 1)).toBe("q");
    expect(seatNoOf(own, "r")).toBe(2);
    expect(placeOf(own, 1).number).toBe("7a");
  });

  test("knows how far apart seats are, and a section's outline goes round them", () => {
    expect(plan.pitch).toBe(1);
    expect(insidePolygon(plan.sections[0].outline, 3.5, 1.2)).toBe(true);
    expect(insidePolygon(plan.sections[0].outline, 9, 1)).toBe(false);
  });

  test("a column of another length is refused", () => {
    const wire = planColumns(2, 4);
    wire.seatCount = 9;
    expect(() => decodePlan(wire)).toThrow(RangeError);
  });
});
