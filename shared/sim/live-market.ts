/** A symbol whose public is a seeded order flow: it trades in our own matching engine, and own orders stand in the same book. */
import { firstId } from './first-id.ts';
import { type Instrument, priceNumber } from '../instrument.ts';
import type { Random } from '../random.ts';
import { lots, type Lots, type Ticks, ticks } from '../units.ts';
import type { Agenda } from './agenda.ts';
import type { PriceSize } from './exchange-events.ts';
import type { Grid } from './listing.ts';
import type { Bar, FlowAction, FlowMarket, Side } from './market.ts';
import { type AddOutcome, type BookOrder, type BookTrade, MatchingBook, opposite } from './matching.ts';
import { PriceFeed } from './price-feed.ts';
import { PublishedBook } from './published-book.ts';
import type { MarketIds } from './saved.ts';
import { type DepthView, type MarketSink, midOf, type PublishedView, type SymbolMarket } from './symbol-market.ts';

export type LiveMarketOptions = {
  readonly flow: FlowMarket;
  /** Another flow that trades in these steps around this price (quote units); absent: the steps cannot change. */
  readonly again?: (instrument: Instrument, price: number) => FlowMarket;
  readonly history: readonly Bar[];
  readonly startMs: number;
  readonly startPrice: number;
  /** Those of an earlier life: none of them is given again. */
  readonly ids?: Omit<MarketIds, 'order'>;
  readonly random: Random;
  readonly agenda: Agenda;
  readonly nowMs: () => number;
  readonly sink: MarketSink;
};

/** The periods of the venue's depth streams; each has its own chain of update ids. */
const DEPTH_PERIODS_MS = [100, 250, 500] as const;
/** The published book is that of the fastest stream. */
const PUBLISHED_PERIOD_MS = 100;
/** Update ids are shared with all else the venue does, so they jump: at most this far. */
const UPDATE_ID_JUMP_MAX = 40;
const FIRST_UPDATE_ID = 5_123_107_000_000;

type DepthFeed = { readonly periodMs: number; readonly bids: Set<Ticks>; readonly asks: Set<Ticks>; first: number; previous: number };
type Prints = { readonly price: Ticks; readonly takerSide: Side; readonly firstId: number; lastId: number; size: number };

export class LiveMarket implements SymbolMarket {
  readonly instrument: Instrument;
  readonly feed: PriceFeed;
  readonly #options: LiveMarketOptions;
  readonly #book: MatchingBook;
  readonly #published: PublishedBook;
  readonly #depthFeeds: readonly DepthFeed[];
  /** Owners' orders, taking or resting: the flow's keys are below zero. */
  #prints: Prints | null = null;
  #updateId: number;
  #tradeId: number;
  #aggregateId: number;
  #told = '';
  /** The flow counts in announced steps, the book in its own. */
  #grid: Grid = { ticks: 1, lots: 1 };
  #flow: FlowMarket;

