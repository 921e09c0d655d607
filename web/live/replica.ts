import type { SeatChange } from "../seatmap/states";
import type { Position, SeatMessage } from "./messages";

/** Where a replica puts what it learns. */
export interface SeatSink {
  snapshot(status: Uint8Array): void;
  changes(changes: readonly SeatChange[]): void;
}

export interface Snapshot extends Position {
  status: Uint8Array;
}

/** `news`: applied. `known`: nothing new. `gap`: changes are missing in between. `strange`: only a snapshot helps. */
export type Verdict = "news" | "known" | "gap" | "strange";

/**
 * Knows one event's seats up to a position. A frame is taken only where it joins on; because changes name states and
 * not steps, one that begins earlier may be taken as well, and one that ends earlier is old news.
 */
export class SeatReplica {
  private at: Position | null = null;

  constructor(private readonly sink: SeatSink) {}

  get position(): Position | null {
    return this.at;
  }

  take({ epoch, seq, status }: Snapshot): void {
    // A cache may answer with a snapshot older than what the stream has told since.
    if (this.at?.epoch === epoch && seq < this.at.seq) return;
    this.at = { epoch, seq };
    this.sink.snapshot(status);
  }

  /** Only a snapshot can help now. */
  forget(): void {
    this.at = null;
  }

  hear(message: SeatMessage): Verdict {
    if (!this.at) return "strange";
    if (message.type === "reset") return "strange";
    if (message.type === "hello") return this.greet(message);
    if (message.from > this.at.seq) return "gap";
    if (message.seq <= this.at.seq) return "known";
    this.at = { ...this.at, seq: message.seq };
    this.sink.changes(message.changes);
    return "news";
  }

  /** A gateway may be behind as well as ahead of what we know; either way `?since=` settles it. */
  private greet({ epoch, seq }: Position): Verdict {
    if (epoch !== this.at!.epoch) return "strange";
    return seq === this.at!.seq ? "known" : "gap";
  }
}
