/** What of the strategies' states goes on when the settings change while they run. Pure. */
import type { Seats } from './decide.ts';
import type { Run } from './runs.ts';
import type { Seat } from './strategy/seat.ts';

export type Before = { readonly before: readonly Run[]; readonly seats: Seats; readonly nowMs: number };

/**
 * A run that is the same goes on as it is, one that failed included. One whose signals are measured as before goes on from what they measured,
 * where its strategy wants that; every other begins anew.
 */
export function carriedOver({ before, seats, nowMs }: Before): {
  readonly kept: (run: Run) => boolean;
  readonly seat: (key: string, run: Run) => Seat | null;
} {
  const earlier = (run: Run): Run | undefined =>
    before.find(({ id, symbols }) => id === run.id && symbols.join(' ') === run.symbols.join(' '));
  return {
    kept: (run) => earlier(run)?.fingerprint === run.fingerprint,
    seat: (key, run) => {
      const state = seats[key];
      if (!state || state.failure !== null || earlier(run)?.senses !== run.senses || !run.strategy.isResumable) return null;
      return run.strategy.resume({ text: state.seat.text(), atMs: nowMs }, nowMs);
    },
  };
}