  constructor(options: LiveMarketOptions) {
    this.#options = options;
    const first = firstId(options.startMs);
    this.#tradeId = Math.max(first, options.ids?.trade ?? 0);
    this.#aggregateId = Math.max(first, options.ids?.aggregate ?? 0);
    this.#flow = options.flow;
    this.instrument = options.flow.instrument;
    this.#updateId = Math.max(FIRST_UPDATE_ID + options.random.int({ min: 0, max: 1_000_000 }), options.ids?.update ?? 0);
    this.#depthFeeds = DEPTH_PERIODS_MS.map((periodMs) => ({
      periodMs,
      bids: new Set(),
      asks: new Set(),
      first: 0,
      previous: this.#updateId,
    }));
    this.#book = new MatchingBook({
      onTrade: (trade) => this.#onTrade(trade),
      onSelfExpired: (key) => options.sink.onSelfExpired(key),
      onLevel: (side, price) => this.#onLevel(side, price),
    });
    this.feed = new PriceFeed({
      ...options,
      instrument: this.instrument,
      price: options.startPrice,
      mid: () => midOf(this),
      publish: options.sink.publish,
      onLast: options.sink.onLast,
    });
    for (const action of this.#flow.opening()) this.#act(action);
    for (const feed of this.#depthFeeds) clear(feed, this.#updateId);
    this.#prints = null;
    this.#published = new PublishedBook({ last: this.#updateId, ...this.#sides(Number.POSITIVE_INFINITY) });
    for (const feed of this.#depthFeeds) this.#scheduleDepth(feed, (Math.floor(options.startMs / feed.periodMs) + 1) * feed.periodMs);
    this.#scheduleFlow(options.startMs);
  }

  /** Highest ids given so far. */
  get ids(): Omit<MarketIds, 'order'> {
    return { update: this.#updateId, trade: this.#tradeId, aggregate: this.#aggregateId };
  }

  best(side: Side): { readonly price: Ticks; readonly size: Lots } | null {
    return this.#book.best(side);
  }

  depth(limit: number): DepthView {
    return { lastUpdateId: this.#updateId, atMs: this.#options.nowMs(), ...this.#sides(limit), raw: null };
  }

  published(u: number | null): PublishedView | null {
    return this.#published.at(u);
  }

  submit(order: BookOrder): AddOutcome {
    const outcome = this.#book.add(order);
    this.#settle();
    return outcome;
  }

  cancel(key: number): Lots | null {
    const left = this.#book.cancel(key);
    this.#settle();
    return left;
  }

  reduce(key: number, size: Lots): void {
    this.#book.reduce(key, size);
    this.#settle();
  }

  takeFrom(key: number, size: Lots): void {
    const order = this.#book.standing(key);
    if (!order) return;
    const { price, ahead, left } = order;
    const taken = lots(ahead + Math.min(size, left));
    const terms = { owner: null, timeInForce: 'ioc', selfTrade: 'none' } as const;
    this.submit({ key: TAKER_KEY, side: opposite(order.side), price, size: taken, ...terms });
  }

  /** The public takes its orders away and places anew around the same price, in the new steps. */
  setGrid(grid: Grid, announced: Instrument): boolean {
    if (!this.#options.again) return false;
    if (grid.ticks === this.#grid.ticks && grid.lots === this.#grid.lots) return true;
    const price = priceNumber(this.instrument, midOf(this) ?? this.feed.log.last?.price ?? 0);
    for (const key of this.#book.publicKeys()) this.#book.cancel(key);
    this.#grid = grid;
    this.#flow = this.#options.again(announced, price);
    for (const action of this.#flow.opening()) this.#act(action);
    this.#settle();
    return true;
  }

  wouldTake(order: { readonly side: Side; readonly price: Ticks | null }): boolean {
    return this.#book.wouldTake(order);
  }

  takeable(order: BookOrder): Lots {
    return this.#book.takeable(order);
  }

  nextTradeId(): number {
    return ++this.#tradeId;
  }

  #scheduleFlow(fromMs: number): void {
    const atMs = fromMs + this.#flow.nextDelayMs();
    this.#options.agenda.at(atMs, () => {
      const [bid, ask] = [this.best('buy'), this.best('sell')];
      const view = {
        bestBid: bid && ticks(Math.floor(bid.price / this.#grid.ticks)),
        bestAsk: ask && ticks(Math.ceil(ask.price / this.#grid.ticks)),
      };
      for (const action of this.#flow.act(view)) this.#act(action);
      this.#scheduleFlow(atMs);
    });
  }

  #act(action: FlowAction): void {
    if (action.kind === 'cancel') {
      this.cancel(keyOf(action.flowId));
      return;
    }
    const { side } = action;
    const limit =
      action.kind === 'limit'
        ? { key: keyOf(action.flowId), price: ticks(action.price * this.#grid.ticks) }
        : { key: TAKER_KEY, price: null };
    const size = lots(action.size * this.#grid.lots);
    const { end } = this.submit({ ...limit, side, size, owner: null, timeInForce: 'gtc', selfTrade: 'none' });
    if (action.kind === 'limit' && end === 'filled') this.#flow.gone(action.flowId);
  }

  #onTrade(trade: BookTrade): void {
    const { sink } = this.#options;
    const tradeId = this.nextTradeId();
    this.#print(trade, tradeId);
    this.feed.trade({ ...trade, id: tradeId, atMs: this.#options.nowMs(), takerIsBuyer: trade.takerSide === 'buy' });
    const fill = { tradeId, price: trade.price, size: trade.size };
    if (trade.takerKey > 0) sink.onFill({ ...fill, key: trade.takerKey, maker: false });
    if (trade.makerKey > 0) sink.onFill({ ...fill, key: trade.makerKey, maker: true });
    else if (trade.makerLeft === 0) this.#flow.gone(flowIdOf(trade.makerKey));
  }

  /** Trades of one taker at one price leave as one print. */
  #print({ price, size, takerSide }: BookTrade, tradeId: number): void {
    if (this.#prints && this.#prints.price !== price) this.#flushPrints();
    if (!this.#prints) this.#prints = { price, takerSide, firstId: tradeId, lastId: tradeId, size: 0 };
    this.#prints.lastId = tradeId;
    this.#prints.size += size;
  }

  #flushPrints(): void {
    const prints = this.#prints;
    if (!prints) return;
    this.#prints = null;
    const { price, firstId, lastId } = prints;
    const told = { price, size: lots(prints.size), firstId, lastId, buyerIsMaker: prints.takerSide === 'sell' };
    const [id, atMs] = [++this.#aggregateId, this.#options.nowMs()];
    this.feed.log.addAggregate({ id, atMs, ...told });
    this.#options.sink.publish({ kind: 'trades', symbol: this.instrument.symbol, atMs, aggregateId: id, ...told });
  }

  #onLevel(side: Side, price: Ticks): void {
    this.#updateId += this.#options.random.int({ min: 1, max: UPDATE_ID_JUMP_MAX });
    for (const feed of this.#depthFeeds) {
      if (feed.first === 0) feed.first = this.#updateId;
      (side === 'buy' ? feed.bids : feed.asks).add(price);
    }
  }

  /** After each act: the prints, and the best prices when they or their sizes changed. */
  #settle(): void {
    this.#flushPrints();
    const [bid, ask] = [this.best('buy'), this.best('sell')];
    const told = `${bid?.price} ${bid?.size} ${ask?.price} ${ask?.size}`;
    if (told === this.#told) return;
    this.#told = told;
    const pair = (level: typeof bid): PriceSize | null => (level ? [level.price, level.size] : null);
    const { symbol } = this.instrument;
    this.#options.sink.publish({
      kind: 'best',
      symbol,
      atMs: this.#options.nowMs(),
      updateId: this.#updateId,
      bid: pair(bid),
      ask: pair(ask),
    });
  }

  #scheduleDepth(feed: DepthFeed, atMs: number): void {
    this.#options.agenda.at(atMs, () => {
      if (feed.first > 0) this.#publishDepth(feed, atMs);
      this.#scheduleDepth(feed, atMs + feed.periodMs);
    });
  }

  #publishDepth(feed: DepthFeed, atMs: number): void {
    const sized = (side: Side, prices: Set<Ticks>): PriceSize[] =>
      [...prices].sort((a, b) => (side === 'buy' ? b - a : a - b)).map((price) => [price, this.#book.sizeAt(side, price)]);
    const { periodMs, first, previous } = feed;
    const diff = { first, last: this.#updateId, previous, bids: sized('buy', feed.bids), asks: sized('sell', feed.asks) };
    clear(feed, this.#updateId);
    if (periodMs === PUBLISHED_PERIOD_MS) this.#published.apply(diff);
    this.#options.sink.publish({ kind: 'depth', symbol: this.instrument.symbol, atMs, periodMs, ...diff });
  }

  #sides(limit: number): { readonly bids: readonly PriceSize[]; readonly asks: readonly PriceSize[] } {
    return { bids: this.#book.levels('buy', limit), asks: this.#book.levels('sell', limit) };
  }
}

/** Keys below zero are the flow's: -1 its takers, the rest its resting orders by flow id. */
const TAKER_KEY = -1;
const FLOW_KEY_OFFSET = 2;
const keyOf = (flowId: number): number => -flowId - FLOW_KEY_OFFSET;
const flowIdOf = (key: number): number => -key - FLOW_KEY_OFFSET;

function clear(feed: DepthFeed, previous: number): void {
  feed.bids.clear();
  feed.asks.clear();
  feed.first = 0;
  feed.previous = previous;
}
