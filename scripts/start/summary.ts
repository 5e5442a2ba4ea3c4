/** The one JSON line a headless run ends with: a contract, computed from what was seen and never set. */
import type { Stats } from '../../shared/command.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';
import type { Start } from './child.ts';
import { sumDecimals, trimDecimal } from '../../shared/units.ts';

/** `stops`: sizes of the conditional orders that wait. */
export type ExchangePosition = { readonly size: string; readonly openOrders: number; readonly stops: readonly string[] };
export type Compared = { readonly equal: boolean; readonly bestBid: string; readonly bestAsk: string };
export type Seen = {
  readonly environment: string;
  readonly strategy: string;
  readonly seed: number;
  readonly seconds: number;
  readonly symbols: readonly string[];
  /** Counters of each life of the gateway, oldest first; the last sample is from after the brain ended. */
  readonly lives: readonly Stats[];
  readonly brain: BrainDoc | null;
  readonly books: ReadonlyMap<string, Compared>;
  /** A fresh REST read after everything ended; null when it failed. */
  readonly exchange: ReadonlyMap<string, ExchangePosition> | null;
  /** Symbols on which a position that is left has its stop at the exchange. */
  readonly stopped: readonly string[];
  readonly restarts: Readonly<Record<string, number>>;
  /** Of gateway and brain. */
  readonly starts: Readonly<Record<string, readonly Start[]>>;
  /** What each said at its end. */
  readonly ended: Readonly<Record<'brain' | 'gateway', string | null>>;
  readonly errors: readonly string[];
};

const BOOK_COUNTERS = ['messages', 'applied', 'dropped', 'gaps', 'resyncs'] as const;
const ORDER_COUNTERS = ['placed', 'amended', 'canceled', 'rejected', 'unknown'] as const;
type SymbolStats = Stats['symbols'][string];

export function summarize(seen: Seen) {
  const blocks = Object.fromEntries(seen.symbols.map((symbol) => [symbol, symbolBlock(seen, symbol)]));
  const all = Object.values(blocks);
  const newest = seen.lives.at(-1);
  const snapshots = seen.lives.reduce((sum, life) => sum + life.snapshots, 0);
  const errors = [...seen.errors, ...(newest?.errors ?? ['the gateway never told its counters']), ...disagreements(seen, blocks)];
  const book = sumBooks(all.map((block) => block.book));
  const trafficSeen = snapshots > 0 && all.every((block) => block.book.messages > 0) && (seen.brain?.decisions ?? 0) > 0;
  const orders = sumCounters(all.map((block) => block.orders));
  return {
    ok: trafficSeen && errors.length === 0 && orders.openLeft === 0 && book.gapsUnresolved === 0,
    environment: seen.environment,
    strategy: seen.strategy,
    seed: seen.seed,
    seconds: seen.seconds,
    snapshots,
    trafficSeen,
    book,
    orders,
    fills: all.reduce((sum, block) => sum + block.fills, 0),
    volume: total(all.map((block) => block.volume)),
    position: all.length === 1 && all[0] ? all[0].position : sumPositions(all.map((block) => block.position)),
    pnl: {
      realized: total(all.map((block) => block.pnl.realized)),
      unrealized: total(all.map((block) => block.pnl.unrealized)),
      fees: total(all.map((block) => block.pnl.fees)),
      funding: total(all.map((block) => block.pnl.funding)),
    },
    tpsl: sumCounters(all.map((block) => block.tpsl)),
    latencyUs: latencies(newest),
    restarts: seen.restarts,
    starts: seen.starts,
    ended: seen.ended,
    errors,
    symbols: blocks,
  };
}
export type Summary = ReturnType<typeof summarize>;

function symbolBlock(seen: Seen, symbol: string) {
  const newest = seen.lives.at(-1)?.symbols[symbol];
  const lives = seen.lives.map((life) => life.symbols[symbol]).filter((life): life is SymbolStats => life !== undefined);
  const compared = seen.books.get(symbol) ?? { equal: false, bestBid: '', bestAsk: '' };
  const brain = seen.brain?.symbols[symbol];
  const exchange = seen.exchange?.get(symbol);
  const book = Object.fromEntries(BOOK_COUNTERS.map((name) => [name, lives.reduce((sum, life) => sum + life[name], 0)]));
  const orders = Object.fromEntries(ORDER_COUNTERS.map((name) => [name, newest?.[name] ?? 0]));
  return {
    book: {
      ...(book as Record<(typeof BOOK_COUNTERS)[number], number>),
      gapsUnresolved: newest?.gapsUnresolved ?? 0,
      equalToExchange: compared.equal,
      bestBid: compared.bestBid,
      bestAsk: compared.bestAsk,
    },
    orders: {
      ...(orders as Record<(typeof ORDER_COUNTERS)[number], number>),
      openLeft: Math.max(newest?.open ?? 0, exchange?.openOrders ?? 0),
    },
    fills: newest?.fills ?? 0,
    volume: newest?.volume ?? '0',
    position: {
      brain: brain ? trimDecimal(brain.position) : 'unknown',
      ledger: newest ? trimDecimal(newest.position) : 'unknown',
      exchange: exchange ? trimDecimal(exchange.size) : 'unknown',
      entryPrice: newest?.entryPrice ?? '',
    },
    pnl: {
      realized: newest?.realized ?? '0',
      unrealized: newest?.unrealized ?? '0',
      fees: newest?.fees ?? '0',
      funding: newest?.funding ?? '0',
    },
    tpsl: { takeProfits: brain?.takeProfits ?? 0, stopLosses: brain?.stopLosses ?? 0 },
  };
}
type Block = ReturnType<typeof symbolBlock>;

