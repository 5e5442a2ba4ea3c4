/**
 * One order book an instrument, kept by snapshot and differences. The sequence rule is the venue's; this holds levels, status and counters.
 * Sans-I/O: frames, snapshots and time in, calls on the port out. A book is `live` only while an unbroken chain from a snapshot proves it.
 */
import { Book, type BookSide } from '../../shared/book.ts';
import { type MonoMs, type Ticks, wallMs } from '../../shared/units.ts';
import type { BookCounters, BookStatus, BookView } from '../venues/venue.ts';
import { isBeyond, isNearEdge, marginOf, type Met, Refresh } from './refresh.ts';

export type DepthIds = { readonly firstId: number; readonly lastId: number; readonly previousId: number };
/** Levels alternate price in ticks and absolute size in lots; size 0 removes. */
export type DepthFrame = DepthIds & {
  readonly symbol: string;
  readonly exchangeMs: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
};
/** `knownFrom` and `knownTo`: lowest bid and highest ask where the snapshot was cut off; null where it held the whole side. */
export type DepthSnapshot = {
  readonly lastUpdateId: number;
  readonly exchangeMs: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
  readonly knownFrom: Ticks | null;
  readonly knownTo: Ticks | null;
};
/** BUFFER: keep until a snapshot is there. IGNORE: already in the snapshot. GAP: the chain broke before it. REFETCH: the snapshot is too old for it. */
export type SequenceStep = 'APPLY' | 'IGNORE' | 'BUFFER' | 'GAP' | 'REFETCH';
export interface SequenceRule {
  step(ids: DepthIds): SequenceStep;
  loaded(lastUpdateId: number): void;
  reset(): void;
}

export interface BooksPort {
  /** Ask for one REST snapshot after `delayMs`; answered by `load` or `snapshotFailed`. Never asked again before the answer. */
  readonly fetchSnapshot: (symbol: string, delayMs: number) => void;
  readonly onLive: (symbol: string, live: boolean, reason: string) => void;
  readonly onTop: (symbol: string) => void;
  /** Waiting time before the n-th snapshot in a row that did not lead to a live book. */
  readonly retryMs: (failures: number) => number;
}

/** Frames kept while a snapshot is on its way: a minute and more at ten a second; beyond it the oldest are dropped and the rule refetches. */
const BUFFER_MAX = 1_000;

