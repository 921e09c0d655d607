import type { Camera, ScaleRange, Viewport } from "./camera";
import { fitBox, keepOver, panBy, toPlan, toScreen, visibleBox, zoomAt } from "./camera";
import type { SeatFilter } from "./filter";
import { EVERY_SEAT, fitting } from "./filter";
import type { Point } from "./geometry";
import { boxAround, grow, insidePolygon } from "./geometry";
import { neighbour, SeatGrid } from "./grid";
import type { Intents } from "./input/intents";
import { captureKeys } from "./input/keyboard";
import { capturePointers } from "./input/pointer";
import { captureWheel } from "./input/wheel";
import { Motion } from "./motion";
import type { MapTheme, TierLook } from "./paint/appearance";
import { tierLooks } from "./paint/appearance";
import { Backdrop } from "./paint/backdrop";
import type { Fade } from "./paint/fades";
import { Fades } from "./paint/fades";
import { captureMiniMap, MiniMap } from "./paint/minimap";
import { paintOverlay } from "./paint/overlay";
import { Scene } from "./paint/scene";
import type { SeatPlan } from "./plan";
import type { SeatChange } from "./states";
import { SeatStates } from "./states";

/** Screens denser than this are drawn at this density: no eye sees more, and memory grows with its square. */
const DENSITY_MAX = 2;
/** Counts that run faster than this nobody can read. */
const COUNTS_EVERY_MS = 200;
const PULSE_MS = 1_600;
const PULSE_FRAME_MS = 80;
/** Painting time a frame, in ms: less while things move, more when the visitor looks on. */
const WORK_MOVING_MS = 5;
const WORK_STILL_MS = 11;
const SEAT_PX_MAX = 44;
/** A seat must be at least this many CSS pixels from its neighbour to be picked by a finger. */
const PICK_FROM_PX = 11;
const FIT_PADDING_PX = 16;

export interface SeatMapEvents {
  /** The seat under the pointer and where it is in the map (CSS pixels); seatNo -1: none. */
  hover: { seatNo: number; section: number; at: Point };
  /** The keyboard moved to a seat. */
  focus: { seatNo: number };
  /** A seat was tapped or chosen by key; the page decides what that means. */
  choose: { seatNo: number };
  /** The camera moved; `zoomed`: less than the whole plan is seen. */
  view: { zoomed: boolean; seats: boolean };
  /** The first complete picture is on the screen. */
  painted: { milliseconds: number };
}

export interface SeatMapParts {
  /** Holds both canvases, takes the input and the keyboard focus. */
  surface: HTMLElement;
  base: HTMLCanvasElement;
  /** On top of `base`. */
  overlay: HTMLCanvasElement;
  miniMap: HTMLCanvasElement;
}

export interface SeatMapOptions {
  theme: MapTheme;
  reducedMotion: boolean;
  /** Words for a number of free seats, shown in a section seen from afar. */
  freeSeats: (free: number) => string;
}

type Listeners = { [Type in keyof SeatMapEvents]: Set<(event: SeatMapEvents[Type]) => void> };

/** The seat map: owns camera, states and pictures; draws when something changed; tells what the visitor did. */
export class SeatMap implements Intents {
  readonly states: SeatStates;
  readonly grid: SeatGrid;
  looks: TierLook[];
  private readonly scene: Scene;
  private readonly backdrop: Backdrop;
  private readonly miniMap: MiniMap;
  private readonly listeners: Listeners = {
    hover: new Set(),
    focus: new Set(),
    choose: new Set(),
    view: new Set(),
    painted: new Set(),
  };
  private readonly releases: (() => void)[];
  private readonly born = performance.now();
  private view: Viewport = { width: 1, height: 1 };
  private density = 1;
  private fit: Camera;
  private camera: Camera;
  private readonly motion = new Motion();
  private readonly fades = new Fades();
  private others: ReadonlyMap<number, number> = new Map();
  /** Sections whose count changed since counts were last drawn. */
  private readonly recounted = new Set<number>();
  private countTimer = 0;
  private pulseTimer = 0;
  private theme: MapTheme;
  private mine: readonly number[] = [];
  private warned: readonly number[] = [];
  private pointer: Point | null = null;
  private hovered = -1;
  private hoveredSection = -1;
  private focused = -1;
  private frame = 0;
  private stale = { base: true, overlay: true };
  private painted = false;

