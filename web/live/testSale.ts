import type { Carrier, CarrierEvents } from "./carrier";
import type { HoldMessage, SeatMessage, StreamMessage } from "./messages";
import { pollCarrier } from "./poll";
import type { StreamListener, StreamOptions, StreamState } from "./stream";
import { NEXT_STATES, SeatStream } from "./stream";
import type { Change, Surroundings } from "./surroundings";

/** A browser whose clock, dice and network do what the test says. */
export class TestBrowser implements Surroundings {
  time = 1_000;
  dice = 0.5;
  isOnline = true;
  isVisible = true;
  answer: (url: string) => Promise<Response> = () => Promise.reject(new TypeError("no network"));
  private timers = new Map<number, { at: number; run: () => void }>();
  private lastTimer = 0;
  private notice: (change: Change) => void = () => undefined;

  now = () => this.time;
  /** Spread evenly, from wherever the test put the dice: a wait of nothing may fall, but not for ever. */
  random = () => {
    const now = this.dice;
    this.dice = (this.dice + 0.618034) % 1;
    return now;
  };
  online = () => this.isOnline;
  visible = () => this.isVisible;
  setTimeout = (run: () => void, ms: number) => {
    this.timers.set(++this.lastTimer, { at: this.time + ms, run });
    return this.lastTimer;
  };
  clearTimeout = (timer: number) => { this.timers.delete(timer); };
  fetch = (url: string) => this.answer(url);
  onChange = (notice: (change: Change) => void) => {
    this.notice = notice;
    return () => { this.notice = () => undefined; };
  };

  change(change: Change): void {
    if (change === "online" || change === "offline") this.isOnline = change === "online";
    if (change === "visible" || change === "hidden") this.isVisible = change === "visible";
    this.notice(change);
  }

  /** Lets `ms` go by: every timer that is due runs at its own moment. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settled();
      const [next] = [...this.timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at);
      if (!next) break;
      this.timers.delete(next[0]);
      this.time = Math.max(this.time, next[1].at);
      next[1].run();
    }
    this.time = end;
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}

export const SEATS = 8;
const WINDOW = 6;

/** A connection as the server sees it. */
export interface Line {
  rung: number;
  events: CarrierEvents;
  ticket: string | null;
  heard: object[];
  open: boolean;
}

/** The other end of the line: an event's seats, what changed in which order, and who listens. */
export class TestSale {
  status = new Uint8Array(SEATS);
  epoch = 1;
  seq = 5;
  lines: Line[] = [];
  /** Which rungs can be reached, and whether HTTP answers. */
  up = { push: [true, true], http: true };
  asked: string[] = [];
  paused = false;
  stale: { epoch: number; seq: number; seats: string } | null = null;
  private log: { seq: number; changes: [number, number][] }[] = [];

  change(...changes: [number, number][]): SeatMessage {
    for (const [n, status] of changes) this.status[n] = status;
    this.log.push({ seq: ++this.seq, changes });
    return { type: "seats", from: this.seq - 1, seq: this.seq, changes };
  }

  /** Another plan: nobody can go on from what they know. */
  replan(): SeatMessage {
    this.epoch++;
    this.seq = 1;
    this.log = [];
    this.status.fill(0);
    return { type: "reset", epoch: this.epoch, seq: 1 };
  }

  since(seq: number): SeatMessage | null {
    if (seq > this.seq || seq < this.seq - WINDOW) return null;
    const changes = this.log.filter((entry) => entry.seq > seq).flatMap((entry) => entry.changes);
    return { type: "seats", from: seq, seq: this.seq, changes };
  }

  snapshot(): { epoch: number; seq: number; seats: string } {
    const packed = new Uint8Array(SEATS / 4);
    this.status.forEach((value, n) => (packed[n >> 2] |= value << (2 * (n % 4))));
    return { epoch: this.epoch, seq: this.seq, seats: btoa(String.fromCharCode(...packed)) };
  }

  answer = (url: string): Promise<Response> => {
    this.asked.push(url);
    if (!this.up.http) return Promise.reject(new TypeError("no network"));
    const { searchParams } = new URL(url, "http://sale");
    const since = searchParams.get("since");
    if (since === null) {
      const body = this.stale ?? this.snapshot();
      this.stale = null;
      return said(body);
    }
    const news = this.since(Number(since));
    if (!news) return said({ code: "since_too_old" }, 410);
    return said({ epoch: this.epoch, seq: this.seq, changes: news.type === "seats" ? news.changes : [] });
  };

  carrier(rung: number): Carrier {
    return (call, events) => {
      const line: Line = { rung, events, ticket: call.ticket, heard: [], open: true };
      if (!this.up.push[rung]) {
        void Promise.resolve().then(() => { this.cut(line); });
      } else {
        this.lines.push(line);
        void Promise.resolve().then(() => { this.greet(line, call.position().seq, Number(call.position().epoch)); });
      }
      const say = (message: object) => line.heard.push(message);
      return { ...(rung === 0 && { say }), close: () => { line.open = false; } };
    };
  }

  private greet(line: Line, since: number, epoch: number): void {
    const missed = epoch === this.epoch ? this.since(since) : null;
    this.tell(line, { type: "hello", epoch: this.epoch, seq: missed ? since : this.seq, heartbeat: 25, clockStopped: this.paused });
    if (missed) this.tell(line, missed);
    else this.tell(line, { type: "reset", epoch: this.epoch, seq: this.seq });
  }

  tell(line: Line, message: StreamMessage): void {
    if (line.open) line.events.message(message);
  }

  tellAll(message: StreamMessage): void {
    for (const line of this.lines) this.tell(line, message);
  }

  cut(line: Line): void {
    if (!line.open) return;
    line.open = false;
    line.events.ended({});
  }

  cutAll(): void {
    for (const line of this.lines) this.cut(line);
  }

  get line(): Line | undefined {
    return this.lines.filter(({ open }) => open).at(-1);
  }
}

function said(body: unknown, status = 200): Promise<Response> {
  const headers = new Headers();
  return Promise.resolve({ ok: status < 300, status, headers, json: () => Promise.resolve(body) } as Response);
}

/** One viewer of one sale; every step of the machine is held against its table. */
export function viewer(ticket?: () => Promise<string | null>) {
  const sale = new TestSale();
  const browser = new TestBrowser();
  browser.answer = sale.answer;
  const seen = new Uint8Array(SEATS);
  const states: StreamState[] = [];
  const wrong: string[] = [];
  const holds: HoldMessage[] = [];
  const pauses: boolean[] = [];
  let others: ReadonlyMap<number, number> = new Map();
  const listener: StreamListener = {
    snapshot: (status) => { seen.set(status); },
    changes: (changes) => { for (const [n, value] of changes) seen[n] = value; },
    state: (state) => {
      const before = states.at(-1) ?? "idle";
      if (!NEXT_STATES[before].includes(state)) wrong.push(`${before} -> ${state}`);
      states.push(state);
    },
    hold: (message) => { holds.push(message); },
    clock: (stopped) => { pauses.push(stopped); },
    others: (viewers) => { others = viewers; },
  };
  const options: StreamOptions = {
    seatsUrl: "/seats", seatCount: SEATS, push: [sale.carrier(0), sale.carrier(1)],
    poll: pollCarrier("/seats", browser), ...(ticket && { ticket }),
  };
  const stream = new SeatStream(options, listener, browser);
  return { sale, browser, stream, seen, states, wrong, holds, pauses, others: () => others };
}
