import type { SeatChange } from "../seatmap/states";

export type Epoch = number | string;

/** Up to where somebody knows an event's seats. */
export interface Position {
  epoch: Epoch;
  seq: number;
}

/** The messages that carry seats; polling says the same with answers of `?since=`. */
export type SeatMessage =
  | ({ type: "hello"; heartbeat?: number; clockStopped?: boolean } & Position)
  | { type: "seats"; from: number; seq: number; changes: SeatChange[] }
  | ({ type: "reset" } & Position);

/** What the server says about this buyer's own holds; `expiresIn` in seconds of the server's clock. */
export type HoldMessage =
  | { type: "holdExpiring"; bookingId: string; expiresIn: number }
  | { type: "holdExpired"; bookingId: string }
  | { type: "holdClock"; bookingId: string; expiresIn: number; clockStopped: boolean };

/** The sale was paused, and the time of all holds stands still; or it goes on. */
export interface SaleMessage {
  type: "sale";
  clockStopped: boolean;
}

/** How many other viewers have chosen a seat that nobody holds yet; 0: nobody any more. */
export interface ChoosingMessage {
  type: "choosing";
  changes: [seatNo: number, viewers: number][];
}

export type StreamMessage = SeatMessage | SaleMessage | HoldMessage | ChoosingMessage | { type: "ping" };

const KNOWN = new Set<string>(["hello", "seats", "reset", "ping", "sale", "holdClock", "holdExpiring", "holdExpired", "choosing"]);

/** The message in a frame; null for one of a kind that a later server may send, or that is no message at all. */
export function readMessage(frame: unknown): StreamMessage | null {
  if (typeof frame !== "string") return null;
  try {
    const message = JSON.parse(frame) as { type?: unknown } | null;
    return typeof message?.type === "string" && KNOWN.has(message.type) ? (message as StreamMessage) : null;
  } catch {
    return null;
  }
}
