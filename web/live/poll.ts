import type { SeatChange } from "../seatmap";
import { backoffMs, jittered } from "./backoff";
import type { FeedListener, FeedState, Position, SeatFeed } from "./feed";

export const POLL_MS = 2_000;
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;

interface Changes extends Position {
  changes: SeatChange[];
}

/** What polling needs of a browser; tests bring their own clock and network. */
export interface PollSurroundings {
  fetch(url: string, init: { signal: AbortSignal }): Promise<Response>;
  setTimeout(run: () => void, ms: number): number;
  clearTimeout(timer: number): void;
  online(): boolean;
  visible(): boolean;
  /** Calls back when `online` or `visible` may have changed; answers how to stop that. */
  onChange(notice: () => void): () => void;
}

/** Asks `?since=` again and again: jittered, quiet while nobody looks, slower while the server is in trouble. */
export class PollingFeed implements SeatFeed {
  private position: Position = { epoch: 0, seq: 0 };
  private failures = 0;
  private timer: number | null = null;
  private request: AbortController | null = null;
  private unlisten: (() => void) | null = null;

  /** `url`: the event's seats resource. */
  constructor(
    private readonly url: string,
    private readonly listener: FeedListener,
    private readonly around: PollSurroundings = browserSurroundings(),
  ) {}

  start(position: Position): void {
    this.stop();
    this.position = position;
    this.unlisten = this.around.onChange(() => { this.wake(); });
    this.wait(jittered(POLL_MS));
  }

  stop(): void {
    this.unlisten?.();
    this.unlisten = null;
    this.cancel();
  }

  hurry(): void {
    if (this.unlisten) this.wait(0);
  }

  private cancel(): void {
    if (this.timer !== null) this.around.clearTimeout(this.timer);
    this.timer = null;
    this.request?.abort();
    this.request = null;
  }

  private wake(): void {
    if (!this.around.online()) {
      this.cancel();
      this.listener.state("offline");
    } else if (!this.around.visible()) {
      this.cancel();
    } else if (!this.request) {
      this.failures = 0;
      this.wait(0);
    }
  }

  private wait(ms: number): void {
    this.cancel();
    this.timer = this.around.setTimeout(() => void this.ask(), ms);
  }

  private async ask(): Promise<void> {
    this.timer = null;
    const request = new AbortController();
    this.request = request;
    try {
      const response = await this.around.fetch(`${this.url}?since=${this.position.seq}`, { signal: request.signal });
      if (request.signal.aborted) return;
      await this.take(response, request);
    } catch {
      if (!request.signal.aborted) this.retry("retrying");
    }
  }

  private async take(response: Response, request: AbortController): Promise<void> {
    if (response.status === 410 || response.status === 409) {
      this.reset(this.position);
      return;
    }
    if (!response.ok) {
      this.retry("retrying", Number(response.headers.get("Retry-After")) * 1000);
      return;
    }
    const news = (await response.json()) as Changes;
    if (request.signal.aborted) return;
    if (news.epoch !== this.position.epoch || news.seq < this.position.seq) {
      this.reset(news);
      return;
    }
    this.request = null;
    this.failures = 0;
    this.listener.state("live");
    const from = this.position.seq;
    this.position = { epoch: news.epoch, seq: news.seq };
    if (news.seq > from) this.listener.message({ type: "seats", from, seq: news.seq, changes: news.changes });
    if (this.unlisten) this.wait(jittered(POLL_MS));
  }

  /** The listener takes a snapshot and starts the feed anew from there. */
  private reset({ epoch, seq }: Position): void {
    this.stop();
    this.listener.message({ type: "reset", epoch, seq });
  }

  private retry(state: FeedState, atLeastMs = 0): void {
    this.request = null;
    this.listener.state(state);
    const wait = backoffMs(this.failures++, BACKOFF_FIRST_MS, BACKOFF_MAX_MS) + BACKOFF_FIRST_MS / 2;
    this.wait(Math.max(wait, atLeastMs || 0));
  }
}

function browserSurroundings(): PollSurroundings {
  return {
    fetch: (url, init) => fetch(url, init),
    setTimeout: (run, ms) => window.setTimeout(run, ms),
    clearTimeout: (timer) => { window.clearTimeout(timer); },
    online: () => navigator.onLine,
    visible: () => document.visibilityState === "visible",
    onChange: (notice) => {
      const controller = new AbortController();
      const { signal } = controller;
      document.addEventListener("visibilitychange", notice, { signal });
      window.addEventListener("online", notice, { signal });
      window.addEventListener("offline", notice, { signal });
      return () => { controller.abort(); };
    },
  };
}
