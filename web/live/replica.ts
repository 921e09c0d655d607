import type { SeatChange } from "../seatmap";
import { bytesOf, unpackStates } from "../seatmap";
import { backoffMs } from "./backoff";
import type { FeedListener, FeedState, Position, SeatFeed, SeatMessage } from "./feed";

export interface SeatSink {
  snapshot(status: Uint8Array): void;
  changes(changes: readonly SeatChange[]): void;
  state(state: FeedState): void;
}

/** Keeps a copy of an event's seats: a snapshot, then only the next change; any gap or new epoch means a new snapshot. */
export class SeatReplica implements FeedListener {
  private position: Position | null = null;
  private readonly feed: SeatFeed;
  private failures = 0;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly seatCount: number,
    private readonly sink: SeatSink,
    feed: (listener: FeedListener) => SeatFeed,
    private readonly load: (url: string) => Promise<Response> = (address) => fetch(address),
  ) {
    this.feed = feed(this);
  }

  async start(): Promise<void> {
    try {
      const response = await this.load(this.url);
      if (!response.ok) throw new Error(`snapshot answered ${response.status}`);
      const wire = (await response.json()) as Position & { seats: string };
      if (this.stopped) return;
      this.sink.snapshot(unpackStates(bytesOf(wire.seats), this.seatCount));
      this.position = { epoch: wire.epoch, seq: wire.seq };
      this.failures = 0;
      this.sink.state("live");
      this.feed.start(this.position);
    } catch {
      if (this.stopped) return;
      this.sink.state(navigator.onLine ? "retrying" : "offline");
      setTimeout(() => void this.start(), 500 + backoffMs(this.failures++, 1_000, 30_000));
    }
  }

  stop(): void {
    this.stopped = true;
    this.feed.stop();
  }

  hurry(): void {
    this.feed.hurry();
  }

  message(message: SeatMessage): void {
    if (message.type === "seats" && this.position?.seq === message.from) {
      this.position = { ...this.position, seq: message.seq };
      this.sink.changes(message.changes);
      return;
    }
    const fits = message.type === "hello" && message.epoch === this.position?.epoch && message.seq === this.position.seq;
    if (fits) return;
    this.feed.stop();
    this.position = null;
    void this.start();
  }

  state(state: FeedState): void {
    this.sink.state(state);
  }
}
