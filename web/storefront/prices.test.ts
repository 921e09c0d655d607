import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codeInLink } from "./codes";
import { isSome, ticketOf } from "./prices";
import { money, sum } from "./words";

const CURRENCIES = [["JPY", 0], ["EUR", 2], ["KWD", 3]] as const;

test("ticket, fees and tax are the price, whatever its decimals", () => {
  const part = fc.bigInt(0n, 10n ** 13n);
  fc.assert(
    fc.property(part, part, part, fc.constantFrom(...CURRENCIES), (ticket, fee, tax, [currency, decimals]) => {
      const [price, fees, share] = [ticket + fee + tax, fee, tax].map((minor) => money(minor, decimals, currency));
      const tier = { id: "1", name: "Seat", price, fees, tax: share, total: 1, available: 1 };
      const left = ticketOf(tier);
      expect(left).toEqual(money(ticket, decimals, currency));
      expect(sum([left, fees, share], currency)).toEqual(price);
    }),
  );
});

test("nothing is nothing in every currency", () => {
  expect(["0", "0.00", "0.000"].map((amount) => isSome({ amount, currency: "EUR" }))).toEqual([false, false, false]);
  expect(isSome({ amount: "0.01", currency: "EUR" })).toBe(true);
  expect(isSome(undefined)).toBe(false);
});

test("a link may bring a code along", () => {
  expect(codeInLink("?seats=A-1&code=band")).toBe("band");
  expect(codeInLink("?seats=A-1")).toBe("");
  expect(codeInLink(`?code=${"x".repeat(99)}`)).toHaveLength(60);
});
