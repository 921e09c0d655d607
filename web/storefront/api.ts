import type { Challenge } from "./proof";
import type { Money } from "./words";

/** What the sale answers, in the contract's own fields. */
export interface BookedSeat {
  id: string;
  tier: string;
  price: Money;
  /** It was given back after it was paid. */
  returned?: boolean;
}

/** So much of a total is tax of this rate, in percent. */
export interface TaxLine {
  name: string;
  rate: string;
  amount: Money;
}

export interface Booking {
  bookingId: string;
  reference: string;
  eventId: string;
  status: "HOLD" | "PAYMENT_PENDING" | "CONFIRMED" | "REFUNDED" | "EXPIRED" | "RELEASED";
  seats: BookedSeat[];
  /** All seats and the order fee; fees and taxes are parts of it. */
  total: Money;
  orderFee?: Money;
  fees?: Money;
  taxes?: TaxLine[];
  code?: string;
  discount?: Money;
  /** Why the code that was just sent counts for nothing. */
  codeRefused?: string;
  expiresAt?: string;
  /** Seconds from when it was sent: independent of this device's clock. */
  expiresIn?: number;
  /** The sale is paused: `expiresIn` stands still. */
  clockStopped?: boolean;
  extensionsLeft?: number;
  tickets?: { ticketId: string; seatId: string }[];
  /** These seats are kept in the place of those asked for, to accept or drop. */
  substitute?: { for: string[]; acceptBy: string; acceptIn: number };
  /** While a payment has no outcome: for how many seconds more the seats are kept at most, and who it waits for. */
  payment?: { keptFor: number; waitsForBuyer: boolean };
}

export interface PaymentPending {
  code: "payment_pending";
  nextAction: { type: "redirect"; url: string } | { type: "wait" };
  keptFor: number;
}

export interface EventDetail {
  id: string;
  name: string;
  startsAt: string;
  timezone: string;
  venue: { name: string; city: string };
  onSaleAt: string | null;
  status: "scheduled" | "on_sale" | "sold_out" | "paused" | "ended" | "cancelled";
  /** `price` is all-in: `fees` and `tax` are parts of it. */
  tiers: { id: string; name: string; price: Money; fees: Money; tax: Money; total: number; available: number }[];
  orderFee: Money;
  tax: { name: string; rate: string } | null;
  holdSeconds: number;
  seatsPerBookingMax: number;
  noOrphanSeats: boolean;
  offerNearest: boolean;
  seatCount: number;
}

/** A refusal (RFC 9457), or `code: "offline"` when no answer came. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly conflicts: readonly string[] = [],
    readonly retryAfterSeconds = 0,
    /** What else the problem document says. */
    readonly more: Readonly<Record<string, unknown>> = {},
  ) {
    super(code);
  }
}

const BASE = "/api/v1";
const SESSION_KNOWN = "rowlock.session";

/** Whether this browser ever began a session; the cookie itself is out of a script's sight, as it should be. */
export function hasSession(): boolean {
  return localStorage.getItem(SESSION_KNOWN) !== null;
}

/** The browser has an account's session from now on. */
export function noteSession(): void {
  localStorage.setItem(SESSION_KNOWN, "1");
}

export async function beginSession(): Promise<void> {
  await send("POST", "/session");
  noteSession();
}

/** A word that lets the seat stream know this visitor, whose cookie it cannot use; null while the visitor is nobody. */
export async function streamTicket(): Promise<string | null> {
  if (!hasSession()) return null;
  return (await write<{ ticket: string }>("POST", "/stream-tickets", undefined, newKey()))?.ticket ?? null;
}

export async function read<Answer>(path: string): Promise<Answer> {
  return (await (await send("GET", path)).json()) as Answer;
}

/** A write that may be repeated: the same `key` never does the thing twice. */
export async function write<Answer>(
  method: "POST" | "DELETE",
  path: string,
  body: unknown,
  key: string,
): Promise<Answer | null> {
  if (!hasSession()) await beginSession();
  const response = await send(method, path, body, key).catch(async (refusal: unknown) => {
    if (!(refusal instanceof Refusal)) throw refusal;
    const solution = await whatWasMissing(refusal);
    return await send(method, path, body, key, solution);
  });
  return response.status === 204 ? null : ((await response.json()) as Answer);
}

/** A call that makes nobody a guest: signing in, and what an account is asked. Null for an answer without content. */
export async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer | null> {
  const response = await send(method, path, body);
  return response.status === 202 || response.status === 204 ? null : ((await response.json()) as Answer);
}

/** Gets what a refusal asks for: a session, or the solution of a challenge. Throws any other refusal. */
async function whatWasMissing(refusal: Refusal): Promise<string | undefined> {
  const challenge = refusal.more.challenge as Challenge | undefined;
  if (challenge) return await (await import("./proof")).prove(challenge);
  if (refusal.status !== 401) throw refusal;
  await beginSession();
  return undefined;
}

async function send(method: string, path: string, body?: unknown, key?: string, solution?: string): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-Requested-With"] = "rowlock";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (solution) headers["X-Challenge-Solution"] = solution;
  let response: Response;
  try {
    const payload = body === undefined ? {} : { body: JSON.stringify(body) };
    response = await fetch(BASE + path, { method, headers, credentials: "same-origin", ...payload });
  } catch {
    throw new Refusal(0, "offline");
  }
  if (response.ok) return response;
  throw await refusalFrom(response);
}

async function refusalFrom(response: Response): Promise<Refusal> {
  const seconds = Number(response.headers.get("Retry-After")) || 0;
  try {
    const problem = (await response.json()) as { code?: string; conflicts?: string[]; retryAfter?: number };
    const wait = problem.retryAfter ?? seconds;
    return new Refusal(response.status, problem.code ?? "other", problem.conflicts, wait, { ...problem });
  } catch {
    return new Refusal(response.status, "other", [], seconds);
  }
}

/** A random UUID. `crypto.randomUUID` exists on https and localhost only; a shop on a plain address in a house network has neither. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