type Counters = { -readonly [K in keyof BookCounters]: BookCounters[K] };
type Entry = {
  readonly symbol: string;
  readonly rule: SequenceRule;
  readonly counters: Counters;
  buffer: DepthFrame[];
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

export class Books {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #port: BooksPort;
  readonly #staleMs: number;

  constructor({
    symbols,
    rule,
    port,
    staleMs,
  }: { symbols: readonly string[]; rule: () => SequenceRule; port: BooksPort; staleMs: number }) {
    this.#entries = new Map(symbols.map((symbol) => [symbol, entryOf(symbol, rule())]));
    this.#port = port;
    this.#staleMs = staleMs;
  }

  view(symbol: string): BookView {
    return this.#entry(symbol).view;
  }

  counters(symbol: string): BookCounters {
    return { ...this.#entry(symbol).counters };
  }

  frame(frame: DepthFrame, now: MonoMs): void {
    const entry = this.#entry(frame.symbol);
    entry.counters.messages++;
    this.#take(entry, frame, now);
  }

  /** A message that could not be read: what it said is lost, so the book is rebuilt. Null: nobody knows whose, so all are. */
  refused(symbol: string | null): void {
    for (const entry of symbol === null ? this.#entries.values() : [this.#entry(symbol)]) {
      if (symbol !== null) {
        entry.counters.messages++;
        entry.counters.dropped++;
      }
      entry.counters.gaps++;
      entry.counters.gapsUnresolved++;
      this.#restart(entry, 'unreadable');
    }
  }

  load(symbol: string, snapshot: DepthSnapshot, now: MonoMs): void {
    const entry = this.#entry(symbol);
    entry.awaitsSnapshot = false;
    if (entry.view.status === 'live') {
      entry.refresh?.answer(snapshot);
      this.#refresh(entry);
      return;
    }
    rebuild(entry, { snapshot, frames: [] });
    entry.view.lastUpdateId = snapshot.lastUpdateId;
    entry.view.exchangeMs = wallMs(snapshot.exchangeMs);
    entry.rule.loaded(snapshot.lastUpdateId);
    const buffered = entry.buffer;
    entry.buffer = [];
    for (const frame of buffered) this.#take(entry, frame, now);
  }

  snapshotFailed(symbol: string): void {
    const entry = this.#entry(symbol);
    entry.awaitsSnapshot = false;
    if (entry.view.status !== 'live') this.#fetch(entry);
    else entry.refresh = null; // asked again with the next difference
  }

  /** The stream is gone: nothing it said later can be chained to what it said before. */
  lost(reason: string): void {
    for (const entry of this.#entries.values()) {
      entry.counters.dropped += entry.buffer.length;
      entry.buffer = [];
      entry.refresh = null;
      entry.rule.reset();
      this.#setStatus(entry, 'stale', reason);
    }
  }

  /** Ages the books: one that no frame has proved for `staleMs` is not live. It comes back with the next frame that chains on. */
  tick(now: MonoMs): void {
    for (const entry of this.#entries.values()) {
      const { status, receivedAt } = entry.view;
      if (status === 'live' && receivedAt !== null && now - receivedAt > this.#staleMs) this.#setStatus(entry, 'stale', 'silent');
    }
  }

  #take(entry: Entry, frame: DepthFrame, now: MonoMs): void {
    switch (entry.rule.step(frame)) {
      case 'APPLY':
        this.#apply(entry, frame, now);
        return;
      case 'IGNORE':
        entry.counters.dropped++;
        return;
      case 'BUFFER':
        this.#keep(entry, frame);
        return;
      case 'GAP':
        entry.counters.gaps++;
        entry.counters.gapsUnresolved++;
        entry.counters.dropped += entry.buffer.length;
        entry.buffer = [];
        entry.refresh = null;
        this.#setStatus(entry, 'stale', 'gap');
        this.#keep(entry, frame);
        return;
      case 'REFETCH':
        this.#keep(entry, frame);
        return;
    }
  }

  #apply(entry: Entry, frame: DepthFrame, now: MonoMs): void {
    const { view, counters } = entry;
    write(view.book.bids, frame.bids);
    write(view.book.asks, frame.asks);
    view.lastUpdateId = frame.lastId;
    view.exchangeMs = wallMs(frame.exchangeMs);
    view.receivedAt = now;
    counters.applied++;
    entry.refresh?.add(frame);
    if (entry.refresh) this.#refresh(entry);
    const flaw = flawOf(view);
    if (flaw !== null) {
      this.#restart(entry, flaw);
      return;
    }
    if (entry.refresh === null && isNearEdge(view.book, view, entry.margin)) this.#beginRefresh(entry);
    const turned = view.status !== 'live';
    if (turned) this.#setLive(entry);
    if (topChanged(entry) || turned) this.#port.onTop(entry.symbol);
  }

  #setLive(entry: Entry): void {
    if (entry.everLive && entry.view.reason !== 'silent') entry.counters.resyncs++;
    entry.everLive = true;
    entry.failures = 0;
    entry.counters.gapsUnresolved = 0;
    this.#setStatus(entry, 'live', '');
  }

  #beginRefresh(entry: Entry): void {
    if (entry.awaitsSnapshot) return;
    entry.refresh = new Refresh();
    entry.awaitsSnapshot = true;
    this.#port.fetchSnapshot(entry.symbol, this.#port.retryMs(entry.refreshFailures++));
  }

  #refresh(entry: Entry): void {
    const met = entry.refresh?.meet() ?? 'wait';
    if (met === 'wait') return;
    entry.refresh = null;
    if (met === 'missed') return;
    entry.refreshFailures = 0;
    rebuild(entry, met);
  }

  /** Not to be trusted any more, and nothing on the stream can mend it: start over from a snapshot. */
  #restart(entry: Entry, reason: string): void {
    entry.counters.dropped += entry.buffer.length;
    entry.buffer = [];
    entry.rule.reset();
    entry.refresh = null;
    this.#setStatus(entry, 'stale', reason);
    this.#fetch(entry);
  }

  #keep(entry: Entry, frame: DepthFrame): void {
    entry.buffer.push(frame);
    if (entry.buffer.length > BUFFER_MAX) {
      entry.buffer.shift();
      entry.counters.dropped++;
    }
    this.#fetch(entry);
  }

  /** One snapshot in flight an instrument; the first at once, the next ones later and later. */
  #fetch(entry: Entry): void {
    if (entry.awaitsSnapshot) return;
    entry.awaitsSnapshot = true;
    if (entry.view.status === 'stale') this.#setStatus(entry, 'syncing', entry.view.reason);
    this.#port.fetchSnapshot(entry.symbol, this.#port.retryMs(entry.failures++));
  }

  /** `stale` to `syncing` is no news to anyone; leaving or reaching `live` is told at once. */
  #setStatus(entry: Entry, status: BookStatus, reason: string): void {
    const was = entry.view.status;
    entry.view.status = status;
    entry.view.reason = reason;
    if ((was === 'live') !== (status === 'live')) this.#port.onLive(entry.symbol, status === 'live', reason);
  }

  #entry(symbol: string): Entry {
    const entry = this.#entries.get(symbol);
    if (!entry) throw new Error(`Cannot keep a book of ${symbol}: it is not one of ${[...this.#entries.keys()].join(', ')}`);
    return entry;
  }
}

function entryOf(symbol: string, rule: SequenceRule): Entry {
  const view: BookView = {
    status: 'syncing',
    reason: 'starting',
    book: new Book(),
    lastUpdateId: 0,
    exchangeMs: wallMs(0),
    knownFrom: null,
    knownTo: null,
    receivedAt: null,
  };
  const counters = { messages: 0, applied: 0, dropped: 0, gaps: 0, gapsUnresolved: 0, resyncs: 0 };
  return {
    symbol,
    rule,
    counters,
    buffer: [],
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

/** A snapshot and the differences after it. */
function rebuild(entry: Entry, { snapshot, frames }: Met): void {
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
function flawOf(view: BookView): string | null {
  const { book } = view;
  if (!book.sound) return book.crossed ? 'crossed' : 'empty';
  return isBeyond(book, view) ? 'beyond-snapshot' : null;
}

function write(side: BookSide, levels: readonly number[]): void {
  for (let i = 0; i < levels.length; i += 2) side.set(levels[i] ?? 0, levels[i + 1] ?? 0);
}

function topChanged({ top, view }: Entry): boolean {
  const { bids, asks } = view.book;
  const [bid, bidSize, ask, askSize] = [bids.priceAt(0) ?? 0, bids.sizeAt(0), asks.priceAt(0) ?? 0, asks.sizeAt(0)];
  if (top[0] === bid && top[1] === bidSize && top[2] === ask && top[3] === askSize) return false;
  [top[0], top[1], top[2], top[3]] = [bid, bidSize, ask, askSize];
  return true;
}
