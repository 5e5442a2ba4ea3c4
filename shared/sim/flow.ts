/**
 * The anonymous public of a simulated market: a zero-intelligence-plus order flow, pure and deterministic from its seed.
 * - A latent fair price (fair-price.ts) moves by itself; the flow's orders only follow it.
 * - Resting orders: placed around the fair price at power-law distances, never across the spread, with log-normal sizes. When the spread
 *   is wide, somebody improves it within milliseconds. The book holds about `target` orders a side, about twice as many at most; cancels
 *   take the order that is farther from the fair price of two drawn at random, so what a trend left behind goes first.
 * - Market orders: informed ones sweep towards the fair price when it lies beyond the best price; noise ones have Pareto sizes; now and
 *   then a stop run sweeps several basis points at once. They excite each other (a decaying activity raises their rate) and keep their
 *   direction more often than not, so trades cluster in time and side.
 * - Safety: a market order never takes the last `keepLevels` of the flow's own levels, a limit price always stays behind the opposite best
 *   price of the view, and the fair price is held within reach of the market, so that a large order of the user slows the flow but
 *   never breaks it. The flow's own order sizes are an upper bound (partial fills are not told), which only makes it the more careful.
 * One act costs O(log n) and, for a sweep, the levels it takes.
 */
import type { Instrument } from '../instrument.ts';
import type { Random } from '../random.ts';
import { type Lots, lots, type Ticks, ticks } from '../units.ts';
import type { Common } from './common-move.ts';
import { FairPrice, type PriceSource } from './fair-price.ts';
import { FlowOrders } from './flow-orders.ts';
import { type FlowProfile, PROFILES, type Temper } from './flow-profile.ts';
import type { FlowAction, FlowMarket, FlowView, Side } from './market.ts';

export type FlowOptions = {
  readonly instrument: Instrument;
  readonly random: Random;
  /** Fair price at the start, quote units. */
  readonly startPrice: number;
  readonly profile: FlowProfile;
  /** What moves this symbol together with others; absent: it moves by itself. */
  readonly common?: Common | null;
  /** The fair price to follow instead of a seeded one. */
  readonly path?: PriceSource;
};

export const makeFlow = (options: FlowOptions): FlowMarket => new Flow(options);

/** Resting orders a side, at most: so many times what the flow steers to. */
const SIDE_FACTOR_MAX = 2.2;
/** Milliseconds until somebody reacts to a wide spread. */
const REACTION_MS = 2;
/** Quote units. */
const MARKET_QUOTE = 350;
/** How much one market order excites the next: added to the activity, which decays, and multiplies the rate of noise and stop runs. */
const EXCITATION = 0.25;
const ACTIVITY_MAX = 4;
const ACTIVITY_DECAY_MS = 4_000;
/** Part of the activity that hastens everything else. */
const HASTE = 0.4;

/** Rate of informed market orders while the fair price is one typical distance beyond the best price. */
const INFORMED_A_SECOND = 0.5;
/** Farthest an informed order sweeps, and what a stop run sweeps on average beyond one basis point; parts of the price. */
const SWEEP_MAX = 6e-4;
const RUN_MEAN = 2.5e-4;
/** A market order takes at most this part of what the flow has on that side. */
const TAKE_SHARE_MAX = 0.3;

/** `reach` is how far beyond the best price it sweeps, ticks; 0 is an order of a size of its own. */
type Taker = { readonly side: Side; readonly reach: number };

class Flow implements FlowMarket {
  readonly instrument: Instrument;
  readonly #random: Random;
  readonly #fair: PriceSource;
  readonly #orders: FlowOrders;
  readonly #temper: Temper;
  /** Typical distance of a limit order from the best price, ticks. */
  readonly #reach: number;
  #delayMs = 0;
  #activity = 0;
  #lastSide: Side = 'buy';
  #wide = false;

  constructor({ instrument, random, startPrice, profile, common = null, path }: FlowOptions) {
    this.instrument = instrument;
    this.#random = random;
    this.#temper = PROFILES[profile].temper;
    const price = startPrice / Number(instrument.tickSize);
    this.#fair = path ?? new FairPrice({ random: random.fork('fair price'), price, profile, common });
    this.#orders = new FlowOrders();
    this.#reach = Math.max(3, price * this.#temper.reach);
  }

