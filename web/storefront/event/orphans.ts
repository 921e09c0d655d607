import type { SeatPlan } from "../../seatmap";
import { ACCESSIBLE, AVAILABLE, COMPANION } from "../../seatmap";

/** Wider than so many usual gaps is an aisle. The rule, this and what follows, is that of the server's inventory/choice. */
const AISLE_PITCHES = 1.6;
const SEATS_TO_TELL_PITCH = 4;
/** Bigger groups are not bound by the rule. */
const PARTY_MAX = 10;

/** Which picks leave a single free seat between taken ones, an aisle or the row's end, told before the server must refuse. */
export class OrphanRule {
  /** Of each seat, whether the one before it is its neighbour: in the same row and tier, no aisle between, for everybody. */
  private readonly joined: Uint8Array;

  constructor(
    private readonly plan: SeatPlan,
    private readonly status: Uint8Array,
  ) {
    this.joined = new Uint8Array(plan.seatCount + 1);
    for (const section of plan.sections) {
      const usual = median(section.rows.flatMap((row) => this.gaps(row.first, row.count)));
      for (const { first, count } of section.rows) {
        const gaps = this.gaps(first, count);
        const pitch = count >= SEATS_TO_TELL_PITCH ? median(gaps) : usual;
        gaps.forEach((gap, i) => {
          this.joined[first + i + 1] = Number(gap <= AISLE_PITCHES * pitch && this.alike(first + i, first + i + 1));
        });
      }
    }
  }

  /** The single seats that a pick of free seats would leave although it could be avoided; empty when it may be made. */
  orphans(picked: readonly number[]): number[] {
    const mine = new Set(picked);
    const faulty = new Set<number>();
    for (const group of this.groups(picked)) {
      if (this.leftBy(new Set(group)).length > 0 && this.couldSitNeatly(group)) for (const n of group) faulty.add(n);
    }
    return this.leftBy(mine).filter((orphan) => this.neighbours(orphan).some((n) => faulty.has(n)));
  }

  private leftBy(taken: ReadonlySet<number>): number[] {
    const stays = (n: number) => this.status[n] === AVAILABLE && !taken.has(n);
    const beside = new Set([...taken].flatMap((n) => this.neighbours(n)));
    return [...beside].filter((n) => stays(n) && !this.neighbours(n).some(stays)).sort((a, b) => a - b);
  }

  /** Whether a group of this size has a place in its tier that leaves no single seat: a run as long, or longer by two. */
  private couldSitNeatly(group: readonly number[]): boolean {
    if (group.length > PARTY_MAX) return false;
    const tier = this.plan.category[group[0]];
    let run = 0;
    for (let n = 0; n <= this.plan.seatCount; n++) {
      if (run > 0 && this.joined[n] && this.status[n] === AVAILABLE) {
        run++;
        continue;
      }
      if (run === group.length || run >= group.length + 2) return true;
      const starts = n < this.plan.seatCount && this.status[n] === AVAILABLE && this.plan.category[n] === tier;
      run = starts && this.forAll(n) ? 1 : 0;
    }
    return false;
  }

  private groups(picked: readonly number[]): number[][] {
    const groups: number[][] = [];
    for (const n of [...picked].sort((a, b) => a - b)) {
      const last = groups.at(-1);
      if (last?.at(-1) === n - 1 && this.joined[n]) last.push(n);
      else groups.push([n]);
    }
    return groups;
  }

  private neighbours(n: number): number[] {
    return [...(this.joined[n] ? [n - 1] : []), ...(this.joined[n + 1] ? [n + 1] : [])];
  }

  private alike(left: number, right: number): boolean {
    return this.forAll(left) && this.forAll(right) && this.plan.category[left] === this.plan.category[right];
  }

  private forAll(n: number): boolean {
    return (this.plan.flags[n] & (ACCESSIBLE | COMPANION)) === 0;
  }

  private gaps(first: number, count: number): number[] {
    const { x, y } = this.plan;
    return Array.from({ length: Math.max(0, count - 1) }, (_, i) => {
      const n = first + i;
      return Math.hypot(x[n + 1] - x[n], y[n + 1] - y[n]);
    });
  }
}

/** The lower of the two middle values where there are two, as on the server. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length > 0 ? sorted[Math.floor((sorted.length - 1) / 2)] : 0;
}
