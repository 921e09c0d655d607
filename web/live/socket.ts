import type { Carrier } from "./carrier";
import { streamAddress } from "./carrier";
import { readMessage } from "./messages";

/** What of a WebSocket is used; tests bring their own. */
export type Socket = Pick<WebSocket, "send" | "close" | "onmessage" | "onclose" | "readyState">;

const OPEN = 1;

/** The WebSocket `rowlock.v1` at `url`, the event's stream. */
export function socketCarrier(
  url: string,
  open: (address: string) => Socket = (address) => new WebSocket(address, "rowlock.v1"),
): Carrier {
  return (call, events) => {
    const socket = open(streamAddress(url, call, "ws"));
    const say = (message: object) => {
      if (socket.readyState === OPEN) socket.send(JSON.stringify(message));
    };
    socket.onmessage = ({ data }) => {
      const message = readMessage(data);
      if (message?.type === "ping") say({ type: "pong" });
      if (message) events.message(message);
    };
    socket.onclose = () => { events.ended({}); };
    return {
      say,
      close: () => {
        socket.onmessage = socket.onclose = null;
        socket.close();
      },
    };
  };
}