  opening(): readonly FlowAction[] {
    const actions: FlowAction[] = [];
    const middle = Math.floor(this.#fair.price);
    for (let i = 0; i < this.#temper.target; i++) {
      const away = i < 2 * 12 ? i >> 1 : Math.floor(this.#distance());
      actions.push(this.#limit('buy', middle - away), this.#limit('sell', middle + 1 + away));
    }
    return actions;
  }

  nextDelayMs(): number {
    const pace = this.#temper.actMs / ((1 + HASTE * this.#activity) * this.#fair.pace);
    this.#delayMs = this.#random.exponential(this.#wide ? REACTION_MS : pace);
    return this.#delayMs;
  }

  act(view: FlowView): readonly FlowAction[] {
    this.#activity *= Math.exp(-this.#delayMs / ACTIVITY_DECAY_MS);
    this.#fair.advance(this.#delayMs);
    this.#fair.hold(view);
    const spread = view.bestBid === null || view.bestAsk === null ? Number.POSITIVE_INFINITY : view.bestAsk - view.bestBid;
    this.#wide = false;
    const { wideTicks, tighten } = this.#temper;
    if (spread > 1 && this.#random.chance(spread > wideTicks ? 1 : tighten * (spread - 1))) return this.#tighten(view);
    const taker = this.#taker(view);
    return taker === null ? this.#rest(view) : this.#take(taker, view);
  }

  gone(flowId: number): void {
    this.#orders.remove(flowId);
  }

  /** Improves the price of one side by filling the spread up to a gap of usual width, on the side that the fair price favours. */
  #tighten(view: FlowView): readonly FlowAction[] {
    const middle = this.#fair.price;
    const [bid, ask] = [view.bestBid ?? Math.floor(middle) - 1, view.bestAsk ?? Math.ceil(middle) + 1];
    const side: Side = view.bestBid === null || (view.bestAsk !== null && middle > (bid + ask) / 2) ? 'buy' : 'sell';
    const gap = this.#temper.gapTicks * (this.#random.chance(0.75) ? 1 : this.#random.int({ min: 2, max: 3 }));
    const aim = side === 'buy' ? Math.min(ask - gap, Math.floor(middle)) : Math.max(bid + gap, Math.ceil(middle));
    const price =
      side === 'buy' ? Math.max(aim, view.bestBid === null ? aim : bid + 1) : Math.min(aim, view.bestAsk === null ? aim : ask - 1);
    this.#wide = (side === 'buy' ? ask - price : price - bid) > this.#temper.wideTicks;
    return [this.#limit(side, behind(view, side, price))];
  }

  /** The market order somebody wants to send now, or null. */
  #taker({ bestBid, bestAsk }: FlowView): Taker | null {
    if (bestBid === null || bestAsk === null) return null;
    const fair = this.#fair.price;
    const beyond = Math.max(fair - bestAsk, bestBid - fair, 0);
    const { noise, runs, reach: typical } = this.#temper;
    const rates = {
      informed: (INFORMED_A_SECOND * beyond) / Math.max(1, fair * typical),
      noise: noise * this.#fair.pace * (1 + this.#activity),
      run: runs * this.#fair.pace,
    };
    const total = rates.informed + rates.noise + rates.run;
    if (!this.#random.chance(1 - Math.exp((-total * this.#delayMs) / 1_000))) return null;
    const drawn = this.#random.float() * total;
    if (drawn < rates.informed) return { side: fair > bestAsk ? 'buy' : 'sell', reach: Math.min(beyond, fair * SWEEP_MAX) };
    const same = this.#random.chance(0.55 + 0.04 * this.#activity) === (this.#lastSide === 'buy');
    const reach = drawn < rates.informed + rates.run ? fair * (1e-4 + this.#random.exponential(RUN_MEAN)) : 0;
    return { side: same ? 'buy' : 'sell', reach };
  }

  /** Takes all within reach, or some of the best level, as far as the flow can spare it. */
  #take({ side, reach }: Taker, view: FlowView): readonly FlowAction[] {
    const best = (side === 'buy' ? view.bestAsk : view.bestBid) ?? 0;
    const { within, spare } = this.#orders.sizeWithin({
      side: opposite(side),
      limit: side === 'buy' ? best + reach : best - reach,
      keepLevels: this.#temper.keepLevels,
    });
    const noise = this.#lotsOf(MARKET_QUOTE * Math.min(60, (1 - this.#random.float()) ** (-1 / 1.3)));
    const wanted = reach > 0 ? Math.max(noise, within * (0.7 + 0.3 * this.#random.float())) : noise;
    const size = Math.floor(Math.min(wanted, spare, this.#orders.total(opposite(side)) * TAKE_SHARE_MAX, this.instrument.maxMarketLots));
    if (size < this.instrument.minLots) return this.#rest(view);
    this.#activity = Math.min(ACTIVITY_MAX, this.#activity + EXCITATION);
    this.#lastSide = side;
    this.#wide = true;
    return [{ kind: 'market', side, size: lots(size) }];
  }

  /** Places an order or two, cancels one, or moves one, so that each side stays near its target. */
  #rest(view: FlowView): readonly FlowAction[] {
    const side: Side = this.#orders.count('buy') < this.#orders.count('sell') === this.#random.chance(0.8) ? 'buy' : 'sell';
    const count = this.#orders.count(side);
    const { target, keepLevels } = this.#temper;
    if (count < target / 2) return [this.#quote(side, view), this.#quote(side, view)];
    const cancels =
      count >= SIDE_FACTOR_MAX * target || (this.#orders.levels(side) > keepLevels && this.#random.chance((0.5 * count) / target));
    if (!cancels) return [this.#quote(side, view)];
    return this.#random.chance(0.35) ? [...this.#cancel(side), this.#quote(side, view)] : this.#cancel(side);
  }

  /** A limit order some way behind the market. */
  #quote(side: Side, view: FlowView): FlowAction {
    const away = side === 'buy' ? -this.#distance() : this.#distance();
    return this.#limit(side, behind(view, side, this.#anchor(side, view) + away));
  }

  /** Where limit orders of a side start: the fair price or the opposite best price, whichever is farther back. */
  #anchor(side: Side, { bestBid, bestAsk }: FlowView): number {
    const fair = this.#fair.price;
    return side === 'buy' ? Math.min(Math.floor(fair), (bestAsk ?? fair + 1) - 1) : Math.max(Math.ceil(fair), (bestBid ?? fair - 1) + 1);
  }

  #cancel(side: Side): readonly FlowAction[] {
    const [one, two] = [this.#orders.draw(side, this.#random), this.#orders.draw(side, this.#random)];
    if (!one || !two) return [];
    const farther = Math.abs(one.price - this.#fair.price) >= Math.abs(two.price - this.#fair.price) ? one : two;
    this.#orders.remove(farther.flowId);
    return [{ kind: 'cancel', flowId: farther.flowId }];
  }

  #limit(side: Side, wanted: number): FlowAction {
    const price: Ticks = ticks(Math.min(this.instrument.maxPriceTicks, Math.max(this.instrument.minPriceTicks, Math.round(wanted))));
    const size = this.#lotsOf(this.#temper.limitQuote * this.#fair.depth * Math.exp(Math.min(3.2, 1.2 * this.#random.normal()) - 0.3));
    return { kind: 'limit', flowId: this.#orders.add({ side, price, size }), side, price, size };
  }

  /** Power-law distance in ticks, at least 0. */
  #distance(): number {
    const far = (1 - this.#random.float()) ** (-1 / 1.1) - 1;
    return this.#reach * Math.min(far, 60);
  }

  #lotsOf(quote: number): Lots {
    const oneLot = this.#fair.price * Number(this.instrument.tickSize) * Number(this.instrument.stepSize);
    return lots(Math.min(this.instrument.maxLots, Math.max(this.instrument.minLots, Math.round(quote / oneLot))));
  }
}

/** The nearest price to `wanted` that does not cross the view. */
function behind({ bestBid, bestAsk }: FlowView, side: Side, wanted: number): number {
  if (side === 'buy') return bestAsk === null ? Math.floor(wanted) : Math.min(Math.floor(wanted), bestAsk - 1);
  return bestBid === null ? Math.ceil(wanted) : Math.max(Math.ceil(wanted), bestBid + 1);
}

const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');
