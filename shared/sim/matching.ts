/**
 * Price-time-priority limit order book of one symbol, in whole ticks and lots. Knows orders and their owners, nothing of accounts,
 * money or time. Invariants: a level's total is the sum of its orders; the book is never crossed between calls.
 */
import type { Lots, Ticks } from '../units.ts';
import { lots } from '../units.ts';
import type { Side } from './market.ts';

/** What is left of an order of `gtc`, `gtd` and `post-only` rests; the date of `gtd` is its sender's matter, not the book's. */
export type TimeInForce = 'gtc' | 'ioc' | 'fok' | 'post-only' | 'gtd';
/** What happens when an order meets one of its own owner: which of the two ends. */
export type SelfTrade = 'none' | 'expire-taker' | 'expire-maker' | 'expire-both';

export type BookOrder = {
  /** Unique among resting orders of this book. */
  readonly key: number;
  /** Whose order it is; null for the anonymous public, which trades with itself freely. */
  readonly owner: string | null;
  readonly side: Side;
  /** Null takes at any price, and then never rests. */
  readonly price: Ticks | null;
  readonly size: Lots;
  readonly timeInForce: TimeInForce;
  readonly selfTrade: SelfTrade;
};

export type BookTrade = {
  readonly makerKey: number;
  readonly takerKey: number;
  readonly takerSide: Side;
  readonly price: Ticks;
  readonly size: Lots;
  /** What the maker still has resting after this trade. */
  readonly makerLeft: Lots;
};

/** Told during `add`, each time with the book in a whole state: the listener may cancel or reduce resting orders. */
export type BookListener = {
  readonly onTrade: (trade: BookTrade) => void;
  /** A resting order ended because its owner's own order met it. */
  readonly onSelfExpired: (key: number) => void;
  /** The total of a level changed (to zero when it is gone). */
  readonly onLevel: (side: Side, price: Ticks) => void;
};

export type AddOutcome = {
  readonly end: 'rested' | 'filled' | 'left-over' | 'would-take' | 'unfillable' | 'self-trade';
  readonly filled: Lots;
};

type Node = { readonly key: number; readonly owner: string | null; left: number; level: Level; before: Node | null; after: Node | null };
type Level = { readonly price: Ticks; readonly side: Side; total: number; head: Node | null; tail: Node | null };

export type Standing = { readonly side: Side; readonly price: Ticks; readonly left: Lots; readonly ahead: Lots };

export class MatchingBook {
  /** Best price last, so that work at the touch moves few elements. */
  readonly #bids: Level[] = [];
  readonly #asks: Level[] = [];
  readonly #orders = new Map<number, Node>();
  readonly #listener: BookListener;

  constructor(listener: BookListener) {
    this.#listener = listener;
  }

  /** Takes what it may, then rests what is left unless the order has no price or is good only at once. */
  add(order: BookOrder): AddOutcome {
    if (order.timeInForce === 'post-only' && this.wouldTake(order)) return { end: 'would-take', filled: lots(0) };
    if (order.timeInForce === 'fok' && this.takeable(order) < order.size) return { end: 'unfillable', filled: lots(0) };
    const { left, stopped } = this.#take(order);
    const filled = lots(order.size - left);
    if (left === 0) return { end: 'filled', filled };
    if (stopped) return { end: 'self-trade', filled };
    if (order.price === null || order.timeInForce === 'ioc' || order.timeInForce === 'fok') return { end: 'left-over', filled };
    this.#rest({ order, price: order.price, left });
    return { end: 'rested', filled };
  }

  /** Removes a resting order; its size, or null when there is none. */
  cancel(key: number): Lots | null {
    const node = this.#orders.get(key);
    if (!node) return null;
    const left = lots(node.left);
    this.#change(node, 0);
    return left;
  }

  /** Shrinks a resting order to `size` without losing its place; growing is not possible here. */
  reduce(key: number, size: Lots): void {
    const node = this.#orders.get(key);
    if (node && size < node.left) this.#change(node, size);
  }

  leftOf(key: number): Lots | null {
    const node = this.#orders.get(key);
    return node ? lots(node.left) : null;
  }

  /** A resting order, and how many lots would trade before it does; null when none rests under that key. */
  standing(key: number): Standing | null {
    const node = this.#orders.get(key);
    if (!node) return null;
    const { side, price } = node.level;
    let ahead = 0;
    const levels = this.#side(side);
    for (let i = levels.length - 1; levels[i] !== node.level; i--) ahead += (levels[i] as Level).total;
    for (let before = node.before; before; before = before.before) ahead += before.left;
    return { side, price, left: lots(node.left), ahead: lots(ahead) };
  }

