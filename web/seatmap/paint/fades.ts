/** Long enough to be seen as a change and not as a flicker. */
const FADE_MS = 180;
/** More at once is a crowd, in which nobody watches single seats. */
const FADES_MAX = 80;

export interface Fade {
  readonly seatNo: number;
  /** The state it had. */
  readonly before: number;
  /** What is left of that look, 1 to 0. */
  readonly left: number;
}

/** Seats that changed a moment ago, whose old look fades over the new one. Times are `performance.now()`. */
export class Fades {
  private readonly begun = new Map<number, { before: number; at: number }>();

  add(seatNo: number, before: number, now: number): void {
    if (this.begun.size >= FADES_MAX || this.begun.has(seatNo)) return;
    this.begun.set(seatNo, { before, at: now });
  }

  clear(): void {
    this.begun.clear();
  }

  at(now: number): Fade[] {
    const fades: Fade[] = [];
    for (const [seatNo, { before, at }] of this.begun) {
      const left = 1 - (now - at) / FADE_MS;
      if (left > 0) fades.push({ seatNo, before, left: Math.min(1, left) });
      else this.begun.delete(seatNo);
    }
    return fades;
  }
}
