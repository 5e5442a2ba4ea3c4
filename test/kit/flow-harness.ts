/** Runs a flow against the matching engine alone, without wire or clock, and lets a test watch each moment. */
import { makeInstrument, type Instrument } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import type { Common } from '../../shared/sim/common-move.ts';
import type { PriceSource } from '../../shared/sim/fair-price.ts';
import { makeFlow } from '../../shared/sim/flow.ts';
import type { FlowProfile } from '../../shared/sim/flow-profile.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import type { FlowAction, FlowView, Side } from '../../shared/sim/market.ts';
import { type BookTrade, MatchingBook } from '../../shared/sim/matching.ts';
import { type Lots, lots, type Ticks } from '../../shared/units.ts';

/** Keys of a test's own orders start here, far above any flow id. */
export const OWN_KEYS_FROM = 1_000_000_000;

export function simInstrument(symbol: string): { readonly instrument: Instrument; readonly startPrice: number } {
  const found = findInstrument(symbol);
  if (!found) throw new Error(`No simulated instrument ${symbol}`);
  const instrument = makeInstrument(found.spec);
  if (typeof instrument === 'string') throw new Error(instrument);
  return { instrument, startPrice: found.startPrice };
}

export type HarnessOptions = {
  readonly symbol?: string;
  readonly seed: number;
  readonly profile?: FlowProfile;
  readonly common?: Common | null;
  readonly path?: PriceSource;
};

export class FlowHarness {
  readonly instrument: Instrument;
  readonly trades: (BookTrade & { readonly atMs: number })[] = [];
  readonly actions: FlowAction[] = [];
  /** Resting flow orders by id. */
  readonly resting = new Map<number, Side>();
  /** What the flow did that it must never do. */
  readonly faults: string[] = [];
  atMs = 0;
  #own = OWN_KEYS_FROM;
  readonly #flow;
  readonly #book: MatchingBook;

  constructor({ symbol = 'BTCUSDT', seed, profile = 'normal', common = null, path }: HarnessOptions) {
    const { instrument, startPrice } = simInstrument(symbol);
    this.instrument = instrument;
    this.#book = new MatchingBook({
      onTrade: (trade) => this.#onTrade(trade),
      onSelfExpired: () => {},
      onLevel: () => {},
    });
    this.#flow = makeFlow({ instrument, random: new Random(seed), startPrice, profile, common, ...(path ? { path } : {}) });
    for (const action of this.#flow.opening()) this.#perform(action);
  }

  view(): FlowView {
    return { bestBid: this.#book.best('buy')?.price ?? null, bestAsk: this.#book.best('sell')?.price ?? null };
  }

  /** Price levels of a side, own orders included, best first. */
  levels(side: Side): readonly (readonly [price: Ticks, size: Lots])[] {
    return this.#book.levels(side, 5_000);
  }

  /** One act of the flow, at its time. */
  step(): FlowView {
    this.atMs += this.#flow.nextDelayMs();
    for (const action of this.#flow.act(this.view())) this.#perform(action);
    return this.view();
  }

  runFor(ms: number, watch: (view: FlowView) => void = () => {}): void {
    for (const endMs = this.atMs + ms; this.atMs < endMs; ) watch(this.step());
  }

  /** An order of a user; a null price is a market order. Returns its key. */
  own(side: Side, price: Ticks | null, size: number): number {
    const key = this.#own++;
    this.#book.add({ key, owner: 'me', side, price, size: lots(size), timeInForce: 'gtc', selfTrade: 'none' });
    return key;
  }

  cancelOwn(key: number): void {
    this.#book.cancel(key);
  }

  #perform(action: FlowAction): void {
    this.actions.push(action);
    if (action.kind === 'cancel') {
      if (!this.resting.delete(action.flowId)) this.faults.push(`cancels ${action.flowId}, which does not rest`);
      this.#book.cancel(action.flowId);
      return;
    }
    const common = { owner: null, side: action.side, size: action.size, selfTrade: 'none' } as const;
    if (action.kind === 'market') {
      const { filled } = this.#book.add({ ...common, key: -1, price: null, timeInForce: 'ioc' });
      if (filled < action.size) this.faults.push(`a market ${action.side} of ${action.size} found only ${filled}`);
      return;
    }
    const { end } = this.#book.add({ ...common, key: action.flowId, price: action.price, timeInForce: 'gtc' });
    if (end !== 'rested') this.faults.push(`a limit ${action.side} at ${action.price} took: ${end}`);
    this.resting.set(action.flowId, action.side);
  }

  #onTrade(trade: BookTrade): void {
    this.trades.push({ ...trade, atMs: this.atMs });
    if (trade.makerLeft > 0 || trade.makerKey >= OWN_KEYS_FROM) return;
    this.resting.delete(trade.makerKey);
    this.#flow.gone(trade.makerKey);
  }
}
