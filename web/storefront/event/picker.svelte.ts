import type { SeatChange, SeatMap, SeatPlan } from "../../seatmap";
import { ACCESSIBLE, AVAILABLE, BLOCKED, COMPANION, HELD, placeOf, RESTRICTED_VIEW, seatIdOf, seatNoOf } from "../../seatmap";
import type { Booking, EventDetail } from "../api";
import { beginSession, hasSession, newKey, Refusal, write } from "../api";
import { codeInLink } from "../codes";
import { tellTabs } from "../hold/tabs";
import { explain } from "../refusals";
import type { Money, Words } from "../words";
import { sum } from "../words";
import { seatsInLink } from "./link";
import { OrphanRule } from "./orphans";
import { SeatSearch } from "./search.svelte";

const WAITED_FOR = ["nothing_fits", "waitlist_first"];

/** What the picker tells the page. */
export interface PickerNews {
  /** Somebody was quicker: the map is behind. */
  raced(): void;
  /** These seats are chosen now, and nobody holds them. */
  chose(seatNos: readonly number[]): void;
  /** The visitor has a session from now on. */
  identified(): void;
}

/** Which seats the visitor has chosen, what they cost, and how holding them went. Map and list show the same picker. */
export class SeatPicker {
  /** seatNos in the order they were chosen. */
  chosen = $state.raw<readonly number[]>([]);
  /** Free seats that the choice would leave alone where the event forbids it. */
  orphans = $state.raw<readonly number[]>([]);
  /** What happened to the choice; stays until the next choice. */
  notice = $state("");
  /** The notice is of seats that there are none of: they can be waited for. */
  unfit = $state(false);
  /** Said to screen readers only. */
  spoken = $state("");
  holding = $state(false);
  /** A code that goes with the seats: for a presale, or for seats that are kept for those who have it. */
  code = $state(codeInLink(location.search));
  known = $state(false);
  /** Counts up with every change of seat states, which live in typed arrays that nothing can watch. */
  version = $state(0);
  readonly search: SeatSearch;
  private others: ReadonlyMap<number, number> | null = null;
  private readonly prices: readonly (Money | undefined)[];
  private held: readonly number[] = [];
  private readonly rule: OrphanRule | null;
  private attempt = { seats: "", key: "" };

  constructor(
    readonly event: EventDetail,
    readonly plan: SeatPlan,
    readonly map: SeatMap,
    readonly words: Words,
    holds: readonly Booking[],
    private readonly news: PickerNews,
  ) {
    this.search = new SeatSearch(event, plan);
    this.prices = plan.categories.map(({ name }) => event.tiers.find((tier) => tier.name === name)?.price);
    this.takeHolds(holds);
    this.rule = event.noOrphanSeats ? new OrphanRule(plan, map.states.status) : null;
  }

  /** The visitor's own holds on this event, as they are now. */
  takeHolds(holds: readonly Booking[]): void {
    const ids = holds.flatMap((hold) => hold.seats.map((seat) => seat.id));
    this.held = ids.map((id) => seatNoOf(this.plan, id)).filter((seatNo) => seatNo >= 0);
    this.map.setMine([...this.held, ...this.chosen]);
    this.version++;
  }

  /** What will be charged: the seats, and the order fee once. */
  get total(): Money {
    const prices = this.chosen.map((seatNo) => this.priceOf(seatNo)).filter((price) => price !== undefined);
    if (prices.length > 0) prices.push(this.event.orderFee);
    return sum(prices, this.event.orderFee.currency);
  }

  priceOf(seatNo: number): Money | undefined {
    return this.prices[this.plan.category[seatNo]];
  }

  statusOf(seatNo: number): number {
    void this.version;
    return this.map.states.status[seatNo];
  }

  freeInSection(index: number): number {
    void this.version;
    return this.map.states.freeInSection[index];
  }

  get free(): number {
    void this.version;
    return this.map.states.freeInCategory.reduce((sum, free) => sum + free, 0);
  }

  freeInTier(name: string): number {
    void this.version;
    return this.map.states.freeInCategory[this.plan.categories.findIndex((category) => category.name === name)] ?? 0;
  }

