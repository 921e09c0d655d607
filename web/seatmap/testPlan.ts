import type { PlanColumns, SeatPlan } from "./plan";
import { decodePlan } from "./plan";

function base64(array: Float32Array | Uint8Array): string {
  return btoa(String.fromCharCode(...new Uint8Array(array.buffer)));
}

/** One section "A" with rows "1", "2", ... of seats one unit apart, two tiers by turns: a plan small enough to think about. */
export function planColumns(rows: number, seatsInRow: number): PlanColumns {
  const seatCount = rows * seatsInRow;
  const seats = Array.from({ length: seatCount }, (_, n) => n);
  return {
    planId: "plan", version: 1, name: "Small", seatCount, width: seatsInRow, height: rows,
    categories: [{ name: "VIP" }, { name: "Regular" }],
    shapes: [],
    sections: [{
      id: "A-1", name: "Section A",
      rows: Array.from({ length: rows }, (_, row) => ({
        label: String(row + 1), first: row * seatsInRow, count: seatsInRow, numbers: { start: 1, step: 2 },
      })),
    }],
    seats: {
      x: base64(Float32Array.from(seats, (n) => n % seatsInRow)),
      y: base64(Float32Array.from(seats, (n) => Math.floor(n / seatsInRow))),
      category: base64(Uint8Array.from(seats, (n) => n % 2)),
      flags: base64(Uint8Array.from(seats, (n) => Number(n === 0))),
      ids: null,
    },
  };
}

export function planOfRows(rows: number, seatsInRow: number): SeatPlan {
  return decodePlan(planColumns(rows, seatsInRow));
}
