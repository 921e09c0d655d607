import type { SeatStream, StreamState } from "../live";
import { openStream } from "../live";
import type { PlanColumns, SeatMapEvents, SeatPlan } from "../seatmap";
import { ACCESSIBLE, Announcer, AVAILABLE, decodePlan, HELD, placeOf, SeatMap, seatIdOf, seatNoOf } from "../seatmap";
import type { Frame } from "./frame";
import { buildFrame, frameTheme } from "./frame";
import type { Phrases } from "./phrases";
import { phrasesFor } from "./phrases";

interface Tier {
  name: string;
  price: { amount: string; currency: string };
}

/** A chosen seat as the page is told of it. */
export interface ChosenSeat {
  id: string;
  section: string;
  row: string;
  number: string;
  tier: string;
  /** All-in; null for a seat without one. */
  price: Tier["price"] | null;
}

/** Where this script came from is where the shop is, unless the page says otherwise. */
const OWN_SHOP = new URL(import.meta.url).origin;
const SEATS_MAX = 10;

/** `<rowlock-map event="12">`: an event's live seat map on anybody's page. Attributes and events: docs/embedding.md. */
export class RowlockMap extends HTMLElement {
  static readonly observedAttributes = ["event", "api"];
  private map: SeatMap | null = null;
  private stream: SeatStream | null = null;
  private frame: Frame | null = null;
  private phrases!: Phrases;
  private money!: Intl.NumberFormat;
  private tiers: readonly Tier[] = [];
  private seatNos: readonly number[] = [];
  private others: ReadonlyMap<number, number> = new Map();
  private readonly announcer = new Announcer((text) => { if (this.frame) this.frame.spoken.textContent = text; });
  private opening = new AbortController();

  connectedCallback(): void {
    void this.open();
  }

  disconnectedCallback(): void {
    this.shut();
  }

  attributeChangedCallback(_name: string, before: string | null): void {
    if (before !== null && this.isConnected) void this.open();
  }

  /** The chosen seats, in the order they were chosen. */
  get chosen(): ChosenSeat[] {
    return this.map ? this.seatNos.map((n) => this.seat(this.map!.plan, n)) : [];
  }

  /** The shop's page of this event, with the chosen seats chosen there too. */
  get checkoutUrl(): string {
    const url = new URL(`/events/${encodeURIComponent(this.getAttribute("event") ?? "")}`, this.shop);
    if (this.seatNos.length > 0) url.searchParams.set("seats", this.chosen.map(({ id }) => id).join());
    return url.href;
  }

  /** Chooses these seats, as far as they exist and are free. */
  choose(ids: readonly string[]): void {
    if (!this.map) return;
    const { plan, states } = this.map;
    const free = ids.map((id) => seatNoOf(plan, id)).filter((n) => n >= 0 && states.status[n] === AVAILABLE);
    this.take(free.slice(0, this.seatsMax));
    if (free.length > 0) this.map.showSeats(free);
  }

  clear(): void {
    this.take([]);
  }

  private get seatsMax(): number {
    return Number(this.getAttribute("max")) || SEATS_MAX;
  }

  private get shop(): string {
    return this.getAttribute("api") ?? OWN_SHOP;
  }

  private get language(): string {
    return (this.closest("[lang]")?.getAttribute("lang") ?? navigator.language) || "en";
  }

