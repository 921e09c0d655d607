import type { Carrier } from "./carrier";
import { streamAddress } from "./carrier";
import { readMessage } from "./messages";

/** What of an EventSource is used; tests bring their own. */
export type Source = Pick<EventSource, "close" | "onmessage" | "onerror">;

/** Server-sent events from `url`, for networks that let no WebSocket through. The stream itself decides when to come back. */
export function eventCarrier(
  url: string,
  open: (address: string) => Source = (address) => new EventSource(address),
): Carrier {
  return (call, events) => {
    const source = open(streamAddress(url, call, "http"));
    const close = () => {
      source.onmessage = source.onerror = null;
      source.close();
    };
    source.onmessage = ({ data }) => {
      const message = readMessage(data);
      if (message) events.message(message);
    };
    source.onerror = () => {
      close();
      events.ended({});
    };
    return { close };
  };
}
