/** Market messages of a recorded session: when the venue made them, as near as their stamps tell. */
import type { Snapshot } from '../../../shared/sim/replay-market.ts';
import type { TapeLine } from '../../../shared/sim/tape.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import { lineOf } from '../../sim/own-tape.ts';

/** A stamp that is farther from the moment of receiving is of another day: a recording was served. */
const OTHER_DAY_MS = 60_000;
const SAMPLES_MAX = 10_000;

const isOfNow = (recvMs: number, eventMs: number): boolean => Math.abs(recvMs - eventMs) < OTHER_DAY_MS;

export class FeedSeen {
  /** First depth snapshot of each symbol. */
  readonly snapshots = new Map<string, Snapshot>();
  isReplayed = false;
  /** From the venue's stamp to the moment of receiving; null while none is known. */
  shortestMs: number | null = null;
  readonly #ways: number[] = [];

  take(record: TapeRecord): void {
    const line = lineOf(record);
    if (line === 'skip' || 'problem' in line) return;
    const { frame, eventMs } = line;
    if (frame.kind === 'snapshot' && !this.snapshots.has(frame.symbol)) this.snapshots.set(frame.symbol, frame);
    if (eventMs === null || record.source !== 'stream') return;
    if (!isOfNow(record.atMs, eventMs)) {
      this.isReplayed = true;
      return;
    }
    const wayMs = record.atMs - eventMs;
    this.shortestMs = Math.min(this.shortestMs ?? wayMs, wayMs);
    if (this.#ways.length < SAMPLES_MAX) this.#ways.push(wayMs);
  }

  /** Median way, once the venue's clock is known. */
  usualMs(offsetMs: number): number {
    const sorted = [...this.#ways].sort((a, b) => a - b);
    return Math.max(0, (sorted[sorted.length >> 1] ?? offsetMs) - offsetMs);
  }
}

/** When the venue made it, on the gateway's clock; never later than it was received. */
export function madeMs(
  { frame, eventMs }: TapeLine,
  { offsetMs, feedMs }: { readonly offsetMs: number; readonly feedMs: number },
): number {
  const stamped = eventMs !== null && frame.kind !== 'snapshot' && isOfNow(frame.atMs, eventMs);
  return stamped ? Math.min(frame.atMs, eventMs + offsetMs) : frame.atMs - feedMs;
}
