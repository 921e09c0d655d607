/**
 * A service worker with one task: to give a hold back when its buyer has left the shop. A page that goes away cannot tell
 * a closed tab from a reload; a moment later it is plain, and then no page is there any more to act on it.
 */
const GRACE_MS = 5_000;

interface Leaving extends Event {
  readonly data: { bookingId: string };
  waitUntil(work: Promise<unknown>): void;
}

interface WorkerScope {
  readonly clients: { matchAll(wish: { type: "window"; includeUncontrolled: true }): Promise<readonly unknown[]> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install", listener: () => void): void;
  addEventListener(type: "message", listener: (event: Leaving) => void): void;
}

const scope = self as unknown as WorkerScope;

scope.addEventListener("install", () => void scope.skipWaiting());
scope.addEventListener("message", (event) => { event.waitUntil(release(event.data.bookingId)); });

async function release(bookingId: string): Promise<void> {
  await new Promise((passed) => setTimeout(passed, GRACE_MS));
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (pages.length > 0) return;
  // The server refuses while a payment is under way.
  const headers = { "X-Requested-With": "rowlock" };
  await fetch(`/api/v1/bookings/${bookingId}/release`, { method: "POST", headers, credentials: "same-origin" });
}
