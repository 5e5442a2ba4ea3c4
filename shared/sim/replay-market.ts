/**
 * A symbol whose public is a recording. Its frames pass through unchanged; own orders never enter the public book: a taking order
 * executes against the book the recording shows at that moment, a resting one fills from the recorded trades by the queue model.
 */
import { firstId } from './first-id.ts';
import type { Grid } from './listing.ts';
import type { Instrument } from '../instrument.ts';
import { parsePrice, parseSize } from '../instrument.ts';
import { lots, type Lots, type Ticks } from '../units.ts';
import type { Agenda } from './agenda.ts';
import type { MarketEvent, PriceSize } from './exchange-events.ts';
import type { Bar, Level, Side, TapeFrame } from './market.ts';
import { type AddOutcome, type BookOrder, crosses, opposite } from './matching.ts';
import { PriceFeed } from './price-feed.ts';
import { QueueModel, type QueueModelName } from './queue.ts';
import { type DepthView, type MarketSink, midOf, type PublishedView, type SymbolMarket } from './symbol-market.ts';
import { ScannedDepth } from './tape-quick.ts';
import { StepScale } from './step-scale.ts';
import { StepBook, type StepSnapshot } from './step-book.ts';

export type Snapshot = Extract<TapeFrame, { kind: 'snapshot' }>;
type TradeFrame = Extract<TapeFrame, { kind: 'trade' }>;

export type ReplayMarketOptions = {
  readonly instrument: Instrument;
  /** The recording's own snapshot, served until the recording has reached it. */
  readonly snapshot: Snapshot;
  readonly history: readonly Bar[];
  /** Where own resting orders stand in line. */
  readonly queueModel: QueueModelName;
  /** Nobody asks for what was: neither earlier states of its book are kept, nor trades or bars. */
  readonly lean?: boolean;
  readonly startMs: number;
  readonly startPrice: number;
  readonly agenda: Agenda;
  readonly nowMs: () => number;
  readonly sink: MarketSink;
};

const DEPTH_MAX = 1_000;

/** Hand-read: a recording has hundreds of them a second. */
const TICKER_FIELDS = { u: /"u":(\d+)/, b: /"b":"([0-9.]+)"/, B: /"B":"([0-9.]+)"/, a: /"a":"([0-9.]+)"/, A: /"A":"([0-9.]+)"/ };

/** Ids of the single trades in a recorded aggregate. */
const FIRST_TRADE = /"f":(\d+)/;
const LAST_TRADE = /"l":(\d+)/;

type Best = { readonly price: Ticks; readonly size: Lots };
type Ticker = { readonly updateId: number; readonly buy: Best; readonly sell: Best };
type Passing = { readonly feed: Extract<MarketEvent, { kind: 'frame' }>['feed']; readonly interval?: string };
type Resting = { readonly side: Side; readonly price: Ticks; left: number };

/** Farther from the market than that price. */
const isBehind = (side: Side, price: number, than: number): boolean => (side === 'buy' ? price < than : price > than);

export class ReplayMarket implements SymbolMarket {
  readonly instrument: Instrument;
  readonly feed: PriceFeed;
  readonly #options: ReplayMarketOptions;
  readonly #book: StepBook;
  /** The recording's own snapshot, in ticks and lots. */
  readonly #opening: StepSnapshot;
  readonly #scale: StepScale;
  readonly #queue: QueueModel;
  readonly #resting = new Map<number, Resting>();
  /** Newest recorded best prices: ahead of the book between two diffs. */
  #ticker: Ticker | null = null;
  /** One that has not been read yet: most are overtaken before anybody looks. */
  #told: string | null = null;
  #snapshotReached = false;
  #hasAggregates = false;
  /** The kind of trade that came first counts: a recording with both kinds tells each trade twice. */
  #countsAggregates: boolean | null = null;
  #bookMs: number;
  #tradeId: number;
  #aggregateId: number;

