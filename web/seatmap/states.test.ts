import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fits, fitting } from "./filter";
import { AVAILABLE, SeatStates, unpackStates } from "./states";
import { planOfRows } from "./testPlan";

const statuses = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 24, maxLength: 24 });
const changes = fc.array(fc.tuple(fc.integer({ min: -2, max: 30 }), fc.integer({ min: 0, max: 3 })), { maxLength: 60 });

function pack(status: readonly number[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(status.length / 4));
  status.forEach((value, n) => (packed[n >> 2] |= value << (2 * (n % 4))));
  return packed;
}

describe("seat states", () => {
  test("unpack two bits a seat, lowest first", () => {
    expect([...unpackStates(new Uint8Array([0b11_10_01_00]), 4)]).toEqual([0, 1, 2, 3]);
    fc.assert(fc.property(statuses, (status) => { expect([...unpackStates(pack(status), 24)]).toEqual(status); }));
  });

  test("a snapshot too short for the plan is refused", () => {
    expect(() => unpackStates(new Uint8Array(1), 5)).toThrow(RangeError);
  });

  test("changes one by one end where the snapshot after them begins", () => {
    fc.assert(
      fc.property(statuses, changes, (before, steps) => {
        const plan = planOfRows(3, 8);
        const followed = new SeatStates(plan);
        followed.replace(Uint8Array.from(before));
        const after = [...before];
        for (const [n, status] of steps) if (n in after) after[n] = status;
        followed.apply(steps);
        const fresh = new SeatStates(plan);
        fresh.replace(Uint8Array.from(after));
        expect(followed).toEqual(fresh);
        expect(followed.freeInSection[0]).toBe(after.filter((status) => status === AVAILABLE).length);
      }),
    );
  });

  test("free seats that fit are counted along, whatever is looked for in between", () => {
    const filters = fc.record({
      categories: fc.option(fc.constantFrom([0], [1])),
      accessible: fc.boolean(),
    });
    fc.assert(
      fc.property(statuses, changes, filters, (before, steps, filter) => {
        const plan = planOfRows(3, 8);
        const states = new SeatStates(plan);
        states.replace(Uint8Array.from(before));
        states.lookFor(fitting(plan, filter));
        states.apply(steps);
        const wanted = [...states.status.keys()].filter(
          (n) => states.status[n] === AVAILABLE && fits(filter, plan.category[n], plan.flags[n]),
        );
        expect(states.fittingInSection[0]).toBe(wanted.length);
      }),
    );
  });

  test("every change is told with what was before", () => {
    const told: [number, number][] = [];
    const states = new SeatStates(planOfRows(1, 4));
    states.replace(Uint8Array.from([0, 1, 2, 3]));
    states.apply([[0, 2], [1, 1], [0, 0]], (n, before) => { told.push([n, before]); });
    expect(told).toEqual([[0, 0], [0, 2]]);
  });

  test("only seats that differ count as changed", () => {
    const states = new SeatStates(planOfRows(1, 4));
    states.replace(Uint8Array.from([0, 1, 2, 3]));
    expect(states.apply([[0, 0], [1, 0], [2, 2], [99, 1]])).toEqual([1]);
  });
});
