import { expect, test } from "vitest";
import { Announcer } from "./announcer";

function heard() {
  const said: string[] = [];
  const timers: (() => void)[] = [];
  const announcer = new Announcer((text) => said.push(text), 700, (run) => timers.push(run));
  return { said, announcer, pass: () => { timers.shift()?.(); } };
}

test("the first is said at once, of a hurry only the last", () => {
  const { said, announcer, pass } = heard();
  for (const seat of ["A1", "A2", "A3", "A4"]) announcer.say(seat);
  expect(said).toEqual(["A1"]);
  pass();
  expect(said).toEqual(["A1", "A4"]);
  pass();
  announcer.say("A5");
  expect(said).toEqual(["A1", "A4", "A5"]);
});

test("the same is not said again while it stands, but it is after something else", () => {
  const { said, announcer, pass } = heard();
  announcer.say("A1");
  announcer.say("A1");
  pass();
  announcer.say("A1");
  expect(said).toEqual(["A1"]);
  announcer.say("A2");
  pass();
  announcer.say("A1");
  expect(said).toEqual(["A1", "A2", "A1"]);
});
