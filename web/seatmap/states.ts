import type { SeatPlan } from "./plan";

export const AVAILABLE = 0;
export const HELD = 1;
export const BOOKED = 2;
export const BLOCKED = 3;

export type SeatChange = readonly [seatNo: number, status: number];

/** Seat n is bits 2*(n mod 4), lowest first, of byte n/4. */
export function unpackStates(packed: Uint8Array, seatCount: number): Uint8Array {
  if (packed.length < Math.ceil(seatCount / 4)) throw new RangeError("the snapshot is shorter than the plan");
  const status = new Uint8Array(seatCount);
  for (let n = 0; n < seatCount; n++) status[n] = (packed[n >> 2] >> ((n & 3) << 1)) & 3;
  return status;
}

/** Told of every seat that changed, with the status it had. */
export type ChangeNote = (seatNo: number, before: number) => void;

/** Who may still take which seat, with the free seats of every section and tier counted along. */
export class SeatStates {
  readonly status: Uint8Array;
  readonly freeInSection: Uint32Array;
  readonly freeInCategory: Uint32Array;
  /** Free seats of every section that the visitor is looking for. */
  readonly fittingInSection: Uint32Array;
  private fitting: Uint8Array | null = null;

  constructor(private readonly plan: SeatPlan) {
    // Until the first snapshot nothing may be picked: every seat counts as blocked.
    this.status = new Uint8Array(plan.seatCount).fill(BLOCKED);
    this.freeInSection = new Uint32Array(plan.sections.length);
    this.freeInCategory = new Uint32Array(plan.categories.length);
    this.fittingInSection = new Uint32Array(plan.sections.length);
  }

  /** Counts on among the seats marked with 1; null: among all. */
  lookFor(fitting: Uint8Array | null): void {
    this.fitting = fitting;
    this.fittingInSection.fill(0);
    for (let n = 0; n < this.status.length; n++) {
      if (this.status[n] === AVAILABLE && (!fitting || fitting[n])) this.fittingInSection[this.plan.sectionOf[n]]++;
    }
  }

  /** Takes a whole snapshot; answers the seats that differ from before. */
  replace(status: Uint8Array, note?: ChangeNote): number[] {
    const changed: number[] = [];
    for (let n = 0; n < this.status.length; n++) if (this.set(n, status[n], note)) changed.push(n);
    return changed;
  }

  /** Answers the seats that really changed; a change for a seat outside the plan is ignored. */
  apply(changes: readonly SeatChange[], note?: ChangeNote): number[] {
    const changed: number[] = [];
    for (const [seatNo, status] of changes) {
      if (seatNo >= 0 && seatNo < this.status.length && this.set(seatNo, status, note)) changed.push(seatNo);
    }
    return changed;
  }

  private set(seatNo: number, status: number, note?: ChangeNote): boolean {
    const before = this.status[seatNo];
    if (before === status) return false;
    this.status[seatNo] = status;
    const difference = (status === AVAILABLE ? 1 : 0) - (before === AVAILABLE ? 1 : 0);
    const section = this.plan.sectionOf[seatNo];
    this.freeInSection[section] += difference;
    if (!this.fitting || this.fitting[seatNo]) this.fittingInSection[section] += difference;
    this.freeInCategory[this.plan.category[seatNo]] += difference;
    note?.(seatNo, before);
    return true;
  }
}
