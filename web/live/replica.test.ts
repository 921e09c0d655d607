import { describe, expect, test } from "vitest";
import type { Position, SeatFeed, SeatMessage } from "./feed";
import { SeatReplica } from "./replica";

const settled = () => new Promise((done) => setTimeout(done));

/** A sale on paper: what the server would answer, and a feed that says what the test says. */
function sale() {
  const status = [0, 0, 0, 0];
  let seq = 5;
  const heard: number[] = [...status];
  const started: Position[] = [];
  const pack = () => btoa(String.fromCharCode(status.reduce((byte, value, n) => byte | (value << (2 * n)), 0)));
  const load = () => Promise.resolve(new Response(JSON.stringify({ epoch: 1, seq, seats: pack() })));
  const sink = {
    snapshot: (seats: Uint8Array) => { heard.splice(0, 4, ...seats); },
    changes: (changes: readonly (readonly [number, number])[]) => { for (const [n, value] of changes) heard[n] = value; },
    state: () => undefined,
  };
  const feed: SeatFeed = { start: (position) => started.push(position), stop: () => undefined, hurry: () => undefined };
  const replica = new SeatReplica("/seats", 4, sink, () => feed, load);
  const change = (n: number, value: number): SeatMessage => {
    status[n] = value;
    return { type: "seats", from: seq, seq: ++seq, changes: [[n, value]] };
  };
  return { status, heard, started, replica, change };
}

describe("the replica of an event's seats", () => {
  test("snapshot and then the next changes make the same as a fresh snapshot", async () => {
    const { status, heard, replica, change, started } = sale();
    await replica.start();
    replica.message(change(0, 1));
    replica.message(change(2, 2));
    expect(heard).toEqual(status);
    expect(started).toEqual([{ epoch: 1, seq: 5 }]);
  });

  test("a gap is closed by a new snapshot", async () => {
    const { status, heard, replica, change, started } = sale();
    await replica.start();
    change(1, 2);
    replica.message(change(3, 1));
    await settled();
    expect(heard).toEqual(status);
    expect(started).toHaveLength(2);
  });

  test("a reset, or a hello from another epoch, is a new snapshot; a fitting hello is nothing", async () => {
    const { replica, started } = sale();
    await replica.start();
    replica.message({ type: "hello", epoch: 1, seq: 5 });
    await settled();
    expect(started).toHaveLength(1);
    replica.message({ type: "hello", epoch: 2, seq: 5 });
    await settled();
    replica.message({ type: "reset", epoch: 2, seq: 0 });
    await settled();
    expect(started).toHaveLength(3);
  });
});
