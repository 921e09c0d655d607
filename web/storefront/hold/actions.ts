import type { Booking } from "../api";
import { newKey, Refusal, write } from "../api";
import { explain } from "../refusals";
import type { Words } from "../words";
import { tellTabs } from "./tabs";

/** More time for a hold: what is new about it. */
export async function extendHold(bookingId: string): Promise<Partial<Booking>> {
  const extended = await write<Partial<Booking>>("POST", `/bookings/${bookingId}/extend`, {}, newKey());
  tellTabs(bookingId);
  return extended ?? {};
}

export async function releaseHold(bookingId: string): Promise<void> {
  await write("DELETE", `/bookings/${bookingId}`, undefined, newKey());
  tellTabs(bookingId);
}

/** Why a hold could not be changed; null when it is over anyway, and the page should look again. */
export function holdTrouble(refusal: unknown, words: Words): string | null {
  const code = refusal instanceof Refusal ? refusal.code : "";
  if (code === "hold_expired") return null;
  return code === "no_more_extensions" ? words.say("hold.no_extension") : explain(refusal, words);
}
