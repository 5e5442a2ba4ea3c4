/** The flow's memory of its own resting orders: by id, by price, and drawable at random in O(1). */
import type { Random } from '../random.ts';
import { SortedLevels } from '../sorted-levels.ts';
import type { Lots, Ticks } from '../units.ts';
import type { Side } from './market.ts';

export type FlowOrder = { readonly flowId: number; readonly side: Side; readonly price: Ticks; readonly size: Lots };

/** The better a price, the higher. */
const keyOf = (side: Side, price: number): number => (side === 'buy' ? price : -price);

export class FlowOrders {
  #nextId = 1;
  readonly #totals: Record<Side, number> = { buy: 0, sell: 0 };
  readonly #byId = new Map<number, { readonly order: FlowOrder; at: number }>();
  readonly #lists: Readonly<Record<Side, FlowOrder[]>> = { buy: [], sell: [] };
  /** By `keyOf` of the price. */
  readonly #depth: Readonly<Record<Side, SortedLevels>> = { buy: new SortedLevels(), sell: new SortedLevels() };

  /** Returns the id of the new order. */
  add({ side, price, size }: Omit<FlowOrder, 'flowId'>): number {
    const order = { flowId: this.#nextId++, side, price, size };
    this.#byId.set(order.flowId, { order, at: this.#lists[side].length });
    this.#lists[side].push(order);
    this.#totals[side] += size;
    const key = keyOf(side, price);
    this.#depth[side].set(key, this.#depth[side].sizeOf(key) + size);
    return order.flowId;
  }

  /** Forgets an order; an id that is not known (any more) is normal. */
  remove(flowId: number): void {
    const entry = this.#byId.get(flowId);
    if (!entry) return;
    const { order, at } = entry;
    const list = this.#lists[order.side];
    const last = list.pop();
    const lastEntry = last && last.flowId !== flowId ? this.#byId.get(last.flowId) : undefined;
    if (last && lastEntry) {
      list[at] = last;
      lastEntry.at = at;
    }
    this.#byId.delete(flowId);
    this.#totals[order.side] -= order.size;
    const key = keyOf(order.side, order.price);
    this.#depth[order.side].set(key, this.#depth[order.side].sizeOf(key) - order.size);
  }

  count(side: Side): number {
    return this.#lists[side].length;
  }

  /** Lots of all orders of the side. */
  total(side: Side): number {
    return this.#totals[side];
  }

  levels(side: Side): number {
    return this.#depth[side].count;
  }

  /** One order of the side, all equally likely; null when there is none. */
  draw(side: Side, random: Random): FlowOrder | null {
    const list = this.#lists[side];
    return list.length === 0 ? null : (list[random.int({ min: 0, max: list.length - 1 })] ?? null);
  }

  /**
   * Lots of this side priced no worse than `limit` for a taker (`within`), and lots that can be taken while the worst `keepLevels` levels
   * stay untouched, counted no farther than needed to cover `within` plus one more level (`spare`).
   */
  sizeWithin({ side, limit, keepLevels }: { readonly side: Side; readonly limit: number; readonly keepLevels: number }): {
    readonly within: number;
    readonly spare: number;
  } {
    const depth = this.#depth[side];
    const least = keyOf(side, limit);
    let [within, spare] = [0, 0];
    for (let n = 0; n < depth.count - keepLevels; n++) {
      const size = depth.sizeAt(n);
      spare += size;
      if (depth.keyAt(n) < least) break;
      within += size;
    }
    return { within, spare };
  }
}
