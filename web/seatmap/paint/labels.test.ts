import { describe, expect, test } from "vitest";
import { planOfRows } from "../testPlan";
import { areaStrength, contrast, tierLooks } from "./appearance";
import { layoutLabels } from "./labels";

describe("section labels", () => {
  const plan = planOfRows(6, 30);

  test("name the section and count its seats where there is room, else name it, else nothing that nobody could read", () => {
    const form = (seats: typeof plan, scale: number) => layoutLabels(seats, scale, 8)[0]?.form;
    expect([20, 3, 0.5].map((scale) => form(plan, scale))).toEqual(["words", "line", undefined]);
    expect(form(planOfRows(6, 4), 6)).toBe("name");
  });

  test("turn with a block that has room one way only", () => {
    const narrow = planOfRows(30, 3);
    const [label] = layoutLabels(narrow, 7, 8);
    expect(Math.abs(label.angle)).toBeCloseTo(Math.PI / 2);
    expect(label.form).toBe("line");
    expect(layoutLabels(plan, 20, 8)[0].angle).toBe(0);
  });

  test("never stand on their head, whichever way the rows run", () => {
    const turned = { ...plan, x: plan.x.map((v) => -v), y: plan.y.map((v) => -v) };
    for (const { angle } of layoutLabels(turned, 20, 8)) expect(Math.abs(angle)).toBeLessThanOrEqual(Math.PI / 2);
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

  test.each([
    ["light", { dark: false, background: "#ffffff" }, "#14181f"],
    ["dark", { dark: true, background: "#12151a" }, "#eef1f5"],
  ])("leave numbers on seats and names on sections readable: %s", (_, theme, ink) => {
    const categories = [..."abcdef"].map((name) => ({ name }));
    for (const { color, ink: onSeat } of tierLooks({ categories }, theme)) {
      expect(contrast(color, onSeat)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(mixed(color, theme.background, areaStrength(1, theme.dark) / 100), ink)).toBeGreaterThanOrEqual(4.5);
    }
  });
});

/** As `color-mix(in srgb, ...)`: this share of `a`, the rest of `b`. */
function mixed(a: string, b: string, share: number): string {
  const channel = (color: string, at: number) => parseInt(color.slice(at, at + 2), 16);
  const mix = (at: number) => Math.round(channel(a, at) * share + channel(b, at) * (1 - share));
  return `#${[1, 3, 5].map((at) => mix(at).toString(16).padStart(2, "0")).join("")}`;
}
