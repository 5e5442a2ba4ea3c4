/**
 * The market of one symbol in a backtest on K-lines: one price at a time, bid and ask a fixed share beside it and deep enough for any order.
 * What takes is filled there at once; what would rest is not known to a bar, so it is refused by whoever asks. Mark price and funding are told.
 */
import type { Instrument } from '../../../shared/instrument.ts';
import type { MarketSurroundings } from '../../../shared/sim/exchange.ts';
import { firstId } from '../../../shared/sim/first-id.ts';
import type { Settlement } from '../../../shared/sim/funding.ts';
import type { Side } from '../../../shared/sim/market.ts';
import { type AddOutcome, type BookOrder, crosses, opposite } from '../../../shared/sim/matching.ts';
import { PriceFeed } from '../../../shared/sim/price-feed.ts';
import type { MarketIds } from '../../../shared/sim/saved.ts';
import type { DepthView, SymbolMarket } from '../../../shared/sim/symbol-market.ts';
import { type Atoms, atoms, lots, type Lots, type Ticks, ticks } from '../../../shared/units.ts';

const BPS = 10_000;

export type BarMarketOptions = MarketSurroundings & {
  readonly instrument: Instrument;
  /** What a taker pays beside the price of the bar: half of the spread, and slippage; basis points. */
  readonly takerCostBps: number;
  readonly startPrice: Ticks;
};

export class BarMarket implements SymbolMarket {
  readonly instrument: Instrument;
  readonly #feed: PriceFeed;
  readonly #options: BarMarketOptions;
  readonly #markPerTick: bigint;
  readonly #takerCostBps: number;
  #price: Ticks;
  /** When it got there; null once the mark has been told. */
  #movedMs: number | null = null;
  #tradeId: number;

  constructor(options: BarMarketOptions) {
    const { instrument, sink, startMs, startPrice } = options;
    this.#options = options;
    this.#takerCostBps = options.takerCostBps;
    this.instrument = instrument;
    this.#price = startPrice;
    this.#tradeId = firstId(startMs);
    this.#markPerTick = BigInt(Math.round(Number(instrument.tickSize) * 1e8));
    const silent = { told: true, history: [], price: 0, mid: () => this.#price, publish: sink.publish, onLast: sink.onLast };
    this.#feed = new PriceFeed({ ...options, ...silent });
    this.move(startPrice, startMs);
  }

  /** The mark goes with the price: it is told when somebody looks, for most moves nobody does. */
  get feed(): PriceFeed {
    if (this.#movedMs !== null) {
      const mark = this.markOf(this.#price);
      this.#feed.mark.tell({ mark, index: mark, atMs: this.#movedMs });
      this.#movedMs = null;
    }
    return this.#feed;
  }

  get price(): Ticks {
    return this.#price;
  }

  get ids(): Omit<MarketIds, 'order'> {
    return { update: 0, trade: this.#tradeId, aggregate: 0 };
  }

  /** The price, and the mark with it; nobody is told. */
  move(price: Ticks, atMs: number): void {
    this.#price = price;
    this.#movedMs = atMs;
  }

  markOf(price: Ticks): Atoms {
    return atoms(BigInt(price) * this.#markPerTick);
  }

  /** The venue looks at the accounts: margin, and the funding that was settled at just this time. */
  judge(atMs: number): void {
    this.#options.sink.publish({ kind: 'mark', symbol: this.instrument.symbol, atMs });
  }

  settle(settlement: Settlement): void {
    this.feed.mark.funding.settle(settlement);
    this.judge(settlement.atMs);
  }

  /** What one trades at when one takes from that side, at a price of the bar; never better than one tick beside it. */
  touch(side: Side, price: Ticks = this.#price): Ticks {
    const beside = Math.max(1, Math.ceil((price * this.#takerCostBps) / BPS));
    return ticks(side === 'buy' ? Math.max(1, price - beside) : price + beside);
  }

  best(side: Side): { readonly price: Ticks; readonly size: Lots } {
    return { price: this.touch(side), size: this.instrument.maxLots };
  }

  depth(): DepthView {
    const level = (side: Side) => [[this.touch(side), this.instrument.maxLots] as const];
    return { lastUpdateId: 0, atMs: this.#options.nowMs(), bids: level('buy'), asks: level('sell'), raw: null };
  }

  published(): null {
    return null;
  }

  submit(order: BookOrder): AddOutcome {
    if (!this.wouldTake(order)) return { end: order.timeInForce === 'fok' ? 'unfillable' : 'left-over', filled: lots(0) };
    if (order.timeInForce === 'post-only') return { end: 'would-take', filled: lots(0) };
    const price = this.touch(opposite(order.side));
    this.#options.sink.onFill({ key: order.key, tradeId: this.nextTradeId(), price, size: order.size, maker: false });
    return { end: 'filled', filled: order.size };
  }

  cancel(): null {
    return null;
  }

  reduce(): void {}

  takeFrom(): void {}

  setGrid(): boolean {
    return false;
  }

  wouldTake({ side, price }: { readonly side: Side; readonly price: Ticks | null }): boolean {
    return crosses({ side, price, against: this.touch(opposite(side)) });
  }

  takeable(order: BookOrder): Lots {
    return this.wouldTake(order) ? order.size : lots(0);
  }

  nextTradeId(): number {
    return ++this.#tradeId;
  }
}
