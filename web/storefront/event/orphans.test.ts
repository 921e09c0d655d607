import { describe, expect, test } from "vitest";
import vectors from "../../../tests/vectors/orphan_rule.json";
import type { PlanColumns } from "../../seatmap";
import { ACCESSIBLE, COMPANION, decodePlan } from "../../seatmap";
import { OrphanRule } from "./orphans";

const AISLE = 2;

/** Rows drawn in letters: `s`, `b` seats of two tiers, `A` a wheelchair place, `C` a companion's, a blank an aisle. */
function drawnPlan(rows: readonly string[]): PlanColumns {
  const seats = rows.flatMap((marks, y) => {
    let x = 0;
    return [...marks].flatMap((mark) => {
      x += mark === " " ? AISLE : 1;
      return mark === " " ? [] : [{ x, y, mark }];
    });
  });
  let first = 0;
  const drawn = rows.map((_, y) => {
    const count = seats.filter((seat) => seat.y === y).length;
    first += count;
    return { label: String(y + 1), first: first - count, count, numbers: { start: 1, step: 1 } };
  });
  const flags = seats.map(({ mark }) => (mark === "A" ? ACCESSIBLE : 0) | (mark === "C" ? COMPANION : 0));
  return {
    planId: "1", version: 1, name: "Drawn", seatCount: seats.length, width: 40, height: 10,
    categories: [{ name: "Stalls" }, { name: "Balcony" }], shapes: [],
    sections: [{ id: "S1", name: "Section 1", rows: drawn }],
    seats: {
      x: base64(Float32Array.from(seats, (seat) => seat.x)),
      y: base64(Float32Array.from(seats, (seat) => seat.y)),
      category: base64(Uint8Array.from(seats, ({ mark }) => Number(mark === "b"))),
      flags: base64(Uint8Array.from(flags)),
      ids: null,
    },
  };
}

function base64(array: Float32Array | Uint8Array): string {
  return btoa(String.fromCharCode(...new Uint8Array(array.buffer)));
}

describe("the orphan rule says what the server says", () => {
  test.each(vectors)("$rows, sold $sold, picked $picked", ({ rows, sold, picked, orphans }) => {
    const plan = decodePlan(drawnPlan(rows));
    const status = Uint8Array.from({ length: plan.seatCount }, (_, n) => (sold.includes(n) ? 2 : 0));
    expect(new OrphanRule(plan, status).orphans(picked)).toEqual(orphans);
  });
});
