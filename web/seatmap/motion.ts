import type { Camera } from "./camera";
import { between, panBy } from "./camera";

const FLIGHT_MS = 150;
/** A thrown map keeps this share of its speed every millisecond; slower than this many pixels a millisecond it stands. */
const GLIDE_KEPT = 0.9955;
const GLIDE_MIN = 0.03;
const GLIDE_MAX = 4;

interface Flight {
  readonly from: Camera;
  readonly to: Camera;
  readonly start: number;
}

/** What the camera does by itself: it flies somewhere, or glides on after a throw. Times are `performance.now()`. */
export class Motion {
  private flight: Flight | null = null;
  private glide: { vx: number; vy: number; at: number } | null = null;

  get moves(): boolean {
    return this.flight !== null || this.glide !== null;
  }

  /** Where the flight under way ends. */
  get goal(): Camera | null {
    return this.flight?.to ?? null;
  }

  stop(): void {
    this.flight = this.glide = null;
  }

  fly(from: Camera, to: Camera, now: number): void {
    this.glide = null;
    this.flight = { from, to, start: now };
  }

  /** `vx`, `vy`: CSS pixels a millisecond. */
  throw(vx: number, vy: number, now: number): void {
    const speed = Math.hypot(vx, vy);
    if (speed < GLIDE_MIN * 4) return;
    const tamed = Math.min(1, GLIDE_MAX / speed);
    this.flight = null;
    this.glide = { vx: vx * tamed, vy: vy * tamed, at: now };
  }

  /** The camera as it is at `now`. */
  step(camera: Camera, now: number): Camera {
    if (this.flight) return this.flown(this.flight, now);
    return this.glide ? this.glided(camera, this.glide, now) : camera;
  }

  private flown({ from, to, start }: Flight, now: number): Camera {
    const t = Math.min(1, Math.max(0, (now - start) / FLIGHT_MS));
    if (t >= 1) this.flight = null;
    return between(from, to, 1 - (1 - t) ** 3);
  }

  private glided(camera: Camera, { vx, vy, at }: { vx: number; vy: number; at: number }, now: number): Camera {
    const passed = Math.max(0, now - at);
    const kept = GLIDE_KEPT ** passed;
    // The way of a speed that falls evenly in its logarithm.
    const way = (kept - 1) / Math.log(GLIDE_KEPT);
    const slow = Math.hypot(vx, vy) * kept < GLIDE_MIN;
    this.glide = slow ? null : { vx: vx * kept, vy: vy * kept, at: now };
    return panBy(camera, vx * way, vy * way);
  }
}
