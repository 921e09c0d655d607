import { backoffMs, jittered } from "./backoff";
import type { Carrier, Ending, OpenCarrier } from "./carrier";
import { OthersChoice, OwnChoice } from "./choosing";
import type { HoldMessage, SeatMessage, StreamMessage } from "./messages";
import type { SeatSink } from "./replica";
import { SeatReplica } from "./replica";
import { loadChanges, loadSnapshot, SeatsRefused } from "./seats";
import type { Change, Surroundings } from "./surroundings";

export type StreamState = "idle" | "catchingUp" | "connecting" | "live" | "polling" | "waiting" | "stopped";

/** Every step the machine may take; the tests hold it to this table. */
export const NEXT_STATES: Readonly<Record<StreamState, readonly StreamState[]>> = {
  idle: ["catchingUp", "stopped"],
  catchingUp: ["connecting", "live", "polling", "waiting", "stopped"],
  connecting: ["live", "polling", "catchingUp", "waiting", "stopped"],
  live: ["catchingUp", "connecting", "waiting", "stopped"],
  polling: ["catchingUp", "connecting", "waiting", "stopped"],
  waiting: ["connecting", "catchingUp", "stopped"],
  stopped: [],
};

export interface StreamListener extends SeatSink {
  state(state: StreamState): void;
  /** Something about this buyer's own holds. */
  hold?(message: HoldMessage): void;
  /** The sale is paused, the clock of its holds stopped; or it is not. Said at every beginning, where news are pushed. */
  clock?(stopped: boolean): void;
  /** Who else has chosen what; the same map every time, empty when nothing is known. */
  others?(viewers: ReadonlyMap<number, number>): void;
}

export interface StreamOptions {
  /** The event's `/seats`, for snapshots, gaps and polling. */
  seatsUrl: string;
  seatCount: number;
  /** Ways that push, the best first. */
  push: readonly Carrier[];
  poll: Carrier;
  /** Asked before every connection; null, or a refusal: an anonymous viewer. */
  ticket?: () => Promise<string | null>;
}

const CONNECT_MS = 6_000;
/** Between pings, until the server says how many seconds it leaves. */
const HEARTBEAT_S = 25;
const HEARTBEATS_MISSED = 2.5;
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;
/** How long to poll before pushing is tried again: doubled every time it is in vain. */
const STINT_MS = 15_000;
const STINT_MAX_MS = 240_000;
const TRIES_OF_WHAT_WORKED = 2;
/** A socket nobody looks at may stay this long; polls stop at once. */
const SLEEP_AFTER_MS = 300_000;
const WAITING_FRAMES_MAX = 500;

/**
 * Follows one event's seats, whatever happens to the network: a snapshot, then pushed changes (WebSocket, else server-sent
 * events, else polling), resumed where they broke off. Time is only ever measured, never read from the device's clock.
 */
export class SeatStream {
  readonly replica: SeatReplica;
  private now: StreamState = "idle";
  private carrier: OpenCarrier | null = null;
  private greeted = false;
  /** Whether the connection knows who this is. */
  private named = false;
  private readonly choice: OwnChoice;
  private others = new OthersChoice();
  /** Frames that came while a gap was being closed. */
  private pending: SeatMessage[] = [];
  /** Index into `push`; at its end: polling. */
  private rung = 0;
  private worked = -1;
  private failures = 0;
  private stints = 0;
  private heartbeatMs = HEARTBEAT_S * 1000;
  private heardAt = 0;
  /** Ends everything that was begun for the present carrier or catch-up. */
  private attempt = new AbortController();
  private timer = 0;
  private readonly watch = { silence: 0, sleep: 0, stint: 0 };
  private unlisten: () => void = () => undefined;

  constructor(
    private readonly options: StreamOptions,
    private readonly listener: StreamListener,
    private readonly around: Surroundings,
  ) {
    this.replica = new SeatReplica(listener);
    this.choice = new OwnChoice(around);
  }

  get state(): StreamState {
    return this.now;
  }

  start(): void {
    if (this.now !== "idle") return;
    this.unlisten = this.around.onChange((change) => { this.surroundingsChanged(change); });
    void this.catchUp("strange");
  }