  constructor(
    readonly plan: SeatPlan,
    private readonly parts: SeatMapParts,
    private readonly options: SeatMapOptions,
  ) {
    this.theme = options.theme;
    this.looks = tierLooks(plan, this.theme);
    this.states = new SeatStates(plan);
    this.grid = new SeatGrid(plan.x, plan.y, plan.bounds);
    this.scene = new Scene(plan, this.states, this.grid, this.looks, this.theme, options.freeSeats);
    this.measure();
    this.camera = this.fit = fitBox(plan.bounds, this.view, FIT_PADDING_PX);
    this.backdrop = new Backdrop(this.scene, this.fit, this.density);
    this.miniMap = new MiniMap(parts.miniMap);
    this.miniMap.resize(this.backdrop.pictureBox, this.density);
    const resize = new ResizeObserver(() => { this.resized(); });
    resize.observe(parts.surface);
    this.releases = [
      capturePointers(parts.surface, this),
      captureWheel(parts.surface, this),
      captureKeys(parts.surface, this),
      captureMiniMap(parts.miniMap, (x, y) => { this.lookAt(this.miniMap.toPlan(x, y)); }),
      () => { resize.disconnect(); },
    ];
    this.schedule();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.countTimer);
    clearTimeout(this.pulseTimer);
    for (const release of this.releases) release();
  }

  on<Type extends keyof SeatMapEvents>(type: Type, listener: (event: SeatMapEvents[Type]) => void): () => void {
    this.listeners[type].add(listener);
    return () => this.listeners[type].delete(listener);
  }

  private tell<Type extends keyof SeatMapEvents>(type: Type, event: SeatMapEvents[Type]): void {
    for (const listener of this.listeners[type]) listener(event);
  }

  // ---- what the page says ----

  /** Takes a whole snapshot of seat states. */
  setStates(status: Uint8Array): void {
    this.fades.clear();
    this.refresh(this.states.replace(status));
  }

  /** Takes single changes; only the seats themselves are painted again. */
  applyChanges(changes: readonly SeatChange[]): number[] {
    const now = performance.now();
    const fade = this.options.reducedMotion ? undefined : (n: number, before: number) => { this.fades.add(n, before, now); };
    const changed = this.states.apply(changes, fade);
    this.refresh(changed);
    return changed;
  }

  private refresh(changed: readonly number[]): void {
    if (changed.length > this.plan.seatCount / 4) {
      this.backdrop.markAll();
    } else {
      const { x, y, pitch, sectionOf } = this.plan;
      for (const n of changed) this.backdrop.mark(boxAround([[x[n], y[n]]], pitch * 0.55));
      for (const n of changed) this.recounted.add(sectionOf[n]);
      if (this.countTimer === 0) this.recount();
    }
    this.schedule("overlay");
  }

  /** Draws the counts that changed, at once and then no more often than they can be read. */
  private recount(): void {
    this.countTimer = 0;
    if (this.recounted.size === 0) return;
    for (const index of this.recounted) this.backdrop.markCount(this.plan.sections[index].box);
    this.recounted.clear();
    this.countTimer = window.setTimeout(() => { this.recount(); }, COUNTS_EVERY_MS);
    this.schedule();
  }

  /** How many others have chosen which seat; the map may go on changing, this says that it has. */
  setOthers(viewers: ReadonlyMap<number, number>): void {
    this.others = viewers;
    this.schedule("overlay");
  }

  setMine(seatNos: readonly number[]): void {
    this.mine = [...seatNos];
    this.schedule("overlay");
  }

  /** Seats that the visitor's choice would leave alone. */
  setWarned(seatNos: readonly number[]): void {
    this.warned = [...seatNos];
    this.schedule("overlay");
  }

  /** Whether things fly, glide, fade and pulse from now on. */
  setReducedMotion(reduced: boolean): void {
    this.options.reducedMotion = reduced;
    this.schedule("overlay");
  }

  setTheme(theme: MapTheme): void {
    this.theme = theme;
    this.looks = tierLooks(this.plan, theme);
    this.scene.restyle(this.looks, theme);
    this.backdrop.markAll();
    this.schedule("base", "overlay");
  }

  /** Shows what fits, draws the rest faintly and leaves it out of the counts. */
  lookFor(filter: SeatFilter): void {
    const mask = fitting(this.plan, filter);
    this.states.lookFor(mask);
    this.scene.lookFor(mask ? filter : EVERY_SEAT);
    this.backdrop.markAll();
    this.schedule();
  }

  /** Moves the camera so that the seats can be seen and picked. */
  showSeats(seatNos: readonly number[]): void {
    const { x, y, pitch } = this.plan;
    const points = seatNos.map((n): Point => [x[n], y[n]]);
    if (points.length > 0) this.flyTo(this.near(fitBox(boxAround(points, pitch * 8), this.view, FIT_PADDING_PX)));
  }

  showSection(index: number): void {
    const target = fitBox(this.plan.sections[index].box, this.view, FIT_PADDING_PX * 2);
    this.flyTo(this.near(target));
  }

  /** The seat the keyboard is at, -1 for none. */
  setFocus(seatNo: number): void {
    this.focused = seatNo;
    this.schedule("overlay");
  }

  // ---- what the visitor means (Intents) ----

  pan(dx: number, dy: number): void {
    this.setCamera(panBy(this.camera, dx, dy));
  }

  fling(vx: number, vy: number): void {
    if (this.options.reducedMotion) return;
    this.motion.throw(vx, vy, performance.now());
    this.schedule();
  }

  grab(): void {
    this.motion.stop();
  }

  zoom(factor: number, anchor: Point): void {
    this.setCamera(zoomAt(this.camera, this.view, factor, anchor, this.range));
  }

  hover(at: Point | null): void {
    this.pointer = at;
    const seatNo = at && this.showsSeats() ? this.seatAt(at) : -1;
    const section = at && !this.showsSeats() ? this.sectionAt(at) : -1;
    this.parts.surface.style.cursor = seatNo >= 0 || section >= 0 ? "pointer" : "grab";
    if (seatNo === this.hovered && section === this.hoveredSection) return;
    this.hovered = seatNo;
    this.hoveredSection = section;
    this.tell("hover", { seatNo, section, at: at ?? [0, 0] });
    this.schedule("overlay");
  }

  tap(at: Point): void {
    const close = this.plan.pitch * this.camera.scale >= PICK_FROM_PX;
    const seatNo = this.showsSeats() ? this.seatAt(at) : -1;
    if (seatNo >= 0 && close) {
      this.tell("choose", { seatNo });
      return;
    }
    const section = this.sectionAt(at);
    if (section < 0) return;
    if (this.showsSeats()) this.flyTo(this.near({ ...this.camera, ...asPlace(toPlan(this.camera, this.view, at)) }));
    else this.showSection(section);
  }

  step(dx: -1 | 0 | 1, dy: -1 | 0 | 1): void {
    const { x, y } = this.plan;
    let next: number;
    if (this.focused >= 0) {
      next = neighbour(x, y, this.focused, dx, dy);
    } else {
      next = this.mine[0] ?? this.grid.nearest(this.camera.x, this.camera.y, Infinity);
    }
    if (next < 0) return;
    this.focused = next;
    const seen = grow(visibleBox(this.camera, this.view), -this.plan.pitch);
    const inView = x[next] > seen.left && x[next] < seen.right && y[next] > seen.top && y[next] < seen.bottom;
    const close = this.plan.pitch * this.camera.scale >= PICK_FROM_PX;
    if (!inView || !close) this.flyTo(this.near({ ...this.camera, x: x[next], y: y[next] }));
    this.tell("focus", { seatNo: next });
    this.schedule("overlay");
  }

  zoomStep(direction: 1 | -1): void {
    const middle: Point = [this.view.width / 2, this.view.height / 2];
    const from = this.motion.goal ?? this.camera;
    this.flyTo(zoomAt(from, this.view, direction > 0 ? 1.7 : 1 / 1.7, middle, this.range));
  }

  showAll(): void {
    this.flyTo(this.fit);
  }

  choose(): void {
    if (this.focused >= 0) this.tell("choose", { seatNo: this.focused });
  }

  // ---- looking ----

  /** Where a seat is in the map now, in CSS pixels. */
  placeOnScreen(seatNo: number): Point {
    return toScreen(this.camera, this.view, [this.plan.x[seatNo], this.plan.y[seatNo]]);
  }

  private showsSeats(): boolean {
    return this.scene.showsSeats(this.camera.scale);
  }

  private seatAt(at: Point): number {
    const [x, y] = toPlan(this.camera, this.view, at);
    return this.grid.nearest(x, y, this.plan.pitch * 0.62);
  }

  private sectionAt(at: Point): number {
    const [x, y] = toPlan(this.camera, this.view, at);
    return this.plan.sections.findIndex(
      ({ box, outline }) =>
        x >= box.left && x <= box.right && y >= box.top && y <= box.bottom && insidePolygon(outline, x, y),
    );
  }

  private get range(): ScaleRange {
    return { min: this.fit.scale * 0.8, max: Math.max(SEAT_PX_MAX / this.plan.pitch, this.fit.scale) };
  }

  /** The same view, close enough to pick a seat and no closer than useful. */
  private near(camera: Camera): Camera {
    const { pitch } = this.plan;
    const scale = Math.min(Math.max(camera.scale, (PICK_FROM_PX * 1.6) / pitch), SEAT_PX_MAX / pitch);
    return { ...camera, scale };
  }

  private lookAt([x, y]: Point): void {
    this.setCamera({ ...this.camera, x, y });
  }

  private setCamera(camera: Camera): void {
    this.motion.stop();
    this.moveTo(keepOver(camera, this.plan.bounds));
  }

  private flyTo(to: Camera): void {
    if (this.options.reducedMotion) {
      this.setCamera(to);
      return;
    }
    this.motion.fly(this.camera, keepOver(to, this.plan.bounds), performance.now());
    this.schedule();
  }

  private moveTo(camera: Camera): void {
    this.camera = camera;
    // What lies under a resting pointer changes with the camera.
    if (this.pointer) this.hover(this.pointer);
    this.tell("view", { zoomed: this.zoomed, seats: this.showsSeats() });
    this.schedule("base", "overlay");
  }

  // ---- drawing ----

  private measure(): void {
    const { clientWidth, clientHeight } = this.parts.surface;
    this.view = { width: Math.max(clientWidth, 1), height: Math.max(clientHeight, 1) };
    this.density = Math.min(devicePixelRatio || 1, DENSITY_MAX);
    for (const canvas of [this.parts.base, this.parts.overlay]) {
      canvas.width = Math.round(this.view.width * this.density);
      canvas.height = Math.round(this.view.height * this.density);
    }
  }

  private resized(): void {
    const { clientWidth, clientHeight } = this.parts.surface;
    // Hidden behind the list: it comes back as it was.
    if (clientWidth === 0 || clientHeight === 0) return;
    if (clientWidth === this.view.width && clientHeight === this.view.height) return;
    const wasWhole = this.camera.scale <= this.fit.scale * 1.001;
    this.measure();
    this.fit = fitBox(this.plan.bounds, this.view, FIT_PADDING_PX);
    this.backdrop.resize(this.fit, this.density);
    this.miniMap.resize(this.backdrop.pictureBox, this.density);
    this.moveTo(wasWhole ? this.fit : this.camera);
  }

  private schedule(...layers: ("base" | "overlay")[]): void {
    for (const layer of layers) this.stale[layer] = true;
    if (this.frame === 0) this.frame = requestAnimationFrame((now) => { this.draw(now); });
  }

  private draw(now: number): void {
    this.frame = 0;
    if (this.motion.moves) this.moveTo(keepOver(this.motion.step(this.camera, now), this.plan.bounds));
    const moving = this.stale.base;
    const budget = this.painted ? (moving ? WORK_MOVING_MS : WORK_STILL_MS) : 60;
    const { changed, overview, unfinished } = this.backdrop.work(this.camera, this.view, performance.now() + budget);
    if (overview) this.miniMap.take(this.backdrop.picture);
    if (this.stale.base || changed) this.drawBase();
    const fades = this.fades.at(performance.now());
    if (this.stale.overlay || fades.length > 0) this.drawOverlay(fades);
    // One more time when the last has faded, to wipe it off.
    this.stale = { base: false, overlay: fades.length > 0 };
    if (!unfinished && !this.painted) {
      this.painted = true;
      this.tell("painted", { milliseconds: performance.now() - this.born });
    }
    if (unfinished || this.motion.moves || fades.length > 0) this.schedule();
    this.keepPulsing();
  }

  /** The rings of others come and go slowly; nothing is drawn for it while there are none to see. */
  private keepPulsing(): void {
    clearTimeout(this.pulseTimer);
    if (this.options.reducedMotion || this.others.size === 0 || !this.showsSeats()) return;
    this.pulseTimer = window.setTimeout(() => { this.schedule("overlay"); }, PULSE_FRAME_MS);
  }

  private get pulse(): number {
    return this.options.reducedMotion ? 1 : (1 + Math.sin((performance.now() / PULSE_MS) * 2 * Math.PI)) / 2;
  }

  private drawBase(): void {
    const context = this.parts.base.getContext("2d", { alpha: false })!;
    context.fillStyle = this.theme.background;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    context.imageSmoothingQuality = "low";
    this.backdrop.draw(context, this.camera, this.view);
    if (this.zoomed) this.miniMap.draw(this.camera, this.view, this.theme);
  }

  private get zoomed(): boolean {
    return this.camera.scale > this.fit.scale * 1.15;
  }

  private drawOverlay(fades: readonly Fade[]): void {
    const context = this.parts.overlay.getContext("2d")!;
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    const { mine, warned, hovered, focused, others, pulse } = this;
    const seats = this.showsSeats();
    const state = { mine, warned, hovered, focused, others, pulse, seats, fades, section: this.hoveredSection };
    paintOverlay(context, this.plan, this.looks, this.theme, this.camera, this.view, state);
  }
}

function asPlace([x, y]: Point): { x: number; y: number } {
  return { x, y };
}
