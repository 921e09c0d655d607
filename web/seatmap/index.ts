export { tierLooks, traceShape } from "./paint/appearance";
export type { MapTheme, TierLook, TierShape } from "./paint/appearance";
export { ACCESSIBLE, COMPANION, RESTRICTED_VIEW, bytesOf, decodePlan, placeOf, seatIdOf, seatNoOf } from "./plan";
export type { PlanColumns, PlanRow, SeatPlan, Section } from "./plan";
export { paintSwatch } from "./paint/swatch";
export { SeatMap } from "./seatmap";
export type { SeatMapEvents, SeatMapParts } from "./seatmap";
export { AVAILABLE, BLOCKED, BOOKED, HELD, unpackStates } from "./states";
export type { SeatChange } from "./states";
