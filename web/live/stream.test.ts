import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SeatMessage } from "./messages";
import { POLL_MS } from "./poll";
import { SEATS, viewer } from "./testSale";

async function live() {
  const all = viewer(() => Promise.resolve("ticket"));
  all.stream.start();
  await all.browser.pass(1_000);
  expect(all.stream.state).toBe("live");
  return all;
}

describe("the stream", () => {
  test("takes a snapshot, connects from there, and applies what is pushed", async () => {
    const { sale, seen, states, browser } = await live();
    expect(states).toEqual(["catchingUp", "connecting", "live"]);
    sale.tellAll(sale.change([3, 1]));
    sale.tellAll(sale.change([3, 2], [4, 1]));
    expect(seen).toEqual(sale.status);
    await browser.pass(20_000);
    expect(sale.asked).toEqual(["/seats"]);
  });

  test("a lost frame is a gap, closed by what changed since, with what came meanwhile", async () => {
    const { sale, seen, states, browser } = await live();
    sale.change([1, 2]);
    sale.tellAll(sale.change([2, 2]));
    sale.tellAll(sale.change([1, 0]));
    await browser.pass(10);
    expect(sale.asked.at(-1)).toBe("/seats?since=5&epoch=1");
    expect(states.slice(-2)).toEqual(["catchingUp", "live"]);
    expect(seen).toEqual(sale.status);
  });

  test("a frame that comes again, or late, changes nothing and asks nothing", async () => {
    const { sale, seen, browser } = await live();
    const first = sale.change([3, 1]);
    sale.tellAll(first);
    sale.tellAll(sale.change([3, 2]));
    sale.tellAll(first);
    expect(seen[3]).toBe(2);
    await browser.pass(10);
    expect(sale.asked).toHaveLength(1);
  });

  test.each([
    ["a reset", (sale: { replan: () => SeatMessage }) => sale.replan()],
    ["a hello of another epoch", () => ({ type: "hello", epoch: 9, seq: 1 }) as const],
  ])("%s takes a new snapshot", async (_, message) => {
    const { sale, seen, browser } = await live();
    sale.tellAll(message(sale));
    await browser.pass(10);
    expect(sale.asked).toEqual(["/seats", "/seats"]);
    expect(seen).toEqual(sale.status);
  });

  test("an hour offline ends in what is true now, whether the server still knows what changed or not", async () => {
    for (const missed of [2, 40]) {
      const { sale, seen, browser, stream } = await live();
      browser.change("offline");
      sale.cutAll();
      expect(stream.state).toBe("waiting");
      for (let n = 0; n < missed; n++) sale.change([n % SEATS, (n + 1) % 4]);
      await browser.pass(3_600_000);
      expect(sale.lines).toHaveLength(1);
      browser.change("online");
      await browser.pass(1_000);
      expect(stream.state).toBe("live");
      expect(seen).toEqual(sale.status);
    }
  });

  test("no WebSocket: server-sent events; no gateway: polling, and back when it is there again", async () => {
    const { sale, seen, browser, stream, states } = viewer();
    sale.up.push = [false, true];
    stream.start();
    await browser.pass(3_000);
    expect(stream.state).toBe("live");
    expect(sale.line?.rung).toBe(1);

    sale.up.push = [false, false];
    sale.cutAll();
    await browser.pass(6_000);
    expect(stream.state).toBe("polling");
    sale.change([0, 2]);
    await browser.pass(POLL_MS * 1.5);
    expect(seen).toEqual(sale.status);

    sale.up.push = [true, true];
    await browser.pass(60_000);
    expect(stream.state).toBe("live");
    expect(states).not.toContain("stopped");
  });

  test("while nothing pushes, the pauses between tries grow", async () => {
    const { sale, browser, stream, states } = viewer();
    sale.up.push = [false, false];
    stream.start();
    await browser.pass(60_000);
    const early = states.length;
    await browser.pass(600_000);
    expect(stream.state).toBe("polling");
    expect(states.length - early).toBeLessThan(early);
  });

  test("a server in trouble is asked ever more seldom", async () => {
    const { sale, browser, stream } = viewer();
    sale.up.http = false;
    stream.start();
    await browser.pass(300_000);
    expect(sale.asked.length).toBeLessThan(30);
    sale.up.http = true;
    await browser.pass(60_000);
    expect(stream.state).toBe("live");
  });

  test("a crowd that lost its gateway does not come back at once", async () => {
    const comeback: number[] = [];
    for (let dice = 0; dice < 1; dice += 0.1) {
      const { sale, browser } = await live();
      browser.dice = dice;
      sale.cutAll();
      const from = browser.time;
      while (!sale.line) await browser.pass(20);
      comeback.push(browser.time - from);
    }
    expect(Math.max(...comeback) - Math.min(...comeback)).toBeGreaterThan(700);
    expect(Math.max(...comeback)).toBeLessThan(1_100);
  });

  test("silence of two and a half heartbeats is a dead connection; pings are not silence", async () => {
    const { sale, browser, stream } = await live();
    for (let n = 0; n < 5; n++) {
      await browser.pass(25_000);
      sale.tellAll({ type: "ping" });
    }
    expect(sale.lines).toHaveLength(1);
    await browser.pass(62_000);
    expect(stream.state).toBe("live");
    await browser.pass(3_000);
    expect(sale.lines.length).toBeGreaterThan(1);
  });

  test("a connection that never says hello is given up", async () => {
    const { sale, browser, stream } = viewer();
    sale.tell = () => undefined;
    stream.start();
    await browser.pass(14_500);
    expect(stream.state).toBe("polling");
  });

  test("polls stop while nobody looks; a socket stays five minutes", async () => {
    const { sale, browser, stream } = await live();
    browser.change("hidden");
    await browser.pass(40_000);
    expect(stream.state).toBe("live");
    for (let n = 0; n < 12; n++) {
      sale.tellAll({ type: "ping" });
      await browser.pass(25_000);
    }
    expect(stream.state).toBe("waiting");
    browser.change("visible");
    await browser.pass(100);
    expect(stream.state).toBe("live");

    const poor = viewer();
    poor.sale.up.push = [false, false];
    poor.stream.start();
    await poor.browser.pass(5_000);
    poor.browser.change("hidden");
    const asked = poor.sale.asked.length;
    await poor.browser.pass(600_000);
    expect(poor.sale.asked).toHaveLength(asked);
    poor.browser.change("visible");
    await poor.browser.pass(100);
    expect(poor.sale.asked.length).toBeGreaterThan(asked);
  });

  test("coming back to a page that was asleep trusts a connection only if it was heard of lately", async () => {
    const { sale, browser } = await live();
    browser.time += 20_000;
    browser.change("visible");
    await browser.pass(10);
    expect(sale.lines).toHaveLength(1);
    browser.time += 40_000;
    browser.change("visible");
    await browser.pass(10);
    expect(sale.lines).toHaveLength(2);
  });

  test("another network, or a page out of the browser's memory, is connected anew", async () => {
    const { sale, browser, stream } = await live();
    browser.change("leaving");
    expect(sale.line).toBeUndefined();
    browser.change("restored");
    await browser.pass(600);
    expect(stream.state).toBe("live");
  });

  test("another network is tried with a socket again, whatever the last one let through", async () => {
    const { sale, browser, stream } = viewer();
    sale.up.push = [false, false];
    stream.start();
    await browser.pass(5_000);
    expect(stream.state).toBe("polling");
    sale.up.push = [true, true];
    browser.change("restored");
    await browser.pass(600);
    expect(stream.state).toBe("live");
  });

  test("nothing is heard after stop", async () => {
    const { sale, browser, stream, seen } = await live();
    const line = sale.line!;
    stream.stop();
    line.open = true;
    sale.tell(line, sale.change([1, 1]));
    await browser.pass(600_000);
    expect(seen[1]).toBe(0);
    expect(sale.lines).toHaveLength(1);
    expect(stream.state).toBe("stopped");
  });
});

