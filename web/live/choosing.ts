import type { ChoosingMessage } from "./messages";
import type { Surroundings } from "./surroundings";

/** The server forgets a choice after 15 s without a word, and listens to a few messages a second. */
const REPEAT_MS = 8_000;
const APART_MS = 400;

type Say = (message: object) => void;

/** Tells others which seats this visitor has chosen: soon after a change, and again before it is forgotten. */
export class OwnChoice {
  private seats: readonly number[] = [];
  private say: Say | null = null;
  private saidAt = -Infinity;
  private timer = 0;

  constructor(private readonly around: Surroundings) {}

  set(seats: readonly number[]): void {
    this.seats = [...seats];
    this.soon();
  }

  /** From now on through this connection, or none; a new one knows nothing yet. */
  through(say: Say | null): void {
    this.say = say;
    this.around.clearTimeout(this.timer);
    if (say && this.seats.length > 0) this.soon();
  }

  private soon(): void {
    if (!this.say) return;
    this.around.clearTimeout(this.timer);
    const wait = Math.max(0, this.saidAt + APART_MS - this.around.now());
    this.timer = this.around.setTimeout(() => { this.tell(); }, wait);
  }

  private tell(): void {
    this.saidAt = this.around.now();
    this.say?.({ type: "choosing", seats: this.seats });
    if (this.seats.length > 0) this.timer = this.around.setTimeout(() => { this.tell(); }, REPEAT_MS);
  }
}

/** How many others have chosen which seat, as far as this connection was told. */
export class OthersChoice {
  readonly viewers = new Map<number, number>();

  hear({ changes }: ChoosingMessage): void {
    for (const [seatNo, viewers] of changes) {
      if (viewers > 0) this.viewers.set(seatNo, viewers);
      else this.viewers.delete(seatNo);
    }
  }
}
