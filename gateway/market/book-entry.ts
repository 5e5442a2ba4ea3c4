/** What is kept of one instrument's book, and the plain work on it. Sequence and status are decided in books.ts. */
import { Book, type BookSide } from '../../shared/book.ts';
import { wallMs } from '../../shared/units.ts';
import type { BookCounters, BookView } from '../venues/venue.ts';
import type { DepthFrame, SequenceRule } from './books.ts';
import { isBeyond, marginOf, type Met, type Refresh } from './refresh.ts';

type Counters = { -readonly [K in keyof BookCounters]: BookCounters[K] };
export type Entry = {
  readonly symbol: string;
  readonly rule: SequenceRule;
  readonly counters: Counters;
  buffer: DepthFrame[];
  bufferBytes: number;
  /** How long the newest frame was on its way. */
  delayMs: number;
  /** Times in a row that a silence was found to be a quiet market. */
  quiet: number;
  awaitsSnapshot: boolean;
  /** A snapshot asked for under the live book. */
  refresh: Refresh | null;
  /** Levels a side that have to be known. */
  margin: number;
  failures: number;
  refreshFailures: number;
  everLive: boolean;
  /** Best bid, its size, best ask, its size, as last told. */
  readonly top: [number, number, number, number];
  readonly view: { -readonly [K in keyof BookView]: BookView[K] };
};

export function entryOf(symbol: string, rule: SequenceRule): Entry {
  const view: BookView = {
    status: 'syncing',
    reason: 'starting',
    book: new Book(),
    lastUpdateId: 0,
    exchangeMs: wallMs(0),
    knownFrom: null,
    knownTo: null,
    top: null,
    receivedAt: null,
  };
  const counters = { messages: 0, applied: 0, dropped: 0, gaps: 0, gapsUnresolved: 0, resyncs: 0 };
  return {
    symbol,
    rule,
    counters,
    buffer: [],
    bufferBytes: 0,
    delayMs: 0,
    quiet: 0,
    awaitsSnapshot: false,
    refresh: null,
    margin: 0,
    failures: 0,
    refreshFailures: 0,
    everLive: false,
    top: [0, 0, 0, 0],
    view,
  };
}

/** The chain of differences goes on: live, or only late. */
export const isChained = ({ status, reason }: BookView): boolean => status === 'live' || (status === 'stale' && reason === 'lag');

export const bytesOf = ({ bids, asks }: DepthFrame): number => 8 * (bids.length + asks.length);

export function empty(entry: Entry): void {
  entry.buffer = [];
  entry.bufferBytes = 0;
}

/** What was kept for a chain that is broken. */
export function forget(entry: Entry): void {
  entry.counters.dropped += entry.buffer.length;
  empty(entry);
  entry.refresh = null;
}

/** A snapshot and the differences after it. */
export function rebuild(entry: Entry, { snapshot, frames }: Met): void {
  const { view } = entry;
  entry.margin = marginOf(snapshot);
  view.book.clear();
  for (const { bids, asks } of [snapshot, ...frames]) {
    write(view.book.bids, bids);
    write(view.book.asks, asks);
  }
  view.knownFrom = snapshot.knownFrom;
  view.knownTo = snapshot.knownTo;
}

/** Why nobody may trade on it. */
export function flawOf(view: BookView): string | null {
  const { book } = view;
  if (!book.sound) return book.crossed ? 'crossed' : 'empty';
  return isBeyond(book, view) ? 'beyond-snapshot' : null;
}

export function write(side: BookSide, levels: readonly number[]): void {
  for (let i = 0; i < levels.length; i += 2) side.set(levels[i] ?? 0, levels[i + 1] ?? 0);
}

export function topChanged({ top, view }: Entry): boolean {
  const { bids, asks } = view.book;
  const [bid, bidSize] = view.top ? [view.top.bid.price, view.top.bid.size] : [bids.priceAt(0) ?? 0, bids.sizeAt(0)];
  const [ask, askSize] = view.top ? [view.top.ask.price, view.top.ask.size] : [asks.priceAt(0) ?? 0, asks.sizeAt(0)];
  if (top[0] === bid && top[1] === bidSize && top[2] === ask && top[3] === askSize) return false;
  [top[0], top[1], top[2], top[3]] = [bid, bidSize, ask, askSize];
  return true;
}