  /** "Section 102, Row F, Seat 14, Regular, €49.50" and what else there is to know. */
  describe(seatNo: number): string {
    const { section, row, number } = placeOf(this.plan, seatNo);
    const price = this.priceOf(seatNo);
    const tier = this.plan.categories[this.plan.category[seatNo]].name;
    const { say } = this.words;
    const named = { section: section.name, row: row.label, number, tier, price: price ? this.words.money(price) : "" };
    const state = this.stateWord(seatNo);
    const flags = this.plan.flags[seatNo];
    const extras = [
      flags & ACCESSIBLE ? say("seat.accessible") : "",
      flags & COMPANION ? say("seat.companion") : "",
      flags & RESTRICTED_VIEW ? say("seat.restricted") : "",
      this.orphans.includes(seatNo) ? say("seat.alone") : "",
      state,
    ];
    return [say("seat.full", named), ...extras.filter(Boolean)].join(", ");
  }

  short(seatNo: number): string {
    const { section, row, number } = placeOf(this.plan, seatNo);
    return `${section.name}, ${this.words.say("seat.short", { row: row.label, number })}`;
  }

  private stateWord(seatNo: number): string {
    if (this.isMine(seatNo)) return this.words.say("seat.mine");
    const status = this.statusOf(seatNo);
    if (status === AVAILABLE) return this.others?.has(seatNo) ? this.words.say("seat.choosing") : "";
    return this.words.say(status === HELD ? "seat.held" : "seat.taken");
  }

  isMine(seatNo: number): boolean {
    return this.chosen.includes(seatNo) || this.held.includes(seatNo);
  }

  toggle(seatNo: number): void {
    if (this.holding || this.held.includes(seatNo)) return;
    const seat = this.short(seatNo);
    this.notice = "";
    this.unfit = false;
    if (this.chosen.includes(seatNo)) {
      this.choose(this.chosen.filter((other) => other !== seatNo));
      this.spoken = this.words.say("basket.removed", { seat, total: this.words.money(this.total) });
    } else if (!this.mayChoose(this.statusOf(seatNo))) {
      this.spoken = this.words.say("basket.unavailable", { seat, state: this.stateWord(seatNo) });
    } else if (this.chosen.length >= this.event.seatsPerBookingMax) {
      this.notice = this.words.say("basket.full", { max: this.event.seatsPerBookingMax });
    } else {
      this.choose([...this.chosen, seatNo]);
      this.spoken = this.words.say("basket.added", { seat, total: this.words.money(this.total) });
      // A session ready before the button is pressed saves a round trip when it counts.
      if (!hasSession()) beginSession().then(this.news.identified, () => undefined);
    }
  }

  /** Blocked seats may be opened by a code; whether they are is for the server to say. */
  private mayChoose(status: number): boolean {
    return status === AVAILABLE || (status === BLOCKED && this.code.trim() !== "");
  }

  private choose(seatNos: readonly number[]): void {
    this.chosen = seatNos;
    this.map.setMine([...this.held, ...seatNos]);
    this.news.chose(seatNos);
    this.judge();
  }

  /** Tells before the click what the server would refuse. */
  private judge(): void {
    this.orphans = this.rule?.orphans(this.chosen) ?? [];
    this.map.setWarned(this.orphans);
  }

  get orphansFit(): boolean {
    return this.chosen.length + this.orphans.length <= this.event.seatsPerBookingMax;
  }

  takeOrphans(): void {
    if (this.orphansFit) this.choose([...this.chosen, ...this.orphans]);
  }

  // ---- the sale goes on around the visitor ----

  takeSnapshot(status: Uint8Array): void {
    this.map.setStates(status);
    if (!this.known) this.preselect();
    this.known = true;
    this.afterChange();
  }

  /** Seats that a link brought along (`?seats=`), as far as they are still free. */
  private preselect(): void {
    const free = seatsInLink(location.search).map((id) => seatNoOf(this.plan, id)).filter((n) => n >= 0 && this.mayChoose(this.map.states.status[n]));
    if (free.length === 0) return;
    this.choose(free.slice(0, this.event.seatsPerBookingMax));
    this.map.showSeats(this.chosen);
  }

