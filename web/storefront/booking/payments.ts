import type { Booking, PaymentPending } from "../api";
import { read, Refusal, write } from "../api";
import { releaseHold } from "../hold/actions";
import { tellTabs } from "../hold/tabs";
import { sentToBank } from "./approval";

/** The token of a payment on the provider's own page. */
export const ELSEWHERE = "redirect";

/** Pay for a hold, or hear how its payment stands. A key is a payment: the same one never pays twice. */
export async function confirm(bookingId: string, token: string, key: string): Promise<Booking | PaymentPending> {
  const answer = await write<Booking | PaymentPending>("POST", `/bookings/${bookingId}/confirm`, { paymentToken: token }, key);
  tellTabs(bookingId);
  return answer ?? read<Booking>(`/bookings/${bookingId}`);
}

/** Send the buyer where the payment goes on; false when there is nothing to do but wait. */
export function goOn(bookingId: string, { nextAction }: PaymentPending): boolean {
  if (nextAction.type !== "redirect") return false;
  sentToBank(bookingId);
  location.assign(nextAction.url);
  return true;
}

/** Give up a booking whose payment waits for its buyer; false when it is being made, and cannot be given up now. */
export async function giveUp(bookingId: string): Promise<boolean> {
  try {
    await releaseHold(bookingId);
    return true;
  } catch (refusal) {
    if (refusal instanceof Refusal && (refusal.code === "payment_pending" || refusal.code === "booking_closed")) return false;
    throw refusal;
  }
}
