import type { EventDetail, TaxLine } from "./api";
import type { Money, Words } from "./words";
import { minorUnits, money } from "./words";

type Tier = EventDetail["tiers"][number];

/** Whether there is anything to tell of a price but the price. */
export function hasParts(event: EventDetail): boolean {
  return isSome(event.orderFee) || event.tax !== null || event.tiers.some(({ fees }) => isSome(fees));
}

export function isSome(amount: Money | undefined): amount is Money {
  return amount !== undefined && Number(amount.amount) !== 0;
}

/** What is left of an all-in price for the ticket itself. */
export function ticketOf({ price, fees, tax }: Tier): Money {
  const decimals = price.amount.split(".")[1]?.length ?? 0;
  const [whole, fee, share] = [price, fees, tax].map((part) => minorUnits(part, decimals));
  return money(whole - fee - share, decimals, price.currency);
}

/** "VAT 19 %", in the reader's language where it is that tax. */
export function taxName({ name, rate }: Omit<TaxLine, "amount">, words: Words): string {
  const named = name === "VAT" ? words.say("price.vat") : name || words.say("price.tax");
  return words.say("price.tax_rate", { name: named, rate: words.number(Number(rate)) });
}
