/** What follows from a symbol's trades and mid on a fixed grid: bars, mark price, and the times at which they are published. */
import { formatPrice, formatSize, type Instrument, priceNumber } from '../instrument.ts';
import { ATOM_DECIMALS, type Lots, type Ticks, ticks } from '../units.ts';
import type { Agenda } from './agenda.ts';
import { type BarClose, BarBuilder } from './bar-builder.ts';
import { DayWindow } from './day-window.ts';
import type { MarketEvent } from './exchange-events.ts';
import { INTERVALS } from './history.ts';
import type { Bar } from './market.ts';
import { MarkPrice } from './mark-price.ts';
import { SampleBars } from './sample-bars.ts';
import { TradeLog } from './trade-log.ts';

const BARS_PERIOD_MS = 250;
const MARK_PERIOD_MS = 1_000;
const ATOMS = 10 ** ATOM_DECIMALS;

export type PriceFeedOptions = {
  readonly instrument: Instrument;
  readonly agenda: Agenda;
  readonly startMs: number;
  /** One-minute bars that end at the minute of `startMs`. */
  readonly history: readonly Bar[];
  /** Price before the first mid is known, quote units. */
  readonly price: number;
  /** Middle of the market in ticks; null when a side is empty. */
  readonly mid: () => number | null;
  readonly publish: (event: MarketEvent) => void;
  /** Of the bars that are made; default all. One minute has to be among them. */
  readonly intervals?: readonly string[];
  /** Mark price and bars are told by somebody else: nothing is computed or published on a grid. */
  readonly told?: boolean;
  /** Told of each public trade, in the middle of matching. */
  readonly onLast: (symbol: string, price: Ticks) => void;
};

export type PublicTrade = {
  readonly id: number;
  readonly price: Ticks;
  readonly size: Lots;
  readonly atMs: number;
  readonly takerIsBuyer: boolean;
};

export class PriceFeed {
  readonly bars: BarBuilder;
  readonly mark: MarkPrice;
  readonly log = new TradeLog();
  readonly day: DayWindow;
  /** Mark price, index price, and their difference as a part of the index price; one sample a second. */
  readonly samples = { mark: new SampleBars(INTERVALS), index: new SampleBars(INTERVALS), premium: new SampleBars(INTERVALS) };
  /** Intervals whose bars a recording tells itself: they are not told twice. */
  readonly recorded = new Set<string>();
  readonly #options: PriceFeedOptions;
  #last: Ticks;
  #changed = false;

  constructor(options: PriceFeedOptions) {
    this.#options = options;
    this.#last = ticks(Math.round(options.price / Number(options.instrument.tickSize)));
    const { history, intervals } = options;
    this.bars = new BarBuilder({ history, ...(intervals ? { intervals } : {}) });
    this.day = new DayWindow(this.bars);
    this.mark = new MarkPrice({
      symbol: options.instrument.symbol,
      price: options.price,
      atMs: options.startMs,
      history: options.history,
    });
    if (options.told) return;
    this.#everyOnGrid(BARS_PERIOD_MS, (atMs) => this.#pushBars(atMs));
    this.#everyOnGrid(MARK_PERIOD_MS, (atMs) => this.#pushMark(atMs));
  }

  /** Price of the last public trade; before the first one, the price of the start. */
  get last(): Ticks {
    return this.#last;
  }

  /** Books one public trade. */
  trade({ id, price, size, atMs, takerIsBuyer }: PublicTrade): void {
    const { instrument } = this.#options;
    this.seePrice(price);
    const text = { price: formatPrice(instrument, price), size: formatSize(instrument, size) };
    this.#tellClosed(this.bars.trade({ ...text, atMs, takerIsBuyer }), atMs);
    this.log.addTrade({ id, price, size, atMs, buyerIsMaker: !takerIsBuyer });
    this.#changed = true;
  }

  /** The price of a public trade, without its bar. */
  seePrice(price: Ticks): void {
    this.#last = price;
    this.#options.onLast(this.#options.instrument.symbol, price);
  }

  #pushBars(atMs: number): void {
    this.#tellClosed(this.bars.advance(atMs), atMs);
    if (this.#changed) this.#options.publish({ kind: 'bars', symbol: this.#options.instrument.symbol, atMs });
    this.#changed = false;
  }

  #pushMark(atMs: number): void {
    const mid = this.#options.mid();
    this.mark.second(mid === null ? null : priceNumber(this.#options.instrument, mid), atMs);
    const { mark, index } = this.mark.get();
    this.samples.mark.sample(Number(mark) / ATOMS, atMs);
    this.samples.index.sample(Number(index) / ATOMS, atMs);
    this.samples.premium.sample((Number(mark) - Number(index)) / Number(index), atMs);
    this.#options.publish({ kind: 'mark', symbol: this.#options.instrument.symbol, atMs });
  }

  #tellClosed(closes: readonly BarClose[], atMs: number): void {
    const { symbol } = this.#options.instrument;
    for (const { interval, bar } of closes) this.#options.publish({ kind: 'bar-closed', symbol, atMs, interval, openMs: bar.openMs });
  }

  #everyOnGrid(periodMs: number, run: (atMs: number) => void): void {
    const { agenda, startMs } = this.#options;
    const next = (atMs: number): void => {
      agenda.at(atMs, () => {
        run(atMs);
        next(atMs + periodMs);
      });
    };
    next((Math.floor(startMs / periodMs) + 1) * periodMs);
  }
}
