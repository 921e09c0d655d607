import { expect, test } from "vitest";
import { Fades } from "./fades";

test("an old look fades within a blink, keeps the first look of a seat that changes twice, and ends by itself", () => {
  const fades = new Fades();
  fades.add(3, 0, 1_000);
  fades.add(3, 1, 1_050);
  expect(fades.at(1_000)).toEqual([{ seatNo: 3, before: 0, left: 1 }]);
  const [{ left }] = fades.at(1_090);
  expect(left).toBeCloseTo(0.5);
  expect(fades.at(1_200)).toEqual([]);
});

test("a crowd of changes is not animated seat by seat", () => {
  const fades = new Fades();
  for (let n = 0; n < 5_000; n++) fades.add(n, 0, 0);
  expect(fades.at(0).length).toBeLessThanOrEqual(80);
});