describe("who is choosing", () => {
  test("is told with a ticket only: soon, not too often, and again before it is forgotten", async () => {
    const { sale, browser, stream } = await live();
    const { heard } = sale.line!;
    for (const seats of [[1], [1, 2], [1, 2, 3]]) stream.choose(seats);
    await browser.pass(500);
    expect(heard).toEqual([{ type: "choosing", seats: [1, 2, 3] }]);
    await browser.pass(10_000);
    expect(heard).toHaveLength(2);
    stream.choose([]);
    await browser.pass(30_000);
    expect(heard.slice(2)).toEqual([{ type: "choosing", seats: [] }]);
  });

  test("is told to the next connection too", async () => {
    const { sale, browser, stream } = await live();
    stream.choose([4]);
    await browser.pass(100);
    sale.cutAll();
    await browser.pass(2_000);
    expect(sale.lines).toHaveLength(2);
    expect(sale.line!.heard).toEqual([{ type: "choosing", seats: [4] }]);
  });

  test("an anonymous viewer says nothing until it is somebody", async () => {
    let ticket: string | null = null;
    const { sale, browser, stream } = viewer(() => Promise.resolve(ticket));
    stream.start();
    stream.choose([2]);
    await browser.pass(1_000);
    expect(sale.line!.heard).toEqual([]);
    ticket = "me";
    stream.identify();
    await browser.pass(1_000);
    expect(sale.line).toMatchObject({ ticket: "me", heard: [{ type: "choosing", seats: [2] }] });
  });

  test("what others choose is forgotten with the connection", async () => {
    const { sale, browser, others } = await live();
    sale.tellAll({ type: "choosing", changes: [[1, 2], [5, 1]] });
    sale.tellAll({ type: "choosing", changes: [[5, 0]] });
    expect([...others()]).toEqual([[1, 2]]);
    sale.cutAll();
    await browser.pass(2_000);
    expect(others().size).toBe(0);
  });

  test("a pause of the sale is told when it begins, when it ends, and to whoever comes in it", async () => {
    const { sale, browser, pauses } = await live();
    expect(pauses).toEqual([false]);
    sale.paused = true;
    sale.tellAll({ type: "sale", clockStopped: true });
    sale.cutAll();
    await browser.pass(10_000);
    expect(pauses).toEqual([false, true, true]);
  });

  test("what the server says about own holds is passed on", async () => {
    const { sale, holds } = await live();
    sale.tellAll({ type: "holdExpiring", bookingId: "b", expiresIn: 30 });
    expect(holds).toEqual([{ type: "holdExpiring", bookingId: "b", expiresIn: 30 }]);
  });
});

