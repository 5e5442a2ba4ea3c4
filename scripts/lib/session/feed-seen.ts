/** Market messages of a recorded session: when the venue made them, as near as their stamps tell. */
import type { Snapshot } from '../../../shared/sim/replay-market.ts';
import type { TapeLine } from '../../../shared/sim/tape.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import { lineOf } from '../../sim/own-tape.ts';
import type { RecordedFill } from './session.ts';

/** A stamp that is farther from the moment of receiving is of another day: a recording was served. */
const OTHER_DAY_MS = 60_000;
const SAMPLES_MAX = 10_000;
/** Public trades that are looked through for own ones, the first. */
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

/** When the venue made it, on the gateway's clock; never later than it was received. */
export function madeMs({ frame, eventMs }: TapeLine, { offsetMs, feedMs }: { readonly offsetMs: number; readonly feedMs: number }): number {
  const stamped = eventMs !== null && frame.kind !== 'snapshot' && isOfNow(frame.atMs, eventMs);
  return stamped ? Math.min(frame.atMs, eventMs + offsetMs) : frame.atMs - feedMs;
}
