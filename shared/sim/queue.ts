/**
 * Where own orders stand in line while a recording plays. An order joins behind the size visible at its price; trades at that price
 * eat the line and then the order; a trade beyond that price proves that the line is gone and fills the order whole. A recording's
 * trades do not shrink because we took part: own fills are extra, which is right only for orders small against the book.
 * Models differ in what a depth decrease that no trade explains means, that is, how much of it stood before us:
 * - 'risk-averse' (default): nothing, everybody cancelled behind us; only trades move us.
 * - 'proportional': cancels are spread evenly over the line, so the part ahead shrinks with the level.
 * - 'log-proportional', 'square-proportional': those near the end cancel more, because who stands in front has more to lose: the part
 *   that cancelled behind us is f(behind) / (f(behind) + f(ahead)) with f = log(1 + x) or x^2 (the probability models of hftbacktest).
 * Under all, nobody stands behind more than is visible, and what is left over on one side of us is taken from the other. Depth that
 * arrives before the trade it reflects makes all but 'risk-averse' count that trade twice, in our favour.
 */
import { type Lots, lots, type Ticks } from '../units.ts';
import type { Side } from './market.ts';

export const QUEUE_MODELS = ['risk-averse', 'proportional', 'log-proportional', 'square-proportional'] as const;
export type QueueModelName = (typeof QUEUE_MODELS)[number];
export type QueueOrder = {
  readonly id: string;
  readonly side: Side;
  readonly price: Ticks;
  readonly size: Lots;
  readonly visibleAhead: Lots;
};
export type QueueTrade = { readonly price: Ticks; readonly size: Lots; readonly aggressor: Side };
/** Fills are at the order's own limit price. */
export type QueueFill = { readonly id: string; readonly size: Lots; readonly price: Ticks };

type Resting = { readonly id: string; readonly price: Ticks; left: number; ahead: number };
/** `visible` is the public size last known at the price, `traded` what traded there since: depth will show that later. */
type Line = { readonly orders: Resting[]; visible: number; traded: number };

export class QueueModel {
  readonly #model: QueueModelName;
  readonly #lines: Readonly<Record<Side, Map<number, Line>>> = { buy: new Map(), sell: new Map() };
  readonly #sides = new Map<string, { readonly side: Side; readonly price: Ticks }>();

  constructor({ model = 'risk-averse' }: { readonly model?: QueueModelName } = {}) {
    this.#model = model;
  }