  stop(): void {
    this.drop();
    this.unlisten();
    this.around.clearTimeout(this.watch.sleep);
    this.enter("stopped");
  }

  /** Looks at once where only polling would tell, for example after the visitor lost a race. */
  hurry(): void {
    if (this.now === "polling" || this.now === "waiting") this.reconnect();
  }

  /** This visitor is somebody now: a connection begun by nobody hears nothing of holds and cannot tell of a choice. */
  identify(): void {
    if (this.now === "live" && !this.named) this.reconnect();
  }

  /** Lets the others know what this visitor has chosen but not yet held. */
  choose(seatNos: readonly number[]): void {
    this.choice.set(seatNos);
  }

  private enter(state: StreamState): void {
    if (this.now === state || this.now === "stopped") return;
    this.now = state;
    this.listener.state(state);
  }

  // ---- connecting ----

  /** A connection, from where the replica is. */
  private async connect(): Promise<void> {
    this.drop();
    if (!this.replica.position) {
      await this.catchUp("strange");
      return;
    }
    this.enter("connecting");
    const { signal } = this.attempt;
    this.later(CONNECT_MS, () => { this.lost({}); });
    const ticket = this.polls ? null : await this.ticket();
    if (signal.aborted) return;
    this.named = ticket !== null;
    const open = this.polls ? this.options.poll : this.options.push[this.rung];
    const position = () => this.replica.position!;
    this.carrier = open({ position, ticket }, {
      message: (message) => { if (!signal.aborted) this.hear(message); },
      ended: (ending) => { if (!signal.aborted) this.lost(ending); },
    });
  }

  private async ticket(): Promise<string | null> {
    try {
      return (await this.options.ticket?.()) ?? null;
    } catch {
      return null;
    }
  }

  /** Ends the connection and all that waits on it. */
  private drop(): void {
    this.attempt.abort();
    this.attempt = new AbortController();
    this.carrier?.close();
    this.carrier = null;
    this.greeted = this.named = false;
    this.pending = [];
    this.choice.through(null);
    this.others = new OthersChoice();
    this.listener.others?.(this.others.viewers);
    for (const timer of [this.timer, this.watch.silence, this.watch.stint]) this.around.clearTimeout(timer);
  }

  private reconnect(): void {
    this.failures = 0;
    void this.connect();
  }

  private later(ms: number, run: () => void): void {
    this.around.clearTimeout(this.timer);
    this.timer = this.around.setTimeout(run, ms);
  }

  /** The connection broke, or none came about. */
  private lost({ atLeastMs = 0 }: Ending): void {
    if (!this.greeted) this.stepDown();
    this.backOff(atLeastMs);
  }

  private backOff(atLeastMs: number): void {
    this.drop();
    this.rest(Math.max(atLeastMs, backoffMs(this.failures++, BACKOFF_FIRST_MS, BACKOFF_MAX_MS, this.around.random)));
  }

  private get polls(): boolean {
    return this.rung >= this.options.push.length;
  }

  private stepDown(): void {
    const known = this.worked >= 0;
    if (this.polls || (known && this.failures < TRIES_OF_WHAT_WORKED)) return;
    this.rung = known ? this.options.push.length : this.rung + 1;
    this.failures = 0;
  }

  /** Waits `ms`, or until the surroundings change where nothing could be reached or nobody looks. */
  private rest(ms: number): void {
    this.enter("waiting");
    if (this.around.online() && this.mayRun()) this.later(ms, () => void this.connect());
  }

  private mayRun(): boolean {
    return this.around.visible() || !this.polls;
  }

  // ---- listening ----

  private hear(message: StreamMessage): void {
    this.heard();
    switch (message.type) {
      case "ping":
        return;
      case "choosing":
        this.others.hear(message);
        this.listener.others?.(this.others.viewers);
        return;
      case "sale":
        this.listener.clock?.(message.clockStopped);
        return;
      case "holdClock":
      case "holdExpiring":
      case "holdExpired":
        this.listener.hold?.(message);
        return;
      default:
        if (message.type === "hello") this.begin(message);
        this.greet();
        this.take(message);
    }
  }

  private begin({ heartbeat = HEARTBEAT_S, clockStopped = false }: SeatMessage & { type: "hello" }): void {
    this.heartbeatMs = heartbeat * 1000;
    this.listener.clock?.(clockStopped);
  }

