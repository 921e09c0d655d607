import fc from "fast-check";
import { describe, expect, test } from "vitest";
import de from "../../src/rowlock/storefront/messages/de.json";
import en from "../../src/rowlock/storefront/messages/en.json";
import fr from "../../src/rowlock/storefront/messages/fr.json";
import { newKey } from "./api";
import { clock, sum, Words } from "./words";

describe("words", () => {
  test("choose the plural form of the language and group its numbers", () => {
    expect(new Words("en", en).say("list.left", { count: 1 })).toBe("1 seat left");
    expect(new Words("en", en).say("list.left", { count: 1200 })).toBe("1,200 seats left");
    expect(new Words("de", de).say("list.left", { count: 1200 })).toBe("noch 1.200 Plätze");
    expect(new Words("fr", fr).say("basket.count", { count: 0 })).toBe("0 place");
  });

  test("list things as a sentence would", () => {
    expect(new Words("en", en).list(["A", "B", "C"])).toBe("A, B, and C");
  });
});

describe("money", () => {
  test("is added exactly", () => {
    const cents = fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 10 });
    fc.assert(
      fc.property(cents, (amounts) => {
        const text = (minor: number) => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, "0")}`;
        const prices = amounts.map((minor) => ({ amount: text(minor), currency: "EUR" }));
        const total = amounts.reduce((a, b) => a + b, 0);
        expect(sum(prices, "EUR").amount).toBe(amounts.length ? text(total) : "0");
      }),
    );
  });

  test("without decimals stays without", () => {
    expect(sum([{ amount: "1200", currency: "JPY" }, { amount: "300", currency: "JPY" }], "JPY").amount).toBe("1500");
  });
});

test.each([[0, "0:00"], [-5, "0:00"], [29_001, "0:30"], [299_500, "5:00"], [3_600_000, "1:00:00"]])(
  "%d ms left reads %s", (left, shown) => { expect(clock(left)).toBe(shown); },
);

test("a key is a version 4 UUID and never the same", () => {
  const keys = new Set(Array.from({ length: 200 }, newKey));
  expect(keys.size).toBe(200);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
