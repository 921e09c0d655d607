import type en from "../../src/rowlock/storefront/messages/en.json";

export type MessageKey = keyof typeof en;
type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Catalogue = Record<string, string | Forms>;

const catalogues = import.meta.glob<Catalogue>("../../src/rowlock/storefront/messages/*.json", { import: "default" });

/** The page's own catalogue, read by pages and islands alike, with numbers, money and dates in the same language. */
export class Words {
  private readonly plurals: Intl.PluralRules;
  private readonly numbers: Intl.NumberFormat;

  constructor(
    readonly language: string,
    private readonly catalogue: Catalogue,
  ) {
    this.plurals = new Intl.PluralRules(language);
    this.numbers = new Intl.NumberFormat(language);
  }

  static async load(language = document.documentElement.lang): Promise<Words> {
    const load = catalogues[`../../src/rowlock/storefront/messages/${language}.json`];
    return new Words(language, await load());
  }

  /** The text of `key`; its plural form follows `count`. */
  readonly say = (key: MessageKey, values: Record<string, string | number> = {}): string => {
    const entry = this.catalogue[key];
    const text = typeof entry === "string" ? entry : this.form(entry, Number(values["count"]));
    return text.replace(/\{(\w+)\}/g, (_, name: string) => this.value(values[name]));
  };

  private form(forms: Forms, count: number): string {
    return forms[this.plurals.select(count)] ?? forms.other;
  }

  private value(value: string | number): string {
    return typeof value === "number" ? this.numbers.format(value) : value;
  }

  number(value: number): string {
    return this.numbers.format(value);
  }

  money({ amount, currency }: Money): string {
    return new Intl.NumberFormat(this.language, { style: "currency", currency }).format(Number(amount));
  }

  /** Several things in one sentence: "A, B and C". */
  list(items: readonly string[]): string {
    return new Intl.ListFormat(this.language, { type: "conjunction" }).format(items);
  }

  /** Date and time where the reader is: when something happened to them. */
  moment(rfc3339: string): string {
    return new Intl.DateTimeFormat(this.language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(rfc3339));
  }

  /** The time of day in so many seconds, where the reader is. */
  clockIn(seconds: number): string {
    return new Intl.DateTimeFormat(this.language, { timeStyle: "short" }).format(Date.now() + seconds * 1000);
  }

  /** Date and time where the event is, with the name of its time zone. */
  dateTime(rfc3339: string, timeZone: string): string {
    const style = { weekday: "long", day: "numeric", month: "long", hour: "numeric", minute: "2-digit" } as const;
    return new Intl.DateTimeFormat(this.language, { ...style, timeZone, timeZoneName: "short" }).format(new Date(rfc3339));
  }
}

export interface Money {
  amount: string;
  currency: string;
}

/** Decimal strings added without ever becoming a floating-point number. */
export function sum(prices: readonly Money[], currency: string): Money {
  const decimals = Math.max(0, ...prices.map(({ amount }) => amount.split(".")[1]?.length ?? 0));
  return money(prices.reduce((total, price) => total + minorUnits(price, decimals), 0n), decimals, currency);
}

/** An amount in units of its last decimal. */
export function minorUnits({ amount }: Money, decimals: number): bigint {
  const [whole, part = ""] = amount.split(".");
  return BigInt(whole + part.padEnd(decimals, "0"));
}

/** So many units of the last decimal as an amount. */
export function money(minor: bigint, decimals: number, currency: string): Money {
  const digits = minor.toString().padStart(decimals + 1, "0");
  const amount = decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
  return { amount, currency };
}

/** m:ss, or h:mm:ss from an hour up, never below zero. */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${String(s).padStart(2, "0")}`;
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${tail}` : `${m}:${tail}`;
}
