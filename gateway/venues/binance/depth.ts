/**
 * Sequence rule of the futures diff depth stream, pure. Binance USD-M docs, "How to manage a local order book correctly" (reference sheet
 * 2026-11, 7): buffer, snapshot L, drop u < L, the first event has U <= L <= u, every later one has pu = the u before it. Update ids have
 * holes, so only `pu` links events.
 */
import type { DepthIds, SequenceRule, SequenceStep } from '../../market/books.ts';

/**
 * `buffering`: no snapshot yet. `anchoring`: snapshot loaded, its first event not found yet. `live`: chained to `lastId`.
 * `seenId` is the u of the newest event of this connection, to notice a break while no snapshot is there.
 */
type Phase =
  | { readonly at: 'buffering'; readonly seenId: number | null }
  | { readonly at: 'anchoring'; readonly snapshotId: number; readonly seenId: number | null }
  | { readonly at: 'live'; readonly lastId: number };

/** What to do with one event, and where the rule then stands. */
export function decideDepth(phase: Phase, ids: DepthIds): { readonly step: SequenceStep; readonly phase: Phase } {
  switch (phase.at) {
    case 'buffering':
      return { step: breaks(phase.seenId, ids) ? 'GAP' : 'BUFFER', phase: { at: 'buffering', seenId: ids.lastId } };
    case 'anchoring':
      if (breaks(phase.seenId, ids)) return { step: 'GAP', phase: { at: 'buffering', seenId: ids.lastId } };
      if (ids.lastId < phase.snapshotId) return { step: 'IGNORE', phase: { ...phase, seenId: ids.lastId } };
      if (ids.firstId <= phase.snapshotId) return { step: 'APPLY', phase: { at: 'live', lastId: ids.lastId } };
      return { step: 'REFETCH', phase: { at: 'buffering', seenId: ids.lastId } }; // the snapshot is older than the stream
    case 'live':
      if (ids.previousId === phase.lastId) return { step: 'APPLY', phase: { at: 'live', lastId: ids.lastId } };
      if (ids.lastId <= phase.lastId) return { step: 'IGNORE', phase }; // an echo: the chain has told all of it already
      return { step: 'GAP', phase: { at: 'buffering', seenId: ids.lastId } };
    default:
      throw new Error(`Cannot decide in phase ${JSON.stringify(phase satisfies never)}`);
  }
}

const START: Phase = { at: 'buffering', seenId: null };
const breaks = (seenId: number | null, ids: DepthIds): boolean => seenId !== null && ids.previousId !== seenId;

/** One instrument's rule: remembers the phase, decides nothing else. */
export class DepthRule implements SequenceRule {
  #phase: Phase = START;

  step(ids: DepthIds): SequenceStep {
    const { step, phase } = decideDepth(this.#phase, ids);
    this.#phase = phase;
    return step;
  }

  /** A snapshot was loaded; the buffered events are stepped through again after it. */
  loaded(lastUpdateId: number): void {
    this.#phase = { at: 'anchoring', snapshotId: lastUpdateId, seenId: null };
  }

  reset(): void {
    this.#phase = START;
  }
}
