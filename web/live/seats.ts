import { bytesOf } from "../seatmap/plan";
import { unpackStates } from "../seatmap/states";
import type { Position, SeatMessage } from "./messages";
import type { Snapshot } from "./replica";

export type Fetch = (url: string, init: { signal: AbortSignal }) => Promise<Response>;

/** An answer that says no; `retryAfterMs` is how long the server wants to be left alone, 0 when it does not say. */
export class SeatsRefused extends Error {
  constructor(
    readonly status: number,
    readonly retryAfterMs: number,
  ) {
    super(`the seats answered ${status}`);
  }
}

/** All seats at one position. Rejects with SeatsRefused, or as `fetch` does. */
export async function loadSnapshot(fetch: Fetch, url: string, seatCount: number, signal: AbortSignal): Promise<Snapshot> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw refused(response);
  const { epoch, seq, seats } = (await response.json()) as Position & { seats: string };
  return { epoch, seq, status: unpackStates(bytesOf(seats), seatCount) };
}

/** What changed since `position`, as the message that a stream would have sent. Rejects as `loadSnapshot` does. */
export async function loadChanges(fetch: Fetch, url: string, position: Position, signal: AbortSignal): Promise<SeatMessage> {
  const { epoch, seq } = position;
  const response = await fetch(`${url}?since=${seq}&epoch=${encodeURIComponent(epoch)}`, { signal });
  // Too old, or so many that a snapshot is shorter.
  if (response.status === 410 || response.status === 409) return { type: "reset", epoch, seq };
  if (!response.ok) throw refused(response);
  const now = (await response.json()) as Position & { changes: [number, number][] };
  if (now.epoch !== epoch || now.seq < seq) return { type: "reset", epoch: now.epoch, seq: now.seq };
  return { type: "seats", from: seq, seq: now.seq, changes: now.changes };
}

function refused(response: Response): SeatsRefused {
  return new SeatsRefused(response.status, Number(response.headers.get("Retry-After")) * 1000 || 0);
}
