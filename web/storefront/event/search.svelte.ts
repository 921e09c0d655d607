import { SvelteSet } from "svelte/reactivity";
import type { SeatFilter, SeatPlan } from "../../seatmap";
import { ACCESSIBLE } from "../../seatmap";
import type { Booking, EventDetail } from "../api";
import { newKey, Refusal, write } from "../api";
import type { Money } from "../words";
import { sum } from "../words";

/** What the visitor is looking for: which tiers, up to which price, wheelchair spaces, how many together. */
export class SeatSearch {
  /** Names; none: every tier. */
  readonly tiers = new SvelteSet<string>();
  /** Amount of the dearest price that is welcome; "": any. */
  priceCap = $state("");
  accessible = $state(false);
  quantity = $state(2);
  /** Whether the house has wheelchair spaces at all. */
  readonly hasAccessible: boolean;

  constructor(
    private readonly event: EventDetail,
    private readonly plan: SeatPlan,
  ) {
    this.quantity = Math.min(2, event.seatsPerBookingMax);
    this.hasAccessible = plan.flags.some((flags) => (flags & ACCESSIBLE) !== 0);
  }

  /** Every price once, the lowest first. */
  get prices(): Money[] {
    const prices = this.event.tiers.map(({ price }) => price).sort((a, b) => Number(a.amount) - Number(b.amount));
    return prices.filter(({ amount }, index) => amount !== prices[index - 1]?.amount);
  }

  toggleTier(name: string): void {
    if (!this.tiers.delete(name)) this.tiers.add(name);
  }

  private get wanted(): EventDetail["tiers"] {
    const cap = this.priceCap === "" ? Infinity : Number(this.priceCap);
    return this.event.tiers.filter(
      ({ name, price }) => (this.tiers.size === 0 || this.tiers.has(name)) && Number(price.amount) <= cap,
    );
  }

  get filter(): SeatFilter {
    const all = this.wanted.length === this.event.tiers.length;
    const names = this.wanted.map(({ name }) => name);
    const fitting = this.plan.categories.map((_, index) => index).filter((index) => names.includes(this.plan.categories[index].name));
    return { categories: all ? null : fitting, accessible: this.accessible };
  }

  /** Holds the best seats side by side that fit. Rejects with the Refusal that says why not. */
  async holdBest(): Promise<Booking | null> {
    const { wanted, quantity } = this;
    if (wanted.length === 0) throw new Refusal(409, "nothing_fits");
    const dearest = wanted.length < this.event.tiers.length && this.prices.findLast((price) => wanted.some((tier) => tier.price.amount === price.amount));
    const body = {
      eventId: this.event.id,
      quantity,
      together: true,
      ...(wanted.length === 1 && { tier: wanted[0].name }),
      ...(this.accessible && { accessible: quantity }),
      ...(dearest && { maxTotal: sum([times(dearest, quantity), this.event.orderFee], dearest.currency) }),
    };
    return await write<Booking>("POST", "/bookings/best-available", body, newKey());
  }
}

/** So many times a price, exactly. */
function times({ amount, currency }: Money, count: number): Money {
  const [whole, part = ""] = amount.split(".");
  const digits = (BigInt(whole + part) * BigInt(count)).toString().padStart(part.length + 1, "0");
  return { amount: part ? `${digits.slice(0, -part.length)}.${digits.slice(-part.length)}` : digits, currency };
}
