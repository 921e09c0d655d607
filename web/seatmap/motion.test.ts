import { describe, expect, test } from "vitest";
import { Motion } from "./motion";

const camera = { x: 0, y: 0, scale: 2 };

function glide(every: number): { x: number; ms: number } {
  const motion = new Motion();
  motion.throw(1, 0, 0);
  let now = 0;
  let at = camera;
  while (motion.moves) at = { ...at, ...motion.step(at, (now += every)) };
  return { x: at.x, ms: now };
}

describe("a thrown map", () => {
  test("glides on, slower and slower, and stands", () => {
    const { x, ms } = glide(16);
    expect(x * camera.scale).toBeLessThan(-100);
    expect(ms).toBeGreaterThan(300);
    expect(ms).toBeLessThan(1_500);
  });

  test("goes as far at 30 frames a second as at 120", () => {
    expect(Math.abs(glide(33).x - glide(8).x)).toBeLessThan(5);
  });

  test("does not move for a hand that had stopped", () => {
    const motion = new Motion();
    motion.throw(0.05, 0, 0);
    expect(motion.moves).toBe(false);
  });
});

test("a flight ends exactly where it should, and a touch stops it", () => {
  const motion = new Motion();
  const to = { x: 9, y: 4, scale: 7 };
  motion.fly(camera, to, 1_000);
  expect(motion.goal).toEqual(to);
  expect(motion.step(camera, 1_000)).toEqual(camera);
  expect(motion.step(camera, 2_000)).toEqual(to);
  expect(motion.moves).toBe(false);
  motion.fly(camera, to, 0);
  motion.stop();
  expect(motion.step(camera, 10)).toEqual(camera);
});
