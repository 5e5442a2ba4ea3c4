/**
 * One symbol of the paper exchange: the public side is the live book, trades and mark of a real venue, seen through its adapter; own orders
 * never show there. A taking order walks the live levels, a resting one fills as `shared/sim/resting.ts` says, funding is exchanged at the venue's
 * hours at the last rate and mark it told before.
 */
import type { Mark, PublicTrade } from '../../../shared/events.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { MarketSurroundings } from '../../../shared/sim/exchange.ts';
import type { Settlement } from '../../../shared/sim/funding.ts';
import { firstId } from '../../../shared/sim/first-id.ts';
import type { Side } from '../../../shared/sim/market.ts';
import { type AddOutcome, type BookOrder, crosses, opposite } from '../../../shared/sim/matching.ts';
import { PriceFeed } from '../../../shared/sim/price-feed.ts';
import type { QueueModelName } from '../../../shared/sim/queue.ts';
import { type Due as FillDue, RestingOrders } from '../../../shared/sim/resting.ts';
import type { MarketIds } from '../../../shared/sim/saved.ts';
import { type DepthView, midOf, type PublishedView, type SymbolMarket } from '../../../shared/sim/symbol-market.ts';
import { type Atoms, lots, type Lots, parseAtoms, type Ticks } from '../../../shared/units.ts';
import type { MarketView } from '../venue.ts';
import { Levels } from './levels.ts';

/** One exchange of funding; the rate in parts of 1e-8. */
type Due = { readonly atMs: number; readonly rate: bigint };
/** What a market must not forget: prices to margin with before the stream tells new ones, and funding that was not exchanged yet. */
export type PaperMoment = {
  readonly mark: Atoms;
  readonly index: Atoms;
  readonly due: Due | null;
  /** The venue has gone on to the next hour; ours was not exchanged yet. */
  readonly owed: Settlement | null;
  readonly settledMs: number;
};

/** Ids of public trades, to know one that comes again. */
const TRADES_KEPT = 1_000;

export type PaperMarketOptions = MarketSurroundings & {
  readonly instrument: Instrument;
  readonly view: MarketView;
  readonly queueModel: QueueModelName;
  /** Of an earlier life. */
  readonly moment: PaperMoment | null;
  readonly lastTradeId: number;
};

export class PaperMarket implements SymbolMarket {
  readonly instrument: Instrument;
  readonly feed: PriceFeed;
  readonly #options: PaperMarketOptions;
  readonly #levels: Levels;
  readonly #resting: RestingOrders;
  #tradeId: number;
  #told: Mark | null = null;
  /** A mark that was not published yet. */
  #news = false;
  readonly #trades = new Set<string>();
  #moment: PaperMoment | null;

  constructor(options: PaperMarketOptions) {
    const { instrument, view, queueModel, moment, sink, startMs, lastTradeId } = options;
    this.#options = options;
    this.instrument = instrument;
    this.#levels = new Levels(() => view.book(instrument.symbol));
    this.#resting = new RestingOrders({ levels: this.#levels, queueModel });
    this.#tradeId = Math.max(lastTradeId, firstId(startMs));
    this.feed = new PriceFeed({
      ...options,
      told: true,
      history: [],
      price: 0,
      mid: () => midOf(this),
      publish: sink.publish,
      onLast: sink.onLast,
    });
    this.#moment = moment;
    if (moment) this.feed.mark.tell({ ...moment, atMs: startMs });
  }

