import type { SeatChange } from "../seatmap";

/** What any transport of the seat stream says, in the words of the wire. */
export type SeatMessage =
  | { type: "hello"; epoch: number | string; seq: number }
  | { type: "seats"; from: number; seq: number; changes: SeatChange[] }
  | { type: "reset"; epoch: number | string; seq: number };

/** `live`: up to date as of the last answer. `retrying`: the server did not answer. `offline`: the browser has no network. */
export type FeedState = "live" | "retrying" | "offline";

export interface FeedListener {
  message(message: SeatMessage): void;
  state(state: FeedState): void;
}

/** Follows one event's seats from a position; polling today, a socket or an event stream in its place later. */
export interface SeatFeed {
  start(position: Position): void;
  stop(): void;
  /** Looks at once, for example after the visitor lost a race. */
  hurry(): void;
}

export interface Position {
  epoch: number | string;
  seq: number;
}
