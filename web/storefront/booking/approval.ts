const NAME = "rowlock.approval";

/** The buyer is sent to the bank to approve the payment of this booking. */
export function sentToBank(bookingId: string): void {
  sessionStorage.setItem(NAME, bookingId);
}

/** Whether the buyer has just come back from there; asked when the booking turns out to be unpaid. Said once. */
export function backFromBank(bookingId: string): boolean {
  const back = sessionStorage.getItem(NAME) === bookingId;
  if (back) sessionStorage.removeItem(NAME);
  return back;
}
