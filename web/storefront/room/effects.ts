import type { MessageKey } from "../words";
import type { Change, Mode, RoomFigures } from "./figures";

/** What a change does to people, to be said before it is done; numbers are filled into the text of `key`. */
export interface Effect {
  key: MessageKey;
  values: Record<string, number>;
}

const CALLING: readonly Mode[] = ["fifo", "draw", "reject"];

/** Whether the room calls anybody, once it is open. */
const calls = (mode: Mode, paused: boolean): boolean => CALLING.includes(mode) && !paused;

/** What `change` does to those who wait and shop now. Empty: it may be done without asking. */
export function effectsOf(now: RoomFigures, change: Change): Effect[] {
  const mode = change.mode ?? now.mode;
  const paused = change.paused ?? now.paused;
  const begins = now.mode === "off" && mode !== "off";
  const effects: Effect[] = [];
  const tell = (key: MessageKey, values: Record<string, number> = {}): void => { effects.push({ key, values }); };

  if (change.newRound) tell("room.effect.void", { count: now.joined });
  if (begins) tell("room.effect.on");
  if (now.mode !== "off" && mode === "off") tell("room.effect.off", { count: now.waiting });
  if (change.mode === "passthrough") tell("room.effect.passthrough", { count: now.waiting });
  if (change.mode === "reject") tell("room.effect.reject");
  if (!begins && mode !== "off" && calls(now.mode, now.paused) && !calls(mode, paused) && mode !== "passthrough") {
    tell("room.effect.stop", { count: now.waiting });
  }
  if (change.paused === true) tell("room.effect.clock", { count: now.shopping });
  if (now.mode !== "off" && !calls(now.mode, now.paused) && calls(mode, paused)) tell("room.effect.call", { count: now.waiting });
  return [...effects, ...effectsOfPace(now, change)];
}

function effectsOfPace(now: RoomFigures, change: Change): Effect[] {
  const effects: Effect[] = [];
  if (change.beacon !== undefined) effects.push({ key: "room.effect.beacon", values: { count: now.joined } });
  if (change.opensAt !== undefined) effects.push({ key: "room.effect.opening", values: { count: now.joined } });
  if (change.admitPerMinute !== undefined) {
    const [was, pace] = [now.admitPerMinute, change.admitPerMinute];
    effects.push({ key: "room.effect.pace", values: { was, pace } });
    if (pace > 0 && now.waiting > 0) effects.push({ key: "room.effect.last", values: { count: Math.ceil(now.waiting / pace) } });
  }
  const most = change.shoppersMax;
  if (most !== undefined && most > 0 && most < now.shopping) {
    effects.push({ key: "room.effect.full", values: { count: now.shopping, most } });
  }
  return effects;
}