  /** Keys of the resting orders of the anonymous public. */
  publicKeys(): readonly number[] {
    return [...this.#orders.values()].filter(({ owner }) => owner === null).map(({ key }) => key);
  }

  best(side: Side): { readonly price: Ticks; readonly size: Lots } | null {
    const level = this.#side(side).at(-1);
    return level ? { price: level.price, size: lots(level.total) } : null;
  }

  sizeAt(side: Side, price: Ticks): Lots {
    const levels = this.#side(side);
    const level = levels[placeOf(levels, price, side)];
    return lots(level?.price === price ? level.total : 0);
  }

  /** Best first. */
  levels(side: Side, limit: number): readonly (readonly [price: Ticks, size: Lots])[] {
    const levels = this.#side(side);
    return levels
      .slice(Math.max(0, levels.length - limit))
      .reverse()
      .map(({ price, total }) => [price, lots(total)]);
  }

  wouldTake({ side, price }: { readonly side: Side; readonly price: Ticks | null }): boolean {
    const best = this.#side(opposite(side)).at(-1);
    return best !== undefined && crosses({ side, price, against: best.price });
  }

  /** What an order could take now, without counting orders of its own owner unless these may trade. */
  takeable(order: BookOrder): Lots {
    const levels = this.#side(opposite(order.side));
    let sum = 0;
    for (let i = levels.length - 1; i >= 0 && sum < order.size; i--) {
      const level = levels[i] as Level;
      if (!crosses({ side: order.side, price: order.price, against: level.price })) break;
      for (let node = level.head; node; node = node.after) if (!meetsItself(order, node)) sum += node.left;
    }
    return lots(sum);
  }

  #take(order: BookOrder): { readonly left: number; readonly stopped: boolean } {
    let left: number = order.size;
    for (;;) {
      const level = this.#side(opposite(order.side)).at(-1);
      const maker = level?.head;
      if (left === 0 || !level || !maker || !crosses({ side: order.side, price: order.price, against: level.price }))
        return { left, stopped: false };
      if (meetsItself(order, maker)) {
        if (order.selfTrade !== 'expire-taker') this.#expire(maker);
        if (order.selfTrade !== 'expire-maker') return { left, stopped: true };
        continue;
      }
      const size = Math.min(left, maker.left);
      left -= size;
      this.#change(maker, maker.left - size);
      this.#listener.onTrade({
        makerKey: maker.key,
        takerKey: order.key,
        takerSide: order.side,
        price: level.price,
        size: lots(size),
        makerLeft: lots(maker.left),
      });
    }
  }

  #expire(maker: Node): void {
    this.#change(maker, 0);
    this.#listener.onSelfExpired(maker.key);
  }

  #rest({ order, price, left }: { readonly order: BookOrder; readonly price: Ticks; readonly left: number }): void {
    if (this.#orders.has(order.key)) throw new Error(`Cannot rest order ${order.key}: its key rests already`);
    const levels = this.#side(order.side);
    const at = placeOf(levels, price, order.side);
    let level = levels[at];
    if (level?.price !== price) {
      level = { price, side: order.side, total: 0, head: null, tail: null };
      levels.splice(at, 0, level);
    }
    const node: Node = { key: order.key, owner: order.owner, left, level, before: level.tail, after: null };
    if (level.tail) level.tail.after = node;
    else level.head = node;
    level.tail = node;
    level.total += left;
    this.#orders.set(order.key, node);
    this.#listener.onLevel(order.side, price);
  }

  #change(node: Node, left: number): void {
    const { level } = node;
    level.total -= node.left - left;
    node.left = left;
    if (left === 0) this.#unlink(node);
    this.#listener.onLevel(level.side, level.price);
  }

  #unlink(node: Node): void {
    const { level } = node;
    if (node.before) node.before.after = node.after;
    else level.head = node.after;
    if (node.after) node.after.before = node.before;
    else level.tail = node.before;
    this.#orders.delete(node.key);
    if (level.head) return;
    const levels = this.#side(level.side);
    levels.splice(placeOf(levels, level.price, level.side), 1);
  }

  #side(side: Side): Level[] {
    return side === 'buy' ? this.#bids : this.#asks;
  }
}

export const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');

type Crossing = { readonly side: Side; readonly price: Ticks | null; readonly against: Ticks };

/** Whether an order of `side` at `price` (null: any) trades with a level at `against` of the other side. */
export const crosses = ({ side, price, against }: Crossing): boolean =>
  price === null || (side === 'buy' ? price >= against : price <= against);

const meetsItself = (order: BookOrder, maker: Node): boolean =>
  order.owner !== null && maker.owner === order.owner && order.selfTrade !== 'none';

/** Index of the level at `price`, or where it belongs: bids rise, asks fall, so that the best is last. */
function placeOf(levels: readonly Level[], price: Ticks, side: Side): number {
  let [low, high] = [0, levels.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = (levels[middle] as Level).price;
    if (side === 'buy' ? other < price : other > price) low = middle + 1;
    else high = middle;
  }
  return low;
}