  constructor(options: ReplayMarketOptions) {
    this.#options = options;
    this.#queue = new QueueModel({ model: options.queueModel });
    this.#book = new StepBook(options.lean ? { statesMax: 0 } : {});
    this.#tradeId = firstId(options.startMs);
    this.#aggregateId = this.#tradeId;
    this.instrument = options.instrument;
    this.#opening = this.#inSteps(options.snapshot);
    this.#scale = new StepScale(options.instrument);
    this.#bookMs = options.startMs;
    this.feed = new PriceFeed({
      ...options,
      price: options.startPrice,
      mid: () => midOf(this),
      publish: options.sink.publish,
      onLast: options.sink.onLast,
      ...(options.lean ? { intervals: [] } : {}),
    });
  }

  /** Takes the next recorded frame at its time: passes it on, then lets resting orders feel it. */
  onFrame(frame: TapeFrame): void {
    switch (frame.kind) {
      case 'depth':
        this.#onDepth(frame);
        break;
      case 'best':
        this.#told = frame.raw;
        this.#pass(frame, { feed: 'best' });
        break;
      case 'trade':
        this.#onTrade(frame);
        break;
      case 'kline':
        this.feed.recorded.add(frame.interval);
        this.#pass(frame, { feed: 'bar', interval: frame.interval });
        break;
      case 'snapshot':
        this.#snapshotReached = true;
        this.#book.onSnapshot(this.#inSteps(frame));
        break;
      default:
        throw new Error(`Cannot handle frame: ${JSON.stringify(frame satisfies never)}`);
    }
  }

  best(side: Side): Best | null {
    const ticker = this.#newerTicker();
    if (ticker === null) return this.#level(side, 0);
    const best = ticker[side];
    if (best.size > 0) return best;
    for (let n = 0; ; n++) {
      const level = this.#level(side, n);
      if (level === null || isBehind(side, level.price, best.price)) return level;
    }
  }

  depth(limit: number): DepthView {
    const top = this.#stitched() ? this.#book.top(limit) : null;
    const { lastUpdateId, bids, asks } = top ?? this.#opening;
    const atMs = top ? this.#bookMs : this.#options.snapshot.atMs;
    const raw = top || limit < DEPTH_MAX ? null : this.#options.snapshot.raw;
    return { lastUpdateId, atMs, bids: bids.slice(0, limit), asks: asks.slice(0, limit), raw };
  }

  published(u: number | null): PublishedView | null {
    const last = u ?? this.#book.lastUpdateId;
    return last === null ? null : this.#book.at(last);
  }

  submit(order: BookOrder): AddOutcome {
    if (order.timeInForce === 'post-only' && this.wouldTake(order)) return { end: 'would-take', filled: lots(0) };
    if (order.timeInForce === 'fok' && this.takeable(order) < order.size) return { end: 'unfillable', filled: lots(0) };
    const filled = this.#take(order);
    if (filled === order.size) return { end: 'filled', filled };
    if (order.price === null || order.timeInForce === 'ioc' || order.timeInForce === 'fok') return { end: 'left-over', filled };
    this.#rest({ key: order.key, side: order.side, price: order.price, left: order.size - filled });
    return { end: 'rested', filled };
  }

  cancel(key: number): Lots | null {
    const order = this.#resting.get(key);
    if (!order) return null;
    this.#resting.delete(key);
    this.#queue.cancel(String(key));
    return lots(order.left);
  }

  reduce(key: number, size: Lots): void {
    const order = this.#resting.get(key);
    if (order && size < order.left) order.left = size; // the queue model keeps its place; fills are clipped to this
  }

  /** The recording knows nothing of it: no print tells this fill. */
  takeFrom(key: number, size: Lots): void {
    this.#fillResting(key, size);
  }

  setGrid(grid: Grid): boolean {
    return grid.ticks === 1 && grid.lots === 1;
  }

  wouldTake({ side, price }: { readonly side: Side; readonly price: Ticks | null }): boolean {
    const best = this.best(opposite(side));
    return best !== null && crosses({ side, price, against: best.price });
  }

  nextTradeId(): number {
    return ++this.#tradeId;
  }

  takeable(order: BookOrder): Lots {
    if (!this.wouldTake(order)) return lots(0);
    let sum = 0;
    for (const [price, size] of this.#visible(opposite(order.side), DEPTH_MAX)) {
      if (sum >= order.size || !crosses({ side: order.side, price: order.price, against: price })) break;
      sum += size;
    }
    return lots(sum);
  }

