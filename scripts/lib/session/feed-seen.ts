/** Market messages of a recorded session: when the venue made them, as near as their stamps tell. */
import type { Snapshot } from '../../../shared/sim/replay-market.ts';
import type { TapeLine } from '../../../shared/sim/tape.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import { lineOf } from '../../sim/own-tape.ts';
import type { Heard, RecordedFill, Session } from './session.ts';

/** A stamp that is farther from the moment of receiving is of another day: a recording was served. */
const OTHER_DAY_MS = 60_000;
const SAMPLES_MAX = 10_000;
/** Public trades that are kept, the first. */
const PRINTS_MAX = 200_000;

/** Numbers of the single trades in a public one. */
const FIRST_TRADE = /"f":(\d+)/;
const LAST_TRADE = /"l":(\d+)/;

const isOfNow = (recvMs: number, eventMs: number): boolean => Math.abs(recvMs - eventMs) < OTHER_DAY_MS;

type Range = readonly [number, number];
/** `sorted` by first number once somebody looks for one: a long session has some hundred thousand. */
type Prints = { readonly ranges: Map<number, number>; sorted: readonly Range[] | null; lastId: number };

export class FeedSeen {
  /** First depth snapshot of each symbol. */
  readonly snapshots = new Map<string, Snapshot>();
  /** From the venue's stamp to the moment of receiving, of the first of them. */
  readonly ways: number[] = [];
  /** The first of the trades. */
  readonly trades: Heard[] = [];
  /** By symbol: first number of a public trade, and last. */
  readonly #prints = new Map<string, Prints>();

  take(record: TapeRecord): void {
    const line = lineOf(record);
    if (line === 'skip' || 'problem' in line) return;
    const { frame, eventMs } = line;
    if (frame.kind === 'snapshot' && !this.snapshots.has(frame.symbol)) this.snapshots.set(frame.symbol, frame);
    if (frame.kind === 'trade') this.#print(frame);
    if (eventMs === null || record.source !== 'stream') return;
    if (!isOfNow(record.atMs, eventMs)) return;
    if (this.ways.length < SAMPLES_MAX) this.ways.push(record.atMs - eventMs);
    if (frame.kind === 'trade' && this.trades.length < PRINTS_MAX) this.trades.push({ heardMs: record.atMs, stampMs: eventMs });
  }

  /**
   * Whether what we had resting stood in the public book: then a public trade tells of each of its fills. It does at an exchange; it does not
   * on paper, nor where a simulator serves a recording. Null: there is nothing to tell it by.
   */
  inPublic(fills: Iterable<RecordedFill>): boolean | null {
    const makers = [...fills].filter(({ maker, tradeId }) => maker && /^\d+$/.test(tradeId));
    const known = makers.filter(({ symbol, tradeId }) => Number(tradeId) <= this.#knownTo(symbol));
    const told = known.filter(({ symbol, tradeId }) => this.#isPrinted(symbol, Number(tradeId)));
    return known.length === 0 ? null : told.length > known.length / 2;
  }

  /** Where no more trades are kept nobody can say of later ones. */
  #knownTo(symbol: string): number {
    const prints = this.#prints.get(symbol);
    return prints && prints.ranges.size >= PRINTS_MAX ? prints.lastId : Infinity;
  }

  #print({ symbol, tradeId, raw }: { readonly symbol: string; readonly tradeId: string; readonly raw: string }): void {
    const prints = this.#prints.get(symbol) ?? { ranges: new Map(), sorted: null, lastId: 0 };
    this.#prints.set(symbol, prints);
    if (prints.ranges.size >= PRINTS_MAX) return;
    prints.lastId = Number(LAST_TRADE.exec(raw)?.[1] ?? tradeId);
    prints.sorted = null;
    prints.ranges.set(Number(FIRST_TRADE.exec(raw)?.[1] ?? tradeId), prints.lastId);
  }

  #isPrinted(symbol: string, id: number): boolean {
    const prints = this.#prints.get(symbol);
    if (!prints) return false;
    prints.sorted ??= [...prints.ranges].sort(([a], [b]) => a - b);
    const [first, last] = prints.sorted[lastFrom(prints.sorted, id)] ?? [Infinity, 0];
    return first <= id && id <= last;
  }

  /** Median way, once the venue's clock is known. */
  usualMs(offsetMs: number): number {
    const sorted = [...this.ways].sort((a, b) => a - b);
    return Math.max(0, (sorted[sorted.length >> 1] ?? offsetMs) - offsetMs);
  }
}

/** Place of the last range that begins at `id` or before; -1: none does. No two of them overlap. */
function lastFrom(sorted: readonly Range[], id: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((sorted[mid]?.[0] ?? Infinity) <= id) low = mid + 1;
    else high = mid;
  }
  return low - 1;
}

/** Median way, once the venue's clock is known. */
export function usualMs(ways: readonly number[], offsetMs: number): number {
  const sorted = [...ways].sort((a, b) => a - b);
  return Math.max(0, (sorted[sorted.length >> 1] ?? offsetMs) - offsetMs);
}

/** Messages heard within it were on their way for as long: they waited for the same processes. */
const SAME_WAY_MS = 3;

/** When the venue made each message, in the order in which they were received. */
export class MadeTimes {
  readonly #session: Pick<Session, 'offsetMs' | 'feedMs' | 'retold'>;
  /** Place of the trade that was heard nearest to the newest message. */
  #near = 0;
  /** The newest message with a stamp of another clock: none of them overtakes another. */
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(session: Pick<Session, 'offsetMs' | 'feedMs' | 'retold'>) {
    this.#session = session;
  }

  /** On the gateway's clock; never later than it was received. */
  of({ frame, eventMs }: TapeLine): number {
    const { offsetMs, feedMs, retold } = this.#session;
    const isStamped = eventMs !== null && frame.kind !== 'snapshot' && isOfNow(frame.atMs, eventMs);
    if (isStamped && (retold === null || frame.kind === 'trade')) return Math.min(frame.atMs, eventMs + offsetMs);
    if (retold === null) return frame.atMs - feedMs;
    this.#lastMs = Math.max(this.#lastMs, frame.atMs - this.#wayMs(frame.atMs, retold));
    return this.#lastMs;
  }

  /** As long as the way of the nearest trade, else the usual one. */
  #wayMs(heardMs: number, retold: readonly Heard[]): number {
    const awayMs = (n: number): number => Math.abs((retold[n]?.heardMs ?? Infinity) - heardMs);
    while (this.#near + 1 < retold.length && awayMs(this.#near + 1) <= awayMs(this.#near)) this.#near += 1;
    const trade = retold[this.#near];
    const { offsetMs, feedMs } = this.#session;
    return trade && awayMs(this.#near) <= SAME_WAY_MS ? Math.max(0, trade.heardMs - trade.stampMs - offsetMs) : feedMs;
  }
}