  /** Takes in what the venue shows now; what hinders an order then, as a sentence; null when it may be matched. */
  hindrance(): string | null {
    const { symbol } = this.instrument;
    this.look();
    if (!this.#moment) return `no mark price of ${symbol} was told yet`;
    return this.#levels.live ? null : `the live book of ${symbol} is not known now`;
  }

  get moment(): PaperMoment | null {
    return this.#moment;
  }

  get ids(): Omit<MarketIds, 'order'> {
    return { update: 0, trade: this.#tradeId, aggregate: 0 };
  }

  // What the live venue tells

  /** A trade told twice, as when one connection takes over from another, counts once. */
  onTrade(trade: PublicTrade): void {
    if (this.#trades.has(trade.tradeId)) return;
    this.#trades.add(trade.tradeId);
    for (const oldest of this.#trades.size > TRADES_KEPT ? this.#trades : []) {
      this.#trades.delete(oldest);
      break;
    }
    if (this.#levels.live) this.feed.seePrice(trade.price);
    this.#fill(this.#resting.onTrade(trade));
  }

  /**
   * To be called often: book and mark are looked at, not told. While the book is not known nothing is triggered, settled or liquidated:
   * there would be nothing to match it with. It happens as soon as the book is known again.
   */
  look(): void {
    const mark = this.#options.view.mark(this.instrument.symbol);
    if (mark && mark !== this.#told) this.#onMark(mark);
    if (!this.#levels.live) return;
    this.#settle();
    if (this.#news) this.#publishMark(this.#options.nowMs());
    this.#fill(this.#resting.onBook());
  }

  // What the exchange asks

  best(side: Side): { readonly price: Ticks; readonly size: Lots } | null {
    return this.#levels.best(side);
  }

  depth(limit: number): DepthView {
    const top = (side: Side) => [...this.#levels.of(side)].slice(0, limit);
    return { lastUpdateId: this.#levels.lastUpdateId, atMs: this.#levels.atMs, bids: top('buy'), asks: top('sell'), raw: null };
  }

  /** Nobody subscribes to a paper market. */
  published(): PublishedView | null {
    return null;
  }

  submit(order: BookOrder): AddOutcome {
    if (order.timeInForce === 'post-only' && this.wouldTake(order)) return { end: 'would-take', filled: lots(0) };
    if (order.timeInForce === 'fok' && this.takeable(order) < order.size) return { end: 'unfillable', filled: lots(0) };
    const taken = this.#levels.take(order, order.size);
    this.#expireMet(order, taken.at(-1)?.price ?? null, taken.reduce((sum, { size }) => sum + size, 0) < order.size);
    for (const { price, size } of taken)
      this.#options.sink.onFill({ key: order.key, tradeId: this.nextTradeId(), price, size, maker: false });
    const filled = lots(taken.reduce((sum, { size }) => sum + size, 0));
    if (filled === order.size) return { end: 'filled', filled };
    if (order.price === null || order.timeInForce === 'ioc' || order.timeInForce === 'fok') return { end: 'left-over', filled };
    this.#resting.add({ key: order.key, side: order.side, price: order.price, size: lots(order.size - filled) });
    return { end: 'rested', filled };
  }

  cancel(key: number): Lots | null {
    return this.#resting.cancel(key);
  }

  reduce(key: number, size: Lots): void {
    this.#resting.reduce(key, size);
  }

  takeFrom(key: number, size: Lots): void {
    this.#fill([{ key, size }]);
  }

  /** The venue's filters are what they are. */
  setGrid(): boolean {
    return false;
  }

  wouldTake({ side, price }: { readonly side: Side; readonly price: Ticks | null }): boolean {
    const best = this.best(opposite(side));
    return best !== null && crosses({ side, price, against: best.price });
  }

  takeable(order: BookOrder): Lots {
    return this.#levels.reach(order, order.size);
  }

  nextTradeId(): number {
    return ++this.#tradeId;
  }

  /** Self-trade prevention as the gateway asks for everywhere: the resting order ends. Met is what stands before the last level taken. */
  #expireMet(order: BookOrder, last: Ticks | null, hasLeft: boolean): void {
    if (order.selfTrade === 'none') return;
    const price = hasLeft ? order.price : last;
    if (price === null) return;
    for (const key of this.#resting.metBy({ side: order.side, price })) {
      this.#resting.cancel(key);
      this.#options.sink.onSelfExpired(key);
    }
  }

  /** One after the other: what a fill is told to may end the next order. */
  #fill(dues: readonly FillDue[]): void {
    for (const due of dues) {
      const fill = this.#resting.fill(due);
      if (fill) this.#options.sink.onFill({ key: due.key, tradeId: this.nextTradeId(), ...fill, maker: true });
    }
  }

  /** The venue may go on to its next hour before our clock has reached the last one, or while the book is not known. */
  #onMark(told: Mark): void {
    this.#told = told;
    const [mark, index, rate] = [told.markPrice, told.indexPrice, told.fundingRate].map(atomsOf);
    if (mark === undefined || mark <= 0n) return;
    const before = this.#moment;
    const passed = before?.due && told.nextFundingMs > before.due.atMs ? { ...before.due, mark: before.mark } : null;
    const owed = passed ?? before?.owed ?? null;
    const settledMs = before?.settledMs ?? 0;
    const isNext = told.nextFundingMs > Math.max(settledMs, owed?.atMs ?? 0);
    const due = rate !== undefined && isNext ? { atMs: told.nextFundingMs, rate } : null;
    this.#moment = { mark, index: index ?? mark, due, owed, settledMs };
    this.#news = true;
    this.feed.mark.tell({ ...this.#moment, atMs: this.#options.nowMs() });
  }

  /** Funding due meanwhile, also while nobody ran, is exchanged at what was last told before it. */
  #settle(): void {
    const moment = this.#moment;
    if (!moment) return;
    const reached = moment.due && this.#options.nowMs() >= moment.due.atMs ? { ...moment.due, mark: moment.mark } : null;
    for (const settlement of [moment.owed, reached]) {
      if (!settlement) continue;
      this.feed.mark.funding.settle(settlement);
      this.#publishMark(settlement.atMs);
      this.#moment = { ...moment, owed: null, due: reached ? null : moment.due, settledMs: settlement.atMs };
    }
  }

  #publishMark(atMs: number): void {
    this.#news = false;
    this.#options.sink.publish({ kind: 'mark', symbol: this.instrument.symbol, atMs });
  }
}

/** Money and rates have eight decimals at most on the wire; finer ones are cut. */
const atomsOf = (text: string): Atoms | undefined => parseAtoms(text.replace(/(\.\d{8})\d+$/, '$1')) ?? undefined;