  private heard(): void {
    this.heardAt = this.around.now();
    if (this.polls) return;
    this.around.clearTimeout(this.watch.silence);
    const patience = this.heartbeatMs * HEARTBEATS_MISSED;
    this.watch.silence = this.around.setTimeout(() => { this.lost({}); }, patience);
  }

  /** The first word of a connection: it works. */
  private greet(): void {
    if (this.greeted) return;
    this.greeted = true;
    this.around.clearTimeout(this.timer);
    if (this.polls) {
      const stint = Math.min(STINT_MAX_MS, STINT_MS * 2 ** this.stints++);
      this.watch.stint = this.around.setTimeout(() => { this.climb(); }, jittered(stint, this.around.random));
    } else {
      this.worked = this.rung;
      this.stints = 0;
      if (this.named) this.choice.through(this.carrier?.say ?? null);
    }
    if (this.now !== "catchingUp") this.settle();
  }

  /** Tries again what pushes. */
  private climb(): void {
    this.rung = Math.max(0, this.worked);
    this.failures = TRIES_OF_WHAT_WORKED;
    void this.connect();
  }

  private settle(): void {
    this.failures = 0;
    this.enter(this.polls ? "polling" : "live");
  }

  private take(message: SeatMessage): void {
    if (this.now === "catchingUp") {
      // More than this and the next frame shows a gap, which is closed in one answer.
      if (this.pending.length >= WAITING_FRAMES_MAX) this.pending = [];
      this.pending.push(message);
      return;
    }
    const verdict = this.replica.hear(message);
    if (verdict === "strange" || verdict === "gap") void this.catchUp(verdict);
  }

  /** Closes a gap by `?since=`, or by a snapshot where that cannot be. */
  private async catchUp(why: "gap" | "strange"): Promise<void> {
    this.enter("catchingUp");
    this.around.clearTimeout(this.timer);
    const { signal } = this.attempt;
    try {
      const { position } = this.replica;
      const missed = position && why === "gap" && (await loadChanges(this.around.fetch, this.options.seatsUrl, position, signal));
      if (signal.aborted) return;
      if (!missed || this.replica.hear(missed) === "strange") await this.snapshot(signal);
      if (!signal.aborted) this.caughtUp();
    } catch (error) {
      if (!signal.aborted) this.backOff(error instanceof SeatsRefused ? error.retryAfterMs : 0);
    }
  }

  private async snapshot(signal: AbortSignal): Promise<void> {
    const { seatsUrl, seatCount } = this.options;
    const snapshot = await loadSnapshot(this.around.fetch, seatsUrl, seatCount, signal);
    if (signal.aborted) return;
    this.replica.forget();
    this.replica.take(snapshot);
  }

  private caughtUp(): void {
    if (!this.greeted) {
      void this.connect();
      return;
    }
    this.settle();
    const frames = this.pending;
    this.pending = [];
    for (const frame of frames) this.take(frame);
  }

  // ---- what happens around ----

  private surroundingsChanged(change: Change): void {
    switch (change) {
      case "offline":
      case "leaving":
        this.drop();
        this.enter("waiting");
        return;
      case "hidden":
        this.fallAsleep();
        return;
      case "visible":
        this.around.clearTimeout(this.watch.sleep);
        if (!this.isFresh()) this.reconnect();
        return;
      default:
        // Another network may let through what the last one did not; and a crowd comes out of the same tunnel together.
        this.drop();
        this.failures = 0;
        this.rung = Math.max(0, this.worked);
        this.rest(this.around.random() * BACKOFF_FIRST_MS / 2);
    }
  }

  private fallAsleep(): void {
    const sleep = () => {
      this.drop();
      this.enter("waiting");
    };
    this.around.clearTimeout(this.watch.sleep);
    if (!this.mayRun()) sleep();
    else this.watch.sleep = this.around.setTimeout(sleep, SLEEP_AFTER_MS);
  }

  /** Whether the connection can be believed after the page was away: it was heard of lately. */
  private isFresh(): boolean {
    return this.greeted && !this.polls && this.around.now() - this.heardAt < this.heartbeatMs * 1.2;
  }
}
