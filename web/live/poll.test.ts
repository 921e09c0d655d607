import { beforeEach, describe, expect, test } from "vitest";
import type { FeedState, SeatMessage } from "./feed";
import type { PollSurroundings } from "./poll";
import { POLL_MS, PollingFeed } from "./poll";

/** A browser whose clock and network stand still until the test moves them. */
class StillBrowser implements PollSurroundings {
  asked: string[] = [];
  timers = new Map<number, { run: () => void; ms: number }>();
  answer: () => Promise<Response> = () => Promise.reject(new Error("no network"));
  isOnline = true;
  isVisible = true;
  notice: () => void = () => undefined;
  private next = 1;

  fetch = (url: string) => {
    this.asked.push(url);
    return this.answer();
  };
  setTimeout = (run: () => void, ms: number) => {
    this.timers.set(this.next, { run, ms });
    return this.next++;
  };
  clearTimeout = (timer: number) => { this.timers.delete(timer); };
  online = () => this.isOnline;
  visible = () => this.isVisible;
  onChange = (notice: () => void) => {
    this.notice = notice;
    return () => { this.notice = () => undefined; };
  };

  /** Fires the one timer that waits; answers how long it would have waited. */
  async tick(): Promise<number> {
    const [[id, { run, ms }]] = this.timers;
    this.timers.delete(id);
    run();
    await new Promise((done) => setTimeout(done));
    return ms;
  }
}

const json = (body: unknown, status = 200, headers = {}) => () =>
  Promise.resolve(new Response(JSON.stringify(body), { status, headers }));

describe("the polling feed", () => {
  let browser: StillBrowser;
  let messages: SeatMessage[];
  let states: FeedState[];
  let feed: PollingFeed;

  beforeEach(() => {
    browser = new StillBrowser();
    [messages, states] = [[], []];
    const listener = { message: (m: SeatMessage) => messages.push(m), state: (s: FeedState) => states.push(s) };
    feed = new PollingFeed("/seats", listener, browser);
    feed.start({ epoch: 7, seq: 40 });
  });

  test("asks from where it stands and moves on with the answer", async () => {
    browser.answer = json({ epoch: 7, seq: 42, changes: [[3, 1]] });
    const waited = await browser.tick();
    expect(waited).toBeGreaterThanOrEqual(POLL_MS * 0.75);
    expect(waited).toBeLessThanOrEqual(POLL_MS * 1.25);
    expect(messages).toEqual([{ type: "seats", from: 40, seq: 42, changes: [[3, 1]] }]);
    browser.answer = json({ epoch: 7, seq: 42, changes: [] });
    await browser.tick();
    expect(browser.asked).toEqual(["/seats?since=40", "/seats?since=42"]);
    expect(messages).toHaveLength(1);
  });

  test.each([
    ["another epoch", json({ epoch: 8, seq: 99, changes: [[1, 1]] })],
    ["a seq that went back", json({ epoch: 7, seq: 39, changes: [] })],
    ["changes too many to list", json({ code: "since_too_old" }, 410)],
  ])("%s means a new snapshot, and no more polling until then", async (_, answer) => {
    browser.answer = answer;
    await browser.tick();
    expect(messages.map(({ type }) => type)).toEqual(["reset"]);
    expect(browser.timers.size).toBe(0);
  });

  test("waits longer after every failure, and at least as long as it was told to", async () => {
    await browser.tick();
    expect(states).toEqual(["retrying"]);
    browser.answer = json({}, 429, { "Retry-After": "90" });
    await browser.tick();
    browser.answer = json({ epoch: 7, seq: 40, changes: [] });
    expect(await browser.tick()).toBeGreaterThanOrEqual(90_000);
    expect(states.at(-1)).toBe("live");
  });

  test("is silent while nobody looks, and asks at once when somebody does", async () => {
    browser.isVisible = false;
    browser.notice();
    expect(browser.timers.size).toBe(0);
    browser.isVisible = true;
    browser.notice();
    browser.answer = json({ epoch: 7, seq: 41, changes: [[1, 2]] });
    expect(await browser.tick()).toBe(0);
    expect(messages).toHaveLength(1);
  });

  test("says when the browser is offline", () => {
    browser.isOnline = false;
    browser.notice();
    expect(states).toEqual(["offline"]);
    expect(browser.timers.size).toBe(0);
  });

  test("an answer that comes after stop is not heard", async () => {
    let deliver: (response: Response) => void = () => undefined;
    browser.answer = () => new Promise((resolve) => (deliver = resolve));
    await browser.tick();
    feed.stop();
    deliver(new Response(JSON.stringify({ epoch: 7, seq: 50, changes: [[1, 1]] })));
    await new Promise((done) => setTimeout(done));
    expect(messages).toEqual([]);
    expect(browser.timers.size).toBe(0);
  });
});
