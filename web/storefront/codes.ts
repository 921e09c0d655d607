/** A code that did nothing for a hold, and why: told on the next page, where the seats are. */
export interface RefusedCode {
  bookingId: string;
  code: string;
  reason: string;
}

const NAME = "rowlock.refused-code";

export function noteRefusedCode(refused: RefusedCode): void {
  sessionStorage.setItem(NAME, JSON.stringify(refused));
}

/** What was noted of this booking; said once. */
export function takeRefusedCode(bookingId: string): RefusedCode | null {
  const noted = JSON.parse(sessionStorage.getItem(NAME) ?? "null") as RefusedCode | null;
  if (noted?.bookingId !== bookingId) return null;
  sessionStorage.removeItem(NAME);
  return noted;
}

/** The code that a link brought along (`?code=`). */
export function codeInLink(search: string): string {
  return new URLSearchParams(search).get("code")?.slice(0, 60) ?? "";
}
