import { beforeEach, describe, expect, test } from "vitest";
import type { Ending } from "./carrier";
import { eventCarrier } from "./eventStream";
import type { StreamMessage } from "./messages";
import { readMessage } from "./messages";
import { pollCarrier } from "./poll";
import type { Socket } from "./socket";
import { socketCarrier } from "./socket";
import { TestBrowser } from "./testSale";

const call = { position: () => ({ epoch: 7, seq: 40 }), ticket: "a/b" };
let heard: StreamMessage[];
let endings: Ending[];
const events = {
  message: (message: StreamMessage) => { heard.push(message); },
  ended: (ending: Ending) => { endings.push(ending); },
};
beforeEach(() => { [heard, endings] = [[], []]; });

describe("the socket", () => {
  let sent: string[];
  let asked: string;
  let socket: Socket;
  const open = () =>
    socketCarrier("https://shop.example/api/v1/events/1/stream", (address) => {
      [asked, sent] = [address, []];
      socket = { readyState: 1, send: (text) => sent.push(text as string), close: () => undefined, onmessage: null, onclose: null };
      return socket;
    })(call, events);
  const say = (data: unknown) => socket.onmessage?.call(socket as WebSocket, { data } as MessageEvent);

  test("resumes with a ticket, and answers pings", () => {
    open();
    expect(asked).toBe("wss://shop.example/api/v1/events/1/stream?since=40&epoch=7&ticket=a%2Fb");
    say('{"type":"ping"}');
    expect(sent).toEqual(['{"type":"pong"}']);
    expect(heard).toEqual([{ type: "ping" }]);
  });

  test("passes over what it does not know", () => {
    open();
    for (const frame of ['{"type":"weather"}', "[]", "null", "{", 7, new ArrayBuffer(2)]) say(frame);
    expect(heard).toEqual([]);
  });

  test("says that it ended, but not when it was closed on purpose", () => {
    const first = open();
    first.close();
    expect(socket.onclose).toBeNull();
    open();
    socket.onclose?.call(socket as WebSocket, { code: 4408 } as CloseEvent);
    expect(endings).toEqual([{}]);
  });

  test("says nothing into a socket that is not open", () => {
    const carrier = open();
    Object.assign(socket, { readyState: 3 });
    carrier.say?.({ type: "choosing", seats: [] });
    expect(sent).toEqual([]);
  });
});

test("server-sent events: a broken source is closed at once, so that it does not come back by itself", () => {
  let closed = false;
  const source = { close: () => { closed = true; }, onmessage: null, onerror: null } as unknown as EventSource;
  eventCarrier("http://shop.example/stream", () => source)(call, events);
  source.onmessage?.({ data: '{"type":"hello","epoch":7,"seq":40}' } as MessageEvent);
  expect(heard).toEqual([{ type: "hello", epoch: 7, seq: 40 }]);
  source.onerror?.({} as Event);
  expect(closed).toBe(true);
  expect(endings).toEqual([{}]);
});

test("polling passes on how long the server wants to be left alone", async () => {
  const browser = new TestBrowser();
  browser.answer = () => Promise.resolve(new Response("{}", { status: 429, headers: { "Retry-After": "90" } }));
  pollCarrier("/seats", browser)(call, events);
  await browser.pass(10);
  expect(endings).toEqual([{ atLeastMs: 90_000 }]);
});

test("a message is read whatever else it carries", () => {
  expect(readMessage('{"type":"ping","new":1}')).toMatchObject({ type: "ping" });
});