/** What does not agree, one sentence each. */
function disagreements(seen: Seen, blocks: Readonly<Record<string, Block>>): string[] {
  return Object.entries(blocks).flatMap(([symbol, { position, book, orders }]) => [
    ...(position.brain === position.ledger && position.ledger === position.exchange && position.brain !== 'unknown'
      ? []
      : [`${symbol}: positions differ: brain ${position.brain}, ledger ${position.ledger}, exchange ${position.exchange}`]),
    ...(seen.environment === 'sim' && !book.equalToExchange ? [`${symbol}: the book is not the exchange's`] : []),
    ...(orders.openLeft > 0 ? [`${symbol}: ${orders.openLeft} orders left open`] : []),
    ...stopProblems(symbol, { exchange: seen.exchange?.get(symbol), wanted: seen.stopped.includes(symbol) }),
  ]);
}

type StopsLeft = { readonly exchange: ExchangePosition | undefined; readonly wanted: boolean };

/** A stop is left where it protects a position, and nowhere else. */
function stopProblems(symbol: string, { exchange, wanted }: StopsLeft): string[] {
  if (!exchange) return [];
  const [held, covered] = [Math.abs(Number(exchange.size)), exchange.stops.reduce((sum, size) => sum + Number(size), 0)];
  if (held === 0 && exchange.stops.length > 0) return [`${symbol}: ${exchange.stops.length} stops left without a position`];
  return wanted && covered < held - 1e-9 ? [`${symbol}: a position of ${exchange.size} left with stops for ${covered}`] : [];
}

function sumBooks(books: readonly Block['book'][]) {
  const { equalToExchange: _, bestBid: __, bestAsk: ___, ...first } = books[0] ?? EMPTY_BOOK;
  const counters = sumCounters(
    books.map((book) => Object.fromEntries(Object.keys(first).map((name) => [name, book[name as keyof typeof first]])) as typeof first),
  );
  return {
    ...counters,
    equalToExchange: books.every((book) => book.equalToExchange),
    bestBid: books[0]?.bestBid ?? '',
    bestAsk: books[0]?.bestAsk ?? '',
  };
}

const EMPTY_BOOK: Block['book'] = {
  messages: 0,
  applied: 0,
  dropped: 0,
  gaps: 0,
  resyncs: 0,
  gapsUnresolved: 0,
  equalToExchange: false,
  bestBid: '',
  bestAsk: '',
};

/** Sums of sizes over symbols have no unit; they only show whether the three views agree. */
function sumPositions(positions: readonly Block['position'][]): Block['position'] {
  const sum = (pick: (position: Block['position']) => string): string => sumDecimals(positions.map(pick)) ?? 'unknown';
  return { brain: sum((p) => p.brain), ledger: sum((p) => p.ledger), exchange: sum((p) => p.exchange), entryPrice: '' };
}

function sumCounters<T extends Readonly<Record<string, number>>>(items: readonly T[]): T {
  const first = items[0];
  if (!first) throw new Error('Cannot sum counters: no symbol is configured');
  return Object.fromEntries(Object.keys(first).map((name) => [name, items.reduce((sum, item) => sum + (item[name] ?? 0), 0)])) as T;
}

const total = (texts: readonly string[]): string => sumDecimals(texts) ?? 'unknown';

function latencies(stats: Stats | undefined) {
  const { frameToOrder, command } = stats?.latencyUs ?? { frameToOrder: { p50: 0, p99: 0 }, command: { p50: 0, p99: 0 } };
  const ends = { frameToOrder: { p50: frameToOrder.p50, p99: frameToOrder.p99 }, command: { p50: command.p50, p99: command.p99 } };
  return { ...ends, calls: stats?.latencyUs.calls ?? null };
}