  /** Joins the line behind `visibleAhead` and behind own orders placed there before. Throws on a reused id. */
  place({ id, side, price, size, visibleAhead }: QueueOrder): void {
    if (this.#sides.has(id)) throw new Error(`Cannot place ${JSON.stringify(id)}: it is already in the queue`);
    const line = this.#lines[side].get(price) ?? { orders: [], visible: visibleAhead, traded: 0 };
    see(line, visibleAhead);
    line.orders.push({ id, price, left: size, ahead: visibleAhead });
    this.#lines[side].set(price, line);
    this.#sides.set(id, { side, price });
  }

  /** True when the order was resting. */
  cancel(id: string): boolean {
    const at = this.#sides.get(id);
    if (!at) return false;
    const line = this.#lines[at.side].get(at.price);
    const rest = line?.orders.filter((order) => order.id !== id) ?? [];
    if (line && rest.length > 0) line.orders.splice(0, line.orders.length, ...rest);
    else this.#lines[at.side].delete(at.price);
    return this.#sides.delete(id);
  }

  /** Lots that still stand before the order; null when it does not rest here. */
  aheadOf(id: string): Lots | null {
    const at = this.#sides.get(id);
    const order = at && this.#lines[at.side].get(at.price)?.orders.find((one) => one.id === id);
    return order ? lots(order.ahead) : null;
  }

  /** Books a public trade; fills come best price first and, at one price, oldest order first. */
  onTrade({ price, size, aggressor }: QueueTrade): readonly QueueFill[] {
    const side: Side = aggressor === 'buy' ? 'sell' : 'buy';
    const fills: QueueFill[] = [];
    for (const at of this.#reached(side, price)) {
      const line = this.#lines[side].get(at);
      if (line) fills.push(...(at === price ? eat(line, size) : sweep(line)));
    }
    this.#forgetFilled(side, fills);
    return fills;
  }

  /** Whether own orders stand there. */
  waitsAt(side: Side, price: Ticks): boolean {
    return this.#lines[side].has(price);
  }

  /** Tells the public size now visible at a price; prices without own orders are ignored. */
  onDepth({ side, price, visible }: { readonly side: Side; readonly price: Ticks; readonly visible: Lots }): void {
    const line = this.#lines[side].get(price);
    if (!line) return;
    const unexplained = line.visible - line.traded - visible;
    if (unexplained > 0) shrink(line, unexplained, WEIGHTS[this.#model]);
    see(line, visible);
  }

  /** Own price levels a trade at `price` reaches, best first. */
  #reached(side: Side, price: number): number[] {
    const prices = [...this.#lines[side].keys()];
    return side === 'buy'
      ? prices.filter((at) => at >= price).sort((a, b) => b - a)
      : prices.filter((at) => at <= price).sort((a, b) => a - b);
  }

  #forgetFilled(side: Side, fills: readonly QueueFill[]): void {
    for (const { id, price } of fills) {
      const line = this.#lines[side].get(price);
      const order = line?.orders.find((one) => one.id === id);
      if (order?.left === 0) this.cancel(id);
    }
  }
}

/** A trade at the line's price: first the strangers ahead, then own orders, each with its own part of the line. */
function eat(line: Line, size: number): QueueFill[] {
  const fills: QueueFill[] = [];
  let own = 0; // lots of this trade that own orders further ahead took
  for (const order of line.orders) {
    const waited = Math.min(order.ahead, size - own);
    order.ahead -= waited;
    const filled = Math.min(order.left, size - own - waited);
    if (filled > 0) fills.push(fill(order, filled));
    own += Math.max(0, filled);
  }
  line.traded += size;
  return fills;
}

/** A trade beyond the line's price: everything there is gone. */
function sweep(line: Line): QueueFill[] {
  line.traded = line.visible;
  return line.orders.map((order) => {
    order.ahead = 0;
    return fill(order, order.left);
  });
}

function fill(order: Resting, size: number): QueueFill {
  order.left -= size;
  return { id: order.id, size: lots(size), price: order.price };
}

/** How heavily lots of a line weigh when its cancels are shared out before and behind us; null takes none from before us. */
const WEIGHTS: Readonly<Record<QueueModelName, ((size: number) => number) | null>> = {
  'risk-averse': null,
  proportional: (size) => size,
  'log-proportional': (size) => Math.log1p(size),
  'square-proportional': (size) => size ** 2,
};

/** The cancels of strangers, shared out between those before and those behind each own order. */
function shrink(line: Line, canceled: number, weigh: ((size: number) => number) | null): void {
  if (weigh === null) return;
  const before = line.visible - line.traded;
  for (const order of line.orders) {
    const behind = Math.max(0, before - order.ahead);
    const [weightAhead, weightBehind] = [weigh(order.ahead), weigh(behind)];
    if (weightAhead + weightBehind === 0) continue;
    const fromBehind = Math.min(behind, (canceled * weightBehind) / (weightAhead + weightBehind));
    order.ahead = Math.max(0, Math.ceil(order.ahead - (canceled - fromBehind)));
  }
}

/** Takes in the public size now at the price. Nobody can stand behind more than all of it, whatever the model. */
function see(line: Line, visible: number): void {
  line.visible = visible;
  line.traded = 0;
  for (const order of line.orders) order.ahead = Math.min(order.ahead, visible);
}
