import { jittered } from "./backoff";
import type { Carrier } from "./carrier";
import { loadChanges, SeatsRefused } from "./seats";
import type { Surroundings } from "./surroundings";

export const POLL_MS = 2_000;

/** Asks `?since=` again and again at `url`, the event's seats; says what it hears as a stream would. */
export function pollCarrier(url: string, around: Surroundings): Carrier {
  return ({ position }, events) => {
    const request = new AbortController();
    const { signal } = request;
    let timer = 0;
    const wait = () => { timer = around.setTimeout(() => void ask(), jittered(POLL_MS, around.random)); };
    const ask = async () => {
      try {
        const message = await loadChanges(around.fetch, url, position(), signal);
        if (signal.aborted) return;
        events.message(message);
        if (!signal.aborted) wait();
      } catch (error) {
        if (!signal.aborted) events.ended(error instanceof SeatsRefused ? { atLeastMs: error.retryAfterMs } : {});
      }
    };
    void ask();
    return {
      close: () => {
        request.abort();
        around.clearTimeout(timer);
      },
    };
  };
}
