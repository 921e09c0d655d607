import { Refusal } from "./api";
import type { Words } from "./words";

const KNOWN = ["offline", "too_many_holds", "too_many_seats", "not_on_sale", "not_admitted", "orphan_seat", "nothing_fits", "waitlist_first",
  "sign_in_failed", "other_browser", "sign_in_again", "second_factor_needed", "weak_password", "passkey_refused",
  "invalid_request", "overloaded", "sale_paused", "checkout_blocked", "too_many_tickets", "code_not_valid", "passed_on", "already_offered", "offer_ended", "payment_cooling",
  "line_begun", "payment_unavailable", "refund_window_closed", "already_returned", "not_paid", "exchange_pending", "payment_pending"] as const;

const CODE_REASONS = ["tiers", "seats_min", "used_by_you", "another_code", "code_holds_seats"] as const;

/** Why a code does nothing for a hold: a refusal, or the reason in one. */
export function codeTrouble(refusal: unknown, words: Words): string {
  const reason = refusal instanceof Refusal && refusal.code === "code_not_valid" ? refusal.more["reason"] : refusal;
  if (typeof reason !== "string") return explain(refusal, words);
  const known = CODE_REASONS.find((one) => one === reason);
  return words.say(known ? `code.${known}` : "code.not_valid");
}

/** What happened, what still stands, what to do next. */
export function explain(refusal: unknown, words: Words): string {
  if (!(refusal instanceof Refusal)) return words.say("problem.other");
  const known = KNOWN.find((code) => code === refusal.code);
  if (!known && refusal.status === 429) {
    return words.say("problem.rate_limited", { count: Math.max(1, Math.ceil(refusal.retryAfterSeconds)) });
  }
  return words.say(known ? `problem.${known}` : "problem.other");
}