  private tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(`rowlock-${type}`, { detail, bubbles: true, composed: true }));
  }

  // ---- opening and closing ----

  private async open(): Promise<void> {
    this.shut();
    const id = this.getAttribute("event");
    if (!id) return;
    const { signal } = this.opening;
    this.phrases = phrasesFor(this.language);
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.replaceChildren();
    this.frame = buildFrame(root, this.phrases);
    this.frame.tryAgain.onclick = () => void this.open();
    const eventUrl = new URL(`/api/v1/events/${encodeURIComponent(id)}`, this.shop).href;
    try {
      const [event, plan] = await Promise.all([read<{ tiers: Tier[] }>(eventUrl, signal), readPlan(eventUrl, signal)]);
      if (!signal.aborted) this.start(eventUrl, event.tiers, plan);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.frame!.failed.prepend(this.phrases.failed);
    this.frame!.failed.hidden = false;
    this.tell("error", { message: String(error) });
  }

  private start(eventUrl: string, tiers: readonly Tier[], plan: SeatPlan): void {
    const frame = this.frame!;
    const currency = tiers[0]?.price.currency ?? "EUR";
    this.tiers = tiers;
    this.money = new Intl.NumberFormat(this.language, { style: "currency", currency });
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const map = new SeatMap(plan, frame, { theme: frameTheme(this), reducedMotion: calm.matches, freeSeats: this.phrases.free });
    calm.addEventListener("change", () => { map.setReducedMotion(calm.matches); }, { signal: this.opening.signal });
    this.map = map;
    this.listen(map, frame);
    this.stream = openStream(eventUrl, plan.seatCount, {
      snapshot: (status) => { map.setStates(status); this.afterChange(); },
      changes: (changes) => { map.applyChanges(changes); this.afterChange(); },
      others: (viewers) => { this.others = viewers; map.setOthers(viewers); },
      state: (state: StreamState) => { this.tell("state", { state }); },
    });
    this.stream.start();
  }

  private listen(map: SeatMap, frame: Frame): void {
    const { signal } = this.opening;
    const click = (button: HTMLButtonElement, act: () => void) => { button.addEventListener("click", act, { signal }); };
    click(frame.zoomIn, () => { map.zoomStep(1); });
    click(frame.zoomOut, () => { map.zoomStep(-1); });
    click(frame.showAll, () => { map.showAll(); });
    frame.surface.addEventListener("blur", () => { map.setFocus(-1); }, { signal });
    const restyle = () => { map.setTheme(frameTheme(this)); };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle, { signal });
    map.on("hover", (event) => { this.point(event); });
    map.on("focus", ({ seatNo }) => { this.say(this.describe(seatNo)); });
    map.on("choose", ({ seatNo }) => { this.toggle(seatNo); });
    map.on("view", ({ zoomed }) => { frame.miniMap.hidden = !zoomed; });
    map.on("painted", () => { this.tell("ready", { seats: map.plan.seatCount, name: map.plan.name }); });
  }

  private shut(): void {
    this.opening.abort();
    this.opening = new AbortController();
    this.stream?.stop();
    this.map?.destroy();
    this.stream = this.map = null;
    this.seatNos = [];
  }

  // ---- choosing ----

  private toggle(seatNo: number): void {
    const { states } = this.map!;
    if (this.seatNos.includes(seatNo)) this.take(this.seatNos.filter((n) => n !== seatNo));
    else if (states.status[seatNo] === AVAILABLE && this.seatNos.length < this.seatsMax) this.take([...this.seatNos, seatNo]);
    const full = !this.seatNos.includes(seatNo) && this.seatNos.length >= this.seatsMax;
    this.say(full ? this.phrases.full(this.seatsMax) : this.describe(seatNo));
  }

  private take(seatNos: readonly number[]): void {
    this.seatNos = seatNos;
    this.map?.setMine(seatNos);
    this.tell("choose", { seats: this.chosen });
  }

  /** Seats that went to somebody else leave the choice. */
  private afterChange(): void {
    const { status } = this.map!.states;
    const left = this.seatNos.filter((n) => status[n] === AVAILABLE);
    if (left.length < this.seatNos.length) this.take(left);
  }

  // ---- telling ----

  private seat(plan: SeatPlan, seatNo: number): ChosenSeat {
    const { section, row, number } = placeOf(plan, seatNo);
    const tier = plan.categories[plan.category[seatNo]].name;
    const price = this.tiers.find(({ name }) => name === tier)?.price ?? null;
    return { id: seatIdOf(plan, seatNo), section: section.name, row: row.label, number, tier, price };
  }

  private describe(seatNo: number): string {
    const { plan, states } = this.map!;
    const { section, row, number, tier, price } = this.seat(plan, seatNo);
    const extra = plan.flags[seatNo] & ACCESSIBLE ? this.phrases.accessible : "";
    const cost = price ? this.money.format(Number(price.amount)) : "";
    return [this.phrases.seat(section, row, number), tier, cost, extra, this.stateOf(seatNo, states.status[seatNo])].filter(Boolean).join(", ");
  }

  private stateOf(seatNo: number, status: number): string {
    if (this.seatNos.includes(seatNo)) return this.phrases.mine;
    if (status === AVAILABLE) return this.others.has(seatNo) ? this.phrases.choosing : "";
    return status === HELD ? this.phrases.held : this.phrases.taken;
  }

  private say(text: string): void {
    this.announcer.say(text);
  }

  private point({ seatNo, section, at: [x, y] }: SeatMapEvents["hover"]): void {
    const { hint, surface } = this.frame!;
    hint.hidden = seatNo < 0 && section < 0;
    if (hint.hidden) return;
    const { plan, states } = this.map!;
    hint.textContent = seatNo >= 0
      ? this.describe(seatNo)
      : `${plan.sections[section].name}: ${this.phrases.free(states.freeInSection[section])}`;
    const left = Math.max(8, Math.min(x - hint.offsetWidth / 2, surface.clientWidth - hint.offsetWidth - 8));
    const above = y - hint.offsetHeight - 14;
    hint.style.transform = `translate(${left}px, ${above > 8 ? above : y + 22}px)`;
  }
}

async function read<Answer>(url: string, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as Answer;
}

async function readPlan(eventUrl: string, signal: AbortSignal): Promise<SeatPlan> {
  return decodePlan(await read<PlanColumns>(`${eventUrl}/plan?format=columns`, signal));
}
