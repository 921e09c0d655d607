import { describe, expect, test } from "vitest";
import { effectsOf } from "./effects";
import { calledPerMinute, conversion, withSample, type Change, type RoomFigures, type Sample } from "./figures";
import { fromLocal, toLocal } from "./localTime";
import { ticks } from "./scale";

const BUSY: RoomFigures = {
  eventId: "7", phase: "active", mode: "fifo", switchedBy: "staff", round: 1, paused: false, admitPerMinute: 600, admitMin: 10,
  admitMax: 6000, followsLoad: false, shoppersMax: 0, shoppingSeconds: 600, turnSeconds: 180, withoutLine: "failClosed", message: "",
  prequeueAt: null, opensAt: "2030-05-01T20:00:00Z", draw: null,
  joined: 3000, waiting: 2340, called: 660, admitted: 600, shopping: 400, bought: 150, lineKnown: true,
};

const told = (now: Partial<RoomFigures>, change: Change) =>
  effectsOf({ ...BUSY, ...now }, change).map(({ key, values }) => [key.replace("room.effect.", ""), ...Object.values(values)]);

describe("what a change does", () => {
  test.each<[string, Partial<RoomFigures>, Change, unknown[]]>([
    ["a message does nothing", {}, { message: "Soon." }, []],
    ["the beacon's value draws", { mode: "draw" }, { beacon: "4 8 15" }, [["beacon", 3000]]],
    ["pausing stops calls and clocks", {}, { paused: true }, [["stop", 2340], ["clock", 400]]],
    ["resuming calls", { paused: true }, { paused: false }, [["call", 2340]]],
    ["holding the line stops calls", {}, { mode: "hold" }, [["stop", 2340]]],
    ["a held line does not stop again", { mode: "hold" }, { paused: true }, [["clock", 400]]],
    ["opening a held line calls", { mode: "hold" }, { mode: "fifo" }, [["call", 2340]]],
    ["a held line that is paused stays", { mode: "hold", paused: true }, { mode: "fifo" }, []],
    ["switching off", {}, { mode: "off" }, [["off", 2340]]],
    ["switching on", { mode: "off" }, { mode: "draw" }, [["on"]]],
    ["letting all in", {}, { mode: "passthrough" }, [["passthrough", 2340]]],
    ["taking nobody new", {}, { mode: "reject" }, [["reject"]]],
    ["a new line voids places", {}, { newRound: true }, [["void", 3000]]],
    ["a pace moves the last", {}, { admitPerMinute: 1000 }, [["pace", 600, 1000], ["last", 3]]],
    ["a pace of nothing calls nobody", {}, { admitPerMinute: 0 }, [["pace", 600, 0]]],
    ["fewer than shop now", {}, { shoppersMax: 100 }, [["full", 400, 100]]],
    ["more than shop now", {}, { shoppersMax: 1000 }, []],
    ["no bound", {}, { shoppersMax: 0 }, []],
    ["another opening", {}, { opensAt: "2030-05-01T21:00:00Z" }, [["opening", 3000]]],
  ])("%s", (_, now, change, effects) => {
    expect(told(now, change)).toEqual(effects);
  });
});

describe("the last minutes", () => {
  const at = (seconds: number, called: number, round = 1): Sample => ({ at: seconds * 1000, figures: { ...BUSY, called, round }, free: 5 });

  test("the rate is what was called over half a minute", () => {
    const samples = [at(0, 0), at(60, 900), at(90, 1200)];
    expect(calledPerMinute(samples, 2)).toBe(600);
    expect(calledPerMinute(samples, 0)).toBeNull();
  });

  test("ten minutes are kept, and only of one line", () => {
    expect(withSample([at(0, 0), at(100, 0)], at(650, 0)).map((one) => one.at)).toEqual([100_000, 650_000]);
    expect(withSample([at(0, 5)], at(1, 0, 2))).toHaveLength(1);
  });

  test("nobody admitted converts nobody", () => {
    expect(conversion({ ...BUSY, admitted: 0 })).toBeNull();
    expect(conversion(BUSY)).toBe(25);
  });
});

test.each([[0, [0, 1]], [3, [0, 1, 2, 3]], [87, [0, 20, 40, 60, 80, 100]], [2340, [0, 500, 1000, 1500, 2000, 2500]]])(
  "an axis up to %d is marked roundly",
  (highest, marks) => { expect(ticks(highest)).toEqual(marks); },
);

test("a moment goes through the field and back", () => {
  expect(Date.parse(fromLocal(toLocal(BUSY.opensAt)))).toBe(Date.parse(BUSY.opensAt));
});
