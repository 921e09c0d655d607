import type { Position, StreamMessage } from "./messages";

/** Why a carrier is of no use any more. `atLeastMs`: how long the server wants to be left alone. */
export interface Ending {
  atLeastMs?: number;
}

export interface CarrierEvents {
  message(message: StreamMessage): void;
  /** Said once; nothing is said after it, nor after `close`. */
  ended(ending: Ending): void;
}

export interface OpenCarrier {
  close(): void;
  /** Absent where nothing can be said to the server. */
  say?(message: object): void;
}

/** Where a stream begins: the position to resume from, and a ticket that names the buyer or null. */
export interface Call {
  position: () => Position;
  ticket: string | null;
}

/** One of the three ways to hear of an event's seats. */
export type Carrier = (call: Call, events: CarrierEvents) => OpenCarrier;

/** `wss://host/api/v1/events/1/stream?since=40&epoch=7&ticket=...`; `http` addresses become `ws` ones. */
export function streamAddress(url: string, call: Call, scheme: "http" | "ws"): string {
  const address = new URL(url);
  if (scheme === "ws") address.protocol = address.protocol.replace("http", "ws");
  const { epoch, seq } = call.position();
  address.searchParams.set("since", String(seq));
  address.searchParams.set("epoch", String(epoch));
  if (call.ticket) address.searchParams.set("ticket", call.ticket);
  return address.href;
}
