/** What is kept of one symbol while somebody looks at it: its grid, its place in the queue, its trades, its closed bars. */
import type { Redis } from 'ioredis';
import type { Config } from '../../shared/config.ts';
import { exitsOf } from '../../shared/exit-parameters.ts';
import { type Instrument, makeInstrument } from '../../shared/instrument.ts';
import { type Header, InstrumentDoc, type Keys, KlinesDoc, type TradeDoc } from '../../shared/snapshot.ts';
import type { SymbolState } from '../lib/state.ts';
import { withPrice } from './bars.ts';
import { exitsView } from './exit-lines.ts';
import type { BarView } from './model.ts';
import { QueueWatch } from './queue.ts';
import type { Store } from './store.ts';
import { StreamTail } from './streams.ts';
import { unstamped } from './views.ts';

export type SymbolDeskOptions = { readonly symbol: string; readonly keys: Keys; readonly store: Store };

const TRADES_FIRST = 4_000;
/** A market that is an hour away is another one. */
const KLINES_SHOWN = 400;
const SLOW_MS = 5_000;

export class SymbolDesk {
  readonly #options: SymbolDeskOptions;
  readonly #tail: StreamTail<TradeDoc>;
  #instrument: Instrument | null = null;
  #queue: QueueWatch | null = null;
  #bar: BarView | null = null;
  #trades: readonly TradeDoc[] | null = null;
  #slowAt = Number.NEGATIVE_INFINITY;

  constructor(options: SymbolDeskOptions) {
    this.#options = options;
    this.#tail = StreamTail.trades(options.keys.trades(options.symbol));
  }

  /** While nobody looks: the price alone. */
  price({ book }: SymbolState, atMs: number): void {
    const [bid, ask] = [book?.bids[0]?.[0], book?.asks[0]?.[0]];
    const time = this.#bar?.[0] ?? 0;
    if (bid === undefined || ask === undefined || atMs / 1_000 < time + 5) return; // trades have told it already
    this.#add({ atMs, price: (Number(bid) + Number(ask)) / 2 });
  }

  async read(redis: Redis, { header, config }: { readonly header: Header | null; readonly config: Config }): Promise<void> {
    const { symbol, keys, store } = this.#options;
    if (header === null) return;
    const fresh = await (this.#trades === null ? this.#tail.begin(redis, TRADES_FIRST) : this.#tail.next(redis));
    this.#trades = this.#trades === null ? fresh.filter(({ epoch }) => epoch === header.epoch) : fresh;
    for (const { wallMs: atMs, price } of this.#trades) this.#add({ atMs, price: Number(price) });
    if (performance.now() - this.#slowAt < SLOW_MS) return;
    this.#slowAt = performance.now();
    this.#take(InstrumentDoc.safeParse(jsonOf(await redis.get(keys.instrument(symbol)))), { header, config });
    const intervals = intervalsOf(config);
    const texts = intervals.length === 0 ? [] : await redis.mget(intervals.map((interval) => keys.klines(symbol, interval)));
    store.set('klines', Object.fromEntries(texts.flatMap((text, i) => klinesOf(intervals[i] ?? '', text))), symbol);
  }

  show(state: SymbolState, config: Config): void {
    const { symbol, store } = this.#options;
    const { book, position, orders } = state;
    store.set('book', unstamped(book), symbol);
    store.set('position', unstamped(position), symbol);
    store.set('exits', exitsView(position, exitsOf(config, symbol)), symbol);
    const queue = book && orders?.known && this.#queue ? this.#queue.look({ book, orders: orders.orders, trades: this.#trades ?? [] }) : [];
    this.#trades &&= [];
    store.set('orders', orders && { known: orders.known, orders: orders.orders, queue }, symbol);
  }

  #take(read: ReturnType<typeof InstrumentDoc.safeParse>, { header, config }: { readonly header: Header; readonly config: Config }): void {
    const { symbol, store } = this.#options;
    const doc = read.success && read.data.epoch === header.epoch ? read.data : null;
    const made = doc && makeInstrument(doc);
    const instrument = made === null || typeof made === 'string' ? null : made;
    if (instrument?.version === this.#instrument?.version) return;
    this.#instrument = instrument;
    this.#queue = instrument && new QueueWatch({ instrument, model: config.paper.queueModel, ownShown: config.environment !== 'paper' });
    store.set('instrument', instrument && pick(instrument), symbol);
  }

  #add(at: { readonly atMs: number; readonly price: number }): void {
    const { symbol, store } = this.#options;
    const bar = withPrice(this.#bar, at);
    if (bar === null) return;
    this.#bar = bar;
    store.put('bars', { key: String(bar[0]), value: bar, symbol });
  }
}

const pick = ({ baseAsset, quoteAsset, tickSize, stepSize }: Instrument) => ({ baseAsset, quoteAsset, tickSize, stepSize });

export const intervalsOf = ({ strategy }: Config): readonly string[] => [
  ...new Set([strategy.macdTrend.interval, ...Object.values(strategy.custom).flatMap(({ bars }) => bars ?? [])]),
];

function klinesOf(interval: string, text: string | null): [string, readonly BarView[]][] {
  const parsed = KlinesDoc.safeParse(jsonOf(text));
  if (!parsed.success || parsed.data.status !== 'complete') return [];
  const bars = parsed.data.bars.slice(-KLINES_SHOWN);
  return [[interval, bars.map(([ms, ...prices]) => [ms / 1_000, ...prices.slice(0, 4).map(Number)] as unknown as BarView)]];
}

function jsonOf(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null; // somebody else's key: nothing is known
  }
}
