/** A buyer's tabs tell each other that something happened to a hold; what, they ask the server, who alone knows. */
const NAME = "rowlock.holds";

const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(NAME) : null;
let told = 0;

/** Something happened to this booking here: the other tabs look again. */
export function tellTabs(bookingId: string): void {
  if (channel) channel.postMessage(bookingId);
  // A write that changes nothing is not told: hence the number.
  else localStorage.setItem(NAME, `${bookingId} ${performance.timeOrigin} ${told++}`);
}

/** Calls `listener` when another tab has changed a booking; answers how to stop. */
export function onTabNews(listener: (bookingId: string) => void): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  channel?.addEventListener("message", ({ data }) => { listener(String(data)); }, { signal });
  if (!channel) {
    const stored = ({ key, newValue }: StorageEvent) => {
      if (key === NAME && newValue) listener(newValue.split(" ")[0]);
    };
    window.addEventListener("storage", stored, { signal });
  }
  return () => { controller.abort(); };
}