  /** Walks the visible levels; the book stays as recorded. */
  #take(order: BookOrder): Lots {
    if (!this.wouldTake(order)) return lots(0); // most orders rest: the levels need not be read for them
    let left: number = order.size;
    for (const [price, visible] of this.#visible(opposite(order.side), DEPTH_MAX)) {
      if (left === 0 || !crosses({ side: order.side, price: order.price, against: price })) break;
      const size = Math.min(left, visible);
      left -= size;
      this.#options.sink.onFill({ key: order.key, tradeId: this.nextTradeId(), price, size: lots(size), maker: false });
    }
    return lots(order.size - left);
  }

  #rest({ key, side, price, left }: Resting & { readonly key: number }): void {
    this.#resting.set(key, { side, price, left });
    this.#queue.place({ id: String(key), side, price, size: lots(left), visibleAhead: this.#visibleAt(side, price) });
  }

  #onTrade(frame: TradeFrame): void {
    const { aggregate } = frame;
    const atMs = this.#options.nowMs(); // the recording may be replayed at another time than its own
    const size = parseSize(this.instrument, frame.size);
    const price = parsePrice(this.instrument, frame.price);
    this.#pass(frame, { feed: aggregate ? 'trades' : 'single-trade' });
    if (price === null || size === null || size === 0) return; // venue-internal prints (insurance, ADL) come with zero
    this.#hasAggregates ||= aggregate;
    this.#countsAggregates ??= aggregate;
    if (aggregate !== this.#countsAggregates) return;
    if (this.#options.lean) this.feed.seePrice(price);
    else this.feed.trade({ id: Number(frame.tradeId), price, size, atMs, takerIsBuyer: !frame.buyerIsMaker });
    if (!this.#hasAggregates) this.#tellAggregate(frame, { price, size });
    else if (aggregate && !this.#options.lean) this.#logAggregate(frame, { price, size });
    const fills = this.#queue.onTrade({ price, size, aggressor: frame.buyerIsMaker ? 'sell' : 'buy' });
    for (const fill of fills) this.#fillResting(Number(fill.id), fill.size);
  }

  #tellAggregate({ symbol, buyerIsMaker, tradeId }: TradeFrame, { price, size }: Best): void {
    const atMs = this.#options.nowMs();
    const id = Number(tradeId);
    const aggregateId = ++this.#aggregateId;
    const told = { price, size, firstId: id, lastId: id, buyerIsMaker };
    if (!this.#options.lean) this.feed.log.addAggregate({ id: aggregateId, atMs, ...told });
    this.#options.sink.publish({ kind: 'trades', symbol, atMs, aggregateId, ...told });
  }

  #logAggregate({ raw, tradeId, buyerIsMaker }: TradeFrame, { price, size }: Best): void {
    const id = Number(tradeId);
    const [firstId, lastId] = [Number(FIRST_TRADE.exec(raw)?.[1] ?? id), Number(LAST_TRADE.exec(raw)?.[1] ?? id)];
    this.feed.log.addAggregate({ id, atMs: this.#options.nowMs(), price, size, firstId, lastId, buyerIsMaker });
  }

  #fillResting(key: number, size: number): void {
    const order = this.#resting.get(key);
    if (!order) return;
    const filled = Math.min(size, order.left);
    order.left -= filled;
    if (order.left === 0) this.cancel(key);
    this.#options.sink.onFill({ key, tradeId: this.nextTradeId(), price: order.price, size: lots(filled), maker: true });
  }

  #onDepth(frame: Extract<TapeFrame, { kind: 'depth' }>): void {
    const { first, last, previous } = frame;
    const { bids, asks } = this.#changes(frame);
    this.#book.onDiff({ first, last, previous, bids, asks });
    this.#bookMs = this.#options.nowMs();
    this.#pass(frame, { feed: 'depth' });
    if (this.#resting.size === 0) return;
    this.#tellQueue('buy', bids);
    this.#tellQueue('sell', asks);
  }

  #tellQueue(side: Side, changes: readonly number[]): void {
    for (let n = 0; n < changes.length; n += 2) {
      const price = changes[n] as Ticks;
      if (this.#queue.waitsAt(side, price)) this.#queue.onDepth({ side, price, visible: changes[n + 1] as Lots });
    }
  }

  #pass({ symbol, atMs, raw }: TapeFrame, { feed, interval }: Passing): void {
    this.#options.sink.publish({ kind: 'frame', symbol, atMs, feed, interval: interval ?? null, raw });
  }

  /** Levels of one side, best first, with the touch of the newest ticker when that is ahead of the book. */
  #visible(side: Side, limit: number): readonly PriceSize[] {
    const from = (this.#stitched() ? this.#book.top(limit) : null) ?? this.#opening;
    const levels = (side === 'buy' ? from.bids : from.asks).slice(0, limit);
    const ticker = this.#newerTicker();
    if (ticker === null) return levels;
    const best = ticker[side];
    const behind = levels.filter(([price]) => isBehind(side, price, best.price));
    return best.size > 0 ? [[best.price, best.size] as const, ...behind].slice(0, limit) : behind;
  }

  #visibleAt(side: Side, price: Ticks): Lots {
    const from = this.#stitched() ? this.#book.lastUpdateId : null;
    if (from === null) return this.#visible(side, DEPTH_MAX).find(([other]) => other === price)?.[1] ?? lots(0);
    const best = this.#newerTicker()?.[side] ?? null;
    if (best !== null && price === best.price) return best.size;
    if (best !== null && (side === 'buy' ? price > best.price : price < best.price)) return lots(0);
    return this.#book.sizeAt(side, price);
  }

  /** When it is ahead of the book. */
  #newerTicker(): Ticker | null {
    if (this.#told !== null) this.#ticker = this.#readTicker(this.#told);
    this.#told = null;
    const from = this.#stitched() ? this.#book.lastUpdateId : this.#opening.lastUpdateId;
    return this.#ticker !== null && from !== null && this.#ticker.updateId > from ? this.#ticker : null;
  }

  #level(side: Side, n: number): Best | null {
    if (this.#stitched()) return this.#book.level(side, n);
    const level = (side === 'buy' ? this.#opening.bids : this.#opening.asks)[n];
    return level ? { price: level[0], size: level[1] } : null;
  }

  #stitched(): boolean {
    return this.#snapshotReached && this.#book.synced;
  }

  #inSteps({ lastUpdateId, bids, asks }: Snapshot): StepSnapshot {
    return { lastUpdateId, bids: this.#units(bids), asks: this.#units(asks) };
  }

  /** Ticks and lots alternating. */
  #changes(frame: Extract<TapeFrame, { kind: 'depth' }>): { readonly bids: readonly number[]; readonly asks: readonly number[] } {
    const scanned = frame instanceof ScannedDepth ? this.#scale.inSteps(frame.scanned) : null;
    return scanned ?? { bids: this.#changesOf(frame.bids), asks: this.#changesOf(frame.asks) };
  }

  #changesOf(levels: readonly Level[]): readonly number[] {
    const changes: number[] = [];
    for (const level of levels) {
      const [price, size] = [parsePrice(this.instrument, level[0]), parseSize(this.instrument, level[1])];
      if (price !== null && size !== null) changes.push(price, size);
    }
    return changes;
  }

  #units(levels: readonly Level[]): readonly PriceSize[] {
    return levels.flatMap(([priceText, sizeText]) => {
      const [price, size] = [parsePrice(this.instrument, priceText), parseSize(this.instrument, sizeText)];
      return price === null || size === null ? [] : [[price, size] as const];
    });
  }

  #readTicker(raw: string): Ticker | null {
    const field = (name: keyof typeof TICKER_FIELDS): string => TICKER_FIELDS[name].exec(raw)?.[1] ?? '';
    const level = (price: 'b' | 'a', size: 'B' | 'A'): Best | null => {
      const [level] = this.#units([[field(price), field(size)]]);
      return level ? { price: level[0], size: level[1] } : null;
    };
    const [buy, sell] = [level('b', 'B'), level('a', 'A')];
    return buy && sell ? { updateId: Number(field('u')), buy, sell } : null;
  }
}
