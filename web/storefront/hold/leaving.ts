import { ownWorkers } from "../ownWorkers";

/**
 * Gives a hold back soon after the last page of the shop is gone: tab closed, or another site opened. A reload, the shop's
 * other pages and other tabs keep it. `leaves`: the booking to give back, null while it must stay (a payment has begun).
 * Where a browser has no service workers the hold ends by its time. Answers how to stop.
 */
export function releaseWhenGone(leaves: () => string | null): () => void {
  let worker: ServiceWorker | null = null;
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(ownWorkers.leaving).then(
      ({ active, installing, waiting }) => { worker = active ?? installing ?? waiting; },
      () => undefined,
    );
  }
  const leave = () => {
    const bookingId = leaves();
    if (bookingId) worker?.postMessage({ bookingId });
  };
  window.addEventListener("pagehide", leave);
  return () => { window.removeEventListener("pagehide", leave); };
}
