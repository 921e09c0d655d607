/** A waiting room as staff see it, in the API's own fields; moments are RFC 3339. */
export interface RoomFigures {
  eventId: string;
  phase: "idle" | "prequeue" | "active" | "ended";
  mode: Mode;
  switchedBy: "staff" | "load";
  round: number;
  paused: boolean;
  admitPerMinute: number;
  admitMin: number;
  admitMax: number;
  followsLoad: boolean;
  shoppersMax: number;
  shoppingSeconds: number;
  turnSeconds: number;
  withoutLine: WithoutLine;
  message: string;
  prequeueAt: string | null;
  opensAt: string;
  draw: Draw | null;
  joined: number;
  waiting: number;
  called: number;
  admitted: number;
  shopping: number;
  bought: number;
  lineKnown: boolean;
}

/** What is promised of the line's draw, and how far it is; `wants_beacon`: nobody is drawn before staff give the value. */
export interface Draw {
  commitment: string;
  beaconSource: string;
  stage: "promised" | "wants_beacon" | "closed" | "drawn";
}

export const WITHOUT_LINE = ["failClosed", "failOpen"] as const;
export type WithoutLine = (typeof WITHOUT_LINE)[number];

export const MODES = ["off", "passthrough", "fifo", "draw", "hold", "reject"] as const;
export type Mode = (typeof MODES)[number];

/** What staff may change here; what is not named stays as it is. */
export type Change = Partial<
  Pick<
    RoomFigures,
    | "mode" | "admitPerMinute" | "admitMin" | "admitMax" | "followsLoad" | "shoppersMax" | "shoppingSeconds"
    | "turnSeconds" | "withoutLine" | "message" | "opensAt" | "paused"
  >
> & { newRound?: true; prequeueAt?: string; beaconSource?: string; beacon?: string };

/** The figures at one moment: `at` in milliseconds of the page's own clock, `free` seats where they are known. */
export interface Sample {
  at: number;
  figures: RoomFigures;
  free: number | null;
}

export const KEPT_MS = 10 * 60_000;
const RATE_OVER_MS = 30_000;

/** The samples with one more; those older than ten minutes are dropped, and so are those of an earlier line. */
export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const { at, figures } = sample;
  return [...samples.filter((one) => at - one.at <= KEPT_MS && one.figures.round === figures.round), sample];
}

/** How many a minute were called up to the sample at `index`, measured over half a minute; null while that is unknown. */
export function calledPerMinute(samples: readonly Sample[], index: number): number | null {
  const now = samples[index];
  const before = samples.find((one) => now.at - one.at <= RATE_OVER_MS);
  if (!before || before === now) return null;
  return ((now.figures.called - before.figures.called) * 60_000) / (now.at - before.at);
}

/** How many of a hundred who were let in have bought; null before the first. */
export function conversion({ admitted, bought }: RoomFigures): number | null {
  return admitted > 0 ? (100 * bought) / admitted : null;
}