const seat = fc.integer({ min: 0, max: SEATS - 1 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("sell" as const), seat, status: fc.integer({ min: 0, max: 3 }), fate: fc.constantFrom("told", "told", "lost", "twice", "late") }) },
  fc.record({ do: fc.constantFrom("cut", "replan", "http", "push", "network", "sleep", "stale", "deliver") }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 90_000 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(move: Step, { sale, browser }: ReturnType<typeof viewer>, late: SeatMessage[]): Promise<void> {
  switch (move.do) {
    case "sell": {
      const frame = sale.change([move.seat, move.status]);
      if (move.fate === "late") late.push(frame);
      for (let n = { told: 1, twice: 2, lost: 0, late: 0 }[move.fate]!; n > 0; n--) sale.tellAll(frame);
      break;
    }
    case "deliver": for (const frame of late.splice(0).reverse()) sale.tellAll(frame); break;
    case "replan": sale.tellAll(sale.replan()); break;
    case "cut": sale.cutAll(); break;
    case "http": sale.up.http = !sale.up.http; break;
    case "push": sale.up.push = sale.up.push.map((up) => !up); sale.cutAll(); break;
    case "network": browser.change(browser.isOnline ? "offline" : "online"); break;
    case "sleep": browser.change(browser.isVisible ? "hidden" : "visible"); break;
    case "stale": sale.stale = sale.snapshot(); break;
    case "wait": await browser.pass(move.ms); break;
  }
}

test("whatever is lost, doubled, late or cut, every viewer ends with the server's snapshot", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.double({ min: 0, max: 0.999, noNaN: true }), async (steps, dice) => {
      const all = viewer();
      all.browser.dice = dice;
      all.stream.start();
      const late: SeatMessage[] = [];
      for (const move of steps) await take(move, all, late);
      Object.assign(all.sale.up, { http: true, push: [true, true] });
      if (!all.browser.isVisible) all.browser.change("visible");
      if (!all.browser.isOnline) all.browser.change("online");
      await all.browser.pass(400_000);
      all.sale.tellAll(all.sale.change([0, 1]));
      await all.browser.pass(1_000);
      expect(all.stream.state).toBe("live");
      expect(all.seen).toEqual(all.sale.status);
      expect(all.wrong).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
