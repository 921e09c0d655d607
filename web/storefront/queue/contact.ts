import { beginSession } from "../api";

/** Where somebody stands, as the API tells it. */
export interface Place {
  phase: "idle" | "prequeue" | "active" | "ended";
  mode: string;
  inWaitingRoom: boolean;
  admitted: boolean;
  position?: number;
  ahead?: number;
  waitTimeKnown?: boolean;
  waitTimeFormatted?: string;
  refreshIntervalSeconds: number;
  odds?: { seatsLeft: number; zones: { tier: string; chance: "likely" | "maybe" | "unlikely" | "gone" }[] };
  message?: string;
  paused?: boolean;
  opensIn?: number;
  /** `opensIn` from when it was told: a value of `performance.now`. */
  opensAt: number;
  closed?: boolean;
}

/** Why nothing new is known: no network, a server that cannot say, or one that takes nobody new. */
export type Trouble = "" | "offline" | "unavailable" | "full";

export interface LineNews {
  /** What is known now; `heard`: staff said or did something just now. */
  stands(place: Place, heard: boolean): void;
  trouble(trouble: Trouble): void;
}

interface Board { served: number; message?: string; paused?: boolean }
type Said = { type: "board"; line: Board } | { type: "place"; rank: number } | { type: "turn" } | { type: "ping" };

const OWN = { "X-Requested-With": "rowlock" };
const ANSWER_MS = 10_000;
const AGAIN_S = 5;
const STREAM_ASKS_S = 15;
/** More than two pings missed: whoever should talk there is gone. */
const SILENT_MS = 60_000;
/** Who answers our question may hear of our turn a moment after the stream did. */
const CALLED_ASKS_S = 0.3;
const CALLED_MS = 10_000;
/** Tries to hear again come up to so much apart, twice as much with each that fails; after the last only questions help. */
const LOST_SPREAD_S = 10;
const TRIES_SPREAD_S = 30;
const TRIES = 5;
const ASLEEP_MS = 5_000;

/**
 * Keeps a page in touch with its place in a line: one question at a time, a stream as long as it talks, and a look at once
 * when the page comes back from sleep or from a tunnel. What is lost meanwhile costs nothing but time.
 */
export class Contact {
  private place: Place | null = null;
  private rank: number | null = null;
  private served = 0;
  private stream: WebSocket | null = null;
  private heardAt = -Infinity;
  private calledAt = -Infinity;
  private tries = 0;
  private timer = 0;
  private question = new AbortController();
  private tickedAt = Date.now();

  constructor(private readonly address: string, private readonly news: LineNews) {}

  begin(): void {
    const look = () => { this.look(); };
    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
    document.addEventListener("resume", look);
    window.addEventListener("pageshow", ({ persisted }) => { if (persisted) look(); });
    window.addEventListener("online", look);
    window.addEventListener("offline", () => {
      this.hangUp();
      this.news.trouble("offline");
    });
    setInterval(() => { this.noticeSleep(); }, 1000);
    look();
  }

  /** Asks now, whatever was asked before. */
  look(): void {
    clearTimeout(this.timer);
    this.question.abort();
    this.question = new AbortController();
    void this.ask(this.question.signal);
  }

  /** Hears no more of the line. */
  hangUp(): void {
    const { stream } = this;
    [this.stream, this.rank, this.heardAt] = [null, null, -Infinity];
    if (!stream) return;
    stream.onclose = stream.onmessage = null;
    stream.close();
  }

  /** Not every browser says when it lets a page sleep; its timers do. */
  private noticeSleep(): void {
    const slept = Math.abs(Date.now() - this.tickedAt - 1000) > ASLEEP_MS;
    this.tickedAt = Date.now();
    if (slept) this.look();
  }

  private async ask(cut: AbortSignal): Promise<void> {
    let again = AGAIN_S;
    try {
      const answer = await this.send(cut);
      if (answer.ok) again = this.learn((await answer.json()) as Omit<Place, "opensAt">);
      else again = await this.refused(answer);
    } catch {
      if (cut.aborted) return;
      this.news.trouble("offline");
    }
    if (!cut.aborted) this.later(again);
  }

  /** Whoever has no place takes one: a repeat keeps it. */
  private async send(cut: AbortSignal): Promise<Response> {
    const method = this.place?.inWaitingRoom || this.place?.admitted ? "GET" : "POST";
    const signal = AbortSignal.any([cut, AbortSignal.timeout(ANSWER_MS)]);
    const ask = () => fetch(this.address, { method, headers: OWN, signal });
    const answer = await ask();
    if (answer.status !== 401) return answer;
    await beginSession();
    return await ask();
  }

  /** Seconds until it is worth asking again. */
  private learn(place: Omit<Place, "opensAt">): number {
    this.place = this.ahead({ ...place, opensAt: performance.now() + (place.opensIn ?? 0) * 1000 });
    this.news.trouble("");
    this.news.stands(this.place, false);
    if (!place.inWaitingRoom) {
      this.hangUp();
      return place.refreshIntervalSeconds;
    }
    this.listen();
    if (performance.now() - this.calledAt < CALLED_MS) return CALLED_ASKS_S;
    return this.talks ? Math.max(place.refreshIntervalSeconds, STREAM_ASKS_S) : place.refreshIntervalSeconds;
  }

  private async refused(answer: Response): Promise<number> {
    const { code } = (await answer.json().catch(() => ({}))) as { code?: string };
    this.news.trouble(code === "line_closed" ? "full" : "unavailable");
    return Number(answer.headers.get("Retry-After")) || AGAIN_S;
  }

  private get talks(): boolean {
    return performance.now() - this.heardAt < SILENT_MS;
  }

  private listen(): void {
    if (this.stream && (this.heardAt === -Infinity || this.talks)) return;
    this.hangUp();
    const stream = new WebSocket(`${location.origin.replace(/^http/, "ws")}${this.address}/stream`, "rowlock.v1");
    stream.onmessage = ({ data }) => { this.hear(JSON.parse(String(data)) as Said); };
    stream.onclose = () => { this.lost(); };
    this.stream = stream;
  }

  /** Thousands lose the same gateway together, and do not come back together. */
  private lost(): void {
    this.hangUp();
    if (this.tries >= TRIES) return;
    this.later(Math.random() * Math.min(LOST_SPREAD_S * 2 ** this.tries, TRIES_SPREAD_S));
    this.tries += 1;
  }

  private later(seconds: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => { this.look(); }, seconds * 1000);
  }

  private hear(said: Said): void {
    this.heardAt = performance.now();
    this.tries = 0;
    if (said.type === "ping") this.stream?.send('{"type":"pong"}');
    else if (said.type === "turn") {
      this.calledAt = this.heardAt;
      this.look();
    } else if (said.type === "place") {
      this.rank = said.rank;
    } else if (this.place) {
      const { served, message = "", paused = false } = said.line;
      const heard = (this.place.message ?? "") !== message || (this.place.paused ?? false) !== paused;
      this.served = served ?? 0;
      this.place = this.ahead({ ...this.place, message, paused });
      this.news.stands(this.place, heard);
    }
  }

  /** While the stream talks it knows best: who answers a question may be a moment behind, and no place is to grow. */
  private ahead(place: Place): Place {
    if (this.rank === null || !place.inWaitingRoom) return place;
    const ahead = Math.max(0, this.rank - this.served);
    return { ...place, ahead, position: ahead + 1 };
  }
}
