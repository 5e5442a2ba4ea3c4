/**
 * One order book an instrument, kept by snapshot and differences. The sequence rule is the venue's; this holds levels, status and counters.
 * Sans-I/O: frames, snapshots and time in, calls on the port out. A book is `live` only while an unbroken chain from a snapshot proves it.
 */
import { type MonoMs, type Ticks, wallMs } from '../../shared/units.ts';
import type { BookCounters, BookStatus, BookView } from '../venues/venue.ts';
import { bytesOf, empty, type Entry, entryOf, flawOf, forget, isChained, rebuild, topChanged, write } from './book-entry.ts';
import { compareQuiet } from './confirm.ts';
import { isNearEdge, Refresh } from './refresh.ts';
import { type BestPrices, isNewer } from './top.ts';

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
/** The same in memory: eight bytes a number. */
const BUFFER_BYTES_MAX = 4 * 1_024 * 1_024;
/** A symbol found quiet so many times in a row is believed 2^so many times longer before it is read again. */
const QUIET_MAX = 3;
/** Reasons after which the chain of differences is whole, so that the book comes back without having been rebuilt. */
const UNBROKEN: ReadonlySet<string> = new Set(['silent', 'lag']);

export type BooksOptions = {
  readonly symbols: readonly string[];
  readonly rule: () => SequenceRule;
  readonly port: BooksPort;
  readonly staleMs: number;
  /** A book whose newest frame was longer on its way is not live; without it any delay is accepted. */
  readonly lagMsMax?: number;
};

export class Books {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #port: BooksPort;
  readonly #staleMs: number;
  readonly #lagMsMax: number;

  constructor({ symbols, rule, port, staleMs, lagMsMax }: BooksOptions) {
    this.#lagMsMax = lagMsMax ?? Number.POSITIVE_INFINITY;
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

  /** `delayMs`: how long the frame was on its way from the venue. */
  frame(frame: DepthFrame, now: MonoMs, delayMs = 0): void {
    const entry = this.#entry(frame.symbol);
    entry.counters.messages++;
    entry.delayMs = delayMs;
    this.#take(entry, frame, now);
  }

  /** Best prices of a faster stream: told on where they are provably newer than the live book, and dropped everywhere else. */
  best(symbol: string, told: BestPrices, now: MonoMs): void {
    const entry = this.#entry(symbol);
    if (entry.view.status !== 'live' || !isNewer(entry.view, told)) return;
    const { updateId, bid, ask } = told;
    entry.view.top = { updateId, bid, ask, receivedAt: now };
    if (topChanged(entry)) this.#port.onTop(symbol);
  }

  /** Whether a frame says nothing that would break the chain of a live book. */
  follows({ symbol, previousId, lastId }: DepthFrame): boolean {
    const { status, lastUpdateId } = this.#entry(symbol).view;
    return status !== 'live' || previousId === lastUpdateId || lastId <= lastUpdateId;
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
    if (!isSound(snapshot)) {
      this.snapshotFailed(symbol); // what no difference told of, none will put right
      return;
    }
    const entry = this.#entry(symbol);
    entry.awaitsSnapshot = false;
    if (isChained(entry.view)) {
      entry.refresh?.answer(snapshot);
      this.#refresh(entry);
      return;
    }
    if (entry.view.reason === 'silent' && this.#confirm(entry, snapshot, now)) return;
    entry.refresh = null;
    rebuild(entry, { snapshot, frames: [] });
    entry.view.lastUpdateId = snapshot.lastUpdateId;
    entry.view.exchangeMs = wallMs(snapshot.exchangeMs);
    entry.rule.loaded(snapshot.lastUpdateId);
    const buffered = entry.buffer;
    empty(entry);
    for (const frame of buffered) this.#take(entry, frame, now);
  }

  snapshotFailed(symbol: string): void {
    const entry = this.#entry(symbol);
    entry.awaitsSnapshot = false;
    if (!isChained(entry.view)) this.#fetch(entry);
    else entry.refresh = null; // asked again with the next difference
  }

  /** The stream is gone: nothing it said later can be chained to what it said before. */
  lost(reason: string): void {
    for (const entry of this.#entries.values()) {
      forget(entry);
      entry.rule.reset();
      this.#setStatus(entry, 'stale', reason);
    }
  }

  /**
   * Ages the books: one that nothing has proved for `staleMs` is not live. It comes back with the next frame that chains on, or when one
   * snapshot shows that nothing happened.
   */
  tick(now: MonoMs): void {
    for (const entry of this.#entries.values()) {
      const { receivedAt } = entry.view;
      if (receivedAt === null || !isChained(entry.view)) continue;
      if (now - receivedAt <= this.#staleMs * 2 ** Math.min(entry.quiet, QUIET_MAX)) continue;
      this.#setStatus(entry, 'stale', 'silent');
      this.#fetch(entry);
    }
  }

  /** The silence of an unbroken chain, judged by one snapshot. False: it has to be rebuilt. */
  #confirm(entry: Entry, snapshot: DepthSnapshot, now: MonoMs): boolean {
    const verdict = compareQuiet(entry.view, snapshot);
    if (verdict === 'differs') {
      entry.view.reason = 'missed-changes';
      return false;
    }
    if (verdict === 'older') {
      this.#fetch(entry);
      return true;
    }
    entry.quiet++;
    entry.delayMs = 0;
    entry.view.receivedAt = now;
    this.#setLive(entry);
    this.#port.onTop(entry.symbol);
    return true;
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
        forget(entry);
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
    if (view.top && view.top.updateId <= frame.lastId) view.top = null;
    counters.applied++;
    entry.quiet = 0;
    entry.refresh?.add(frame);
    if (entry.refresh) this.#refresh(entry);
    const flaw = flawOf(view);
    if (flaw !== null) {
      this.#restart(entry, flaw);
      return;
    }
    if (entry.refresh === null && isNearEdge(view.book, view, entry.margin)) this.#beginRefresh(entry);
    if (entry.delayMs > this.#lagMsMax) {
      this.#setStatus(entry, 'stale', 'lag');
      return;
    }
    const turned = view.status !== 'live';
    if (turned) this.#setLive(entry);
    if (topChanged(entry) || turned) this.#port.onTop(entry.symbol);
  }

  #setLive(entry: Entry): void {
    if (entry.everLive && !UNBROKEN.has(entry.view.reason)) entry.counters.resyncs++;
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
    forget(entry);
    entry.rule.reset();
    this.#setStatus(entry, 'stale', reason);
    this.#fetch(entry);
  }

  #keep(entry: Entry, frame: DepthFrame): void {
    entry.buffer.push(frame);
    entry.bufferBytes += bytesOf(frame);
    while (entry.buffer.length > BUFFER_MAX || entry.bufferBytes > BUFFER_BYTES_MAX) {
      const oldest = entry.buffer.shift();
      if (!oldest) break;
      entry.bufferBytes -= bytesOf(oldest);
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
    if (status !== 'live') entry.view.top = null;
    if ((was === 'live') !== (status === 'live')) this.#port.onLive(entry.symbol, status === 'live', reason);
  }

  #entry(symbol: string): Entry {
    const entry = this.#entries.get(symbol);
    if (!entry) throw new Error(`Cannot keep a book of ${symbol}: it is not one of ${[...this.#entries.keys()].join(', ')}`);
    return entry;
  }
}

/** Both sides there, and not crossed: the venue's levels stand best first. */
const isSound = ({ bids, asks }: DepthSnapshot): boolean => (bids[0] ?? Number.POSITIVE_INFINITY) < (asks[0] ?? 0);
