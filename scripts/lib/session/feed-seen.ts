/** Market messages of a recorded session: when the venue made them, as near as their stamps tell. */
import type { Snapshot } from '../../../shared/sim/replay-market.ts';
import type { TapeLine } from '../../../shared/sim/tape.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import { lineOf } from '../../sim/own-tape.ts';
import type { RecordedFill } from './session.ts';

/** A stamp that is farther from the moment of receiving is of another day: a recording was served. */
const OTHER_DAY_MS = 60_000;
const SAMPLES_MAX = 10_000;

/** Numbers of the single trades in a public one. */
const FIRST_TRADE = /"f":(\d+)/;
const LAST_TRADE = /"l":(\d+)/;

const isOfNow = (recvMs: number, eventMs: number): boolean => Math.abs(recvMs - eventMs) < OTHER_DAY_MS;

export class FeedSeen {
  /** First depth snapshot of each symbol. */
  readonly snapshots = new Map<string, Snapshot>();
  /** From the venue's stamp to the moment of receiving; null while none is known. */
  shortestMs: number | null = null;
  readonly #ways: number[] = [];
  /** By symbol: first number of a public trade, and last. */
  readonly #prints = new Map<string, Map<number, number>>();

  take(record: TapeRecord): void {
    const line = lineOf(record);
    if (line === 'skip' || 'problem' in line) return;
    const { frame, eventMs } = line;
    if (frame.kind === 'snapshot' && !this.snapshots.has(frame.symbol)) this.snapshots.set(frame.symbol, frame);
    if (frame.kind === 'trade') this.#print(frame);
    if (eventMs === null || record.source !== 'stream') return;
    if (!isOfNow(record.atMs, eventMs)) return;
    const wayMs = record.atMs - eventMs;
    this.shortestMs = Math.min(this.shortestMs ?? wayMs, wayMs);
    if (this.#ways.length < SAMPLES_MAX) this.#ways.push(wayMs);
  }

  /**
   * Whether what we had resting stood in the public book: then a public trade tells of each of its fills. It does at an exchange; it does not
   * on paper, nor where a simulator serves a recording. Null: there is nothing to tell it by.
   */
  inPublic(fills: Iterable<RecordedFill>): boolean | null {
    const makers = [...fills].filter(({ maker, tradeId }) => maker && /^\d+$/.test(tradeId));
    const told = makers.filter(({ symbol, tradeId }) => this.#isPrinted(symbol, Number(tradeId)));
    return makers.length === 0 ? null : told.length > makers.length / 2;
  }

  #print({ symbol, tradeId, raw }: { readonly symbol: string; readonly tradeId: string; readonly raw: string }): void {
    const prints = this.#prints.get(symbol) ?? new Map();
    prints.set(Number(FIRST_TRADE.exec(raw)?.[1] ?? tradeId), Number(LAST_TRADE.exec(raw)?.[1] ?? tradeId));
    this.#prints.set(symbol, prints);
  }

  #isPrinted(symbol: string, id: number): boolean {
    for (const [first, last] of this.#prints.get(symbol) ?? []) if (first <= id && id <= last) return true;
    return false;
  }

  /** Median way, once the venue's clock is known. */
  usualMs(offsetMs: number): number {
    const sorted = [...this.#ways].sort((a, b) => a - b);
    return Math.max(0, (sorted[sorted.length >> 1] ?? offsetMs) - offsetMs);
  }
}

/** When the venue made it, on the gateway's clock; never later than it was received. */
export function madeMs({ frame, eventMs }: TapeLine, { offsetMs, feedMs }: { readonly offsetMs: number; readonly feedMs: number }): number {
  const stamped = eventMs !== null && frame.kind !== 'snapshot' && isOfNow(frame.atMs, eventMs);
  return stamped ? Math.min(frame.atMs, eventMs + offsetMs) : frame.atMs - feedMs;
}
