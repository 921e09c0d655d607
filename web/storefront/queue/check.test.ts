import fc from "fast-check";
import { describe, expect, test } from "vitest";
import RECORD from "../../../tests/vectors/queue_record.jsonl?raw";
import { checkFile } from "./check";
import { sha256 } from "./sha256";

test("SHA-256 is the one of the standard", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (data) => {
      expect(sha256(data)).toEqual(new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(data))));
    }),
  );
});

describe("a queue record", () => {
  test("that the server's code wrote holds here, too", () => {
    const verdict = checkFile(RECORD, "706572736f6e000000000003");
    expect(verdict).toMatchObject({ faults: [], event: "12", people: 49, drawn: true, beacon: true });
    expect(verdict.place?.number).toBe(3);
    expect(verdict.place?.rank).toBeLessThan(40);
  });

  test("tells who is in no list", () => {
    expect(checkFile(RECORD, "706572736f6e0000000000ff").place).toBeNull();
  });

  test("with any byte changed is found out", () => {
    fc.assert(
      fc.property(fc.nat({ max: RECORD.length - 1 }), fc.integer({ min: 1, max: 127 }), (at, bits) => {
        const other = String.fromCharCode(RECORD.charCodeAt(at) ^ bits);
        expect(checkFile(RECORD.slice(0, at) + other + RECORD.slice(at + 1), "").faults).not.toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test("with any line dropped, doubled or moved is found out", () => {
    const lines = RECORD.split("\n").slice(0, -1);
    const end = lines.findIndex((line) => line.includes('"kind":"ended"'));
    lines.forEach((line, at) => {
      const without = lines.filter((_, no) => no !== at);
      const spoiled = [[...without.slice(0, at), line, ...lines.slice(at)], [...without, line], ...(at === end ? [] : [without])];
      for (const other of spoiled) {
        if (other.join() !== lines.join()) expect(checkFile(other.map((text) => `${text}\n`).join(""), "").faults).not.toEqual([]);
      }
    });
  });

  test("that is none is said to be none", () => {
    for (const text of ["", "\n", "{}\n", "[1]\n", "null\n", "x", `${RECORD}{}\n`]) expect(checkFile(text, "").faults).toEqual(["line"]);
  });
});
