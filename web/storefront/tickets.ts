/** A link that offers tickets brings its secret behind `#offer=`; it is kept through signing in and then forgotten. */
const KEPT = "rowlock.offer";

/** Tickets that somebody offered to a mail address. */
export interface Transfer {
  transferId: string;
  bookingId: string;
  seatIds: string[];
  email: string | null;
  state: "open" | "ended" | "taken" | "withdrawn";
  expiresAt: string;
}

/** A ticket from somebody else. */
export interface HeldTicket {
  ticketId: string;
  bookingId: string;
  eventId: string;
  eventName: string;
  startsAt: string;
  timezone: string;
  place: string;
  seatId: string;
}

/** Take the secret out of the address, before anybody else sees it, and keep it for after signing in. */
export function noteOffer(): void {
  const found = /^#offer=(\S+)$/.exec(location.hash);
  if (!found) return;
  localStorage.setItem(KEPT, found[1]);
  history.replaceState(null, "", location.pathname + location.search);
}

export function offerAtHand(): string | null {
  return localStorage.getItem(KEPT);
}

export function forgetOffer(): void {
  localStorage.removeItem(KEPT);
}
