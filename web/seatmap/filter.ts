import type { SeatPlan } from "./plan";
import { ACCESSIBLE } from "./plan";

/** What a visitor is looking for; seats that do not fit are drawn faintly and are left out of the counts on the map. */
export interface SeatFilter {
  /** Tiers that may be (indexes of the plan's categories); null: all. */
  readonly categories: readonly number[] | null;
  /** Only wheelchair spaces. */
  readonly accessible: boolean;
}

export const EVERY_SEAT: SeatFilter = { categories: null, accessible: false };

/** Whether a seat of this tier and with these flags fits. */
export function fits({ categories, accessible }: SeatFilter, category: number, flags: number): boolean {
  return (categories === null || categories.includes(category)) && (!accessible || (flags & ACCESSIBLE) !== 0);
}

/** 1 for every seat that fits; null when all do. */
export function fitting(plan: SeatPlan, filter: SeatFilter): Uint8Array | null {
  if (filter.categories === null && !filter.accessible) return null;
  return Uint8Array.from(plan.category, (category, n) => Number(fits(filter, category, plan.flags[n])));
}
