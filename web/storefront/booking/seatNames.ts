import type { PlanColumns, SeatPlan } from "../../seatmap";
import { decodePlan, placeOf, seatNoOf } from "../../seatmap";
import type { Words } from "../words";

/** Seat ids as people say them. The plan was loaded for the map a moment ago, so the browser has it at hand. */
export class SeatNames {
  private constructor(private readonly plan: SeatPlan) {}

  static async load(eventId: string): Promise<SeatNames> {
    const response = await fetch(`/api/v1/events/${eventId}/plan?format=columns`);
    if (!response.ok) throw new Error(`plan answered ${response.status}`);
    return new SeatNames(decodePlan((await response.json()) as PlanColumns));
  }

  of(seatId: string, words: Words): string {
    const seatNo = seatNoOf(this.plan, seatId);
    if (seatNo < 0) return seatId;
    const { section, row, number } = placeOf(this.plan, seatNo);
    return `${section.name}, ${words.say("seat.short", { row: row.label, number })}`;
  }
}