  takeChanges(changes: readonly SeatChange[]): void {
    this.map.applyChanges(changes);
    this.afterChange();
  }

  /** How many others have chosen a seat that nobody holds yet: to be seen, never to be refused for. */
  takeOthers(viewers: ReadonlyMap<number, number>): void {
    this.others = viewers;
    this.map.setOthers(viewers);
    this.version++;
  }

  private afterChange(): void {
    this.version++;
    if (this.holding) return;
    this.lose(this.chosen.filter((seatNo) => !this.mayChoose(this.map.states.status[seatNo])));
    this.judge();
  }

  /** These seats went to somebody else: they leave the choice, the rest stays. */
  private lose(lost: readonly number[]): void {
    if (lost.length === 0) return;
    this.choose(this.chosen.filter((seatNo) => !lost.includes(seatNo)));
    this.unfit = false;
    const values = { count: lost.length, seats: this.words.list(lost.map((seatNo) => this.short(seatNo))) };
    this.notice = this.words.say(this.chosen.length > 0 ? "race.lost" : "race.lost_all", values);
  }

  /**
   * Asks for the chosen seats, all or nothing. Answers the hold, which may be an offer of others in their place (then the
   * choice rests until `resume`), or null after saying why there is none.
   */
  async hold(): Promise<Booking | null> {
    const seatIds = this.chosen.map((seatNo) => seatIdOf(this.plan, seatNo));
    const code = this.code.trim();
    const seats = [code, ...seatIds].join();
    if (this.attempt.seats !== seats) this.attempt = { seats, key: newKey() };
    this.holding = true;
    this.notice = "";
    this.unfit = false;
    try {
      const body = { eventId: this.event.id, seatIds, ...(code ? { code } : { onConflict: "nearest" }) };
      const hold = await write<Booking>("POST", "/bookings/reserve", body, this.attempt.key);
      if (hold) tellTabs(hold.bookingId);
      return hold;
    } catch (refusal) {
      this.holding = false;
      this.refused(refusal);
      return null;
    }
  }

  /** Asks for the best seats together; they are held at once, to be taken or dropped. Null after saying why there are none. */
  async holdBest(): Promise<Booking | null> {
    this.holding = true;
    this.notice = "";
    this.unfit = false;
    try {
      const hold = await this.search.holdBest();
      if (hold) tellTabs(hold.bookingId);
      const seatNos = hold?.seats.map(({ id }) => seatNoOf(this.plan, id)) ?? [];
      this.map.setMine([...this.held, ...seatNos]);
      this.map.showSeats(seatNos);
      return hold;
    } catch (refusal) {
      this.holding = false;
      this.refused(refusal);
      return null;
    }
  }

  /** The visitor chooses on after an offer: the news says what is left of the choice. */
  resume(notice: string): void {
    this.attempt = { seats: "", key: "" };
    this.holding = false;
    this.notice = notice;
    this.map.setMine([...this.held, ...this.chosen]);
    this.news.raced();
  }

  private refused(refusal: unknown): void {
    // An answer was given and would be given again for this key; only silence is worth repeating as it was.
    if (refusal instanceof Refusal && refusal.status > 0 && refusal.status < 500) this.attempt = { seats: "", key: "" };
    if (refusal instanceof Refusal && refusal.code === "seat_unavailable") {
      const lost = refusal.conflicts.map((id) => seatNoOf(this.plan, id)).filter((seatNo) => this.chosen.includes(seatNo));
      const taken = lost.filter((seatNo) => this.map.states.status[seatNo] === AVAILABLE);
      this.map.applyChanges(taken.map((seatNo) => [seatNo, BLOCKED] as const));
      this.version++;
      this.lose(lost);
      this.news.raced();
      return;
    }
    this.notice = explain(refusal, this.words);
    this.unfit = refusal instanceof Refusal && WAITED_FOR.includes(refusal.code);
  }
}
