import { eventCarrier } from "./eventStream";
import { pollCarrier } from "./poll";
import { socketCarrier } from "./socket";
import type { StreamListener } from "./stream";
import { SeatStream } from "./stream";
import { browserSurroundings } from "./surroundings";

export type { HoldMessage } from "./messages";
export type { StreamListener, StreamState } from "./stream";
export { SeatStream } from "./stream";

/** A stream of the event at `eventUrl` (`https://host/api/v1/events/1`), for this browser. */
export function openStream(
  eventUrl: string,
  seatCount: number,
  listener: StreamListener,
  ticket?: () => Promise<string | null>,
): SeatStream {
  const around = browserSurroundings();
  const [seatsUrl, streamUrl] = [`${eventUrl}/seats`, `${eventUrl}/stream`];
  const push = [socketCarrier(streamUrl), eventCarrier(streamUrl)];
  const options = { seatsUrl, seatCount, push, poll: pollCarrier(seatsUrl, around), ...(ticket && { ticket }) };
  return new SeatStream(options, listener, around);
}
