import { describe, expect, test } from "vitest";
import { planOfRows } from "../testPlan";
import { contrast, tierLooks } from "./appearance";
import { layoutLabels } from "./labels";

describe("section labels", () => {
  const plan = planOfRows(6, 30);

  test("have two lines where there is room, one where there is less, none where nobody could read it", () => {
    expect(layoutLabels(plan, 20, 8)[0].two).toBe(true);
    expect(layoutLabels(plan, 3, 8)).toEqual([{ section: 0, size: 11, two: false }]);
    expect(layoutLabels(plan, 0.5, 8)).toEqual([]);
  });
});

describe("tiers", () => {
  test("differ in shape as well as in colour", () => {
    const looks = tierLooks({ categories: [{ name: "a" }, { name: "b" }, { name: "c" }] }, { dark: false, background: "#ffffff" });
    expect(new Set(looks.map(({ shape }) => shape)).size).toBe(3);
    for (const { color } of looks) expect(contrast(color, "#ffffff")).toBeGreaterThanOrEqual(3);
  });

  test("keep an organiser's colour only where it can be seen", () => {
    const colors = (background: string) =>
      tierLooks({ categories: [{ name: "a", color: "#fff1a8" }] }, { dark: background !== "#ffffff", background })[0].color;
    expect(colors("#12151a")).toBe("#fff1a8");
    expect(colors("#ffffff")).not.toBe("#fff1a8");
  });

  test("keep it on a background in the short form of built style sheets, too", () => {
    const plan = { categories: [{ name: "a", color: "#7c3aed" }] };
    expect(tierLooks(plan, { dark: false, background: "#fff" })[0].color).toBe("#7c3aed");
    expect(contrast("#fff", "#000")).toBeCloseTo(21);
  });
});
