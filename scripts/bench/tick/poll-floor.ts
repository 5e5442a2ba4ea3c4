/**
 * What the arithmetic of two grids leaves, whatever the code takes: a change is seen by the next snapshot, and the snapshot by the next poll.
 * Where changes are rare that is half a period of each in the mean; where they are not, a snapshot shows the newest of them, and those that
 * it shows are younger.
 */
import type { Change } from './relay.ts';

type Grids = { readonly snapshotMs: number; readonly pollMs: number };

/** Where the grids may lie against the changes, each as likely as the others. */
const PHASES = 20;

/** Milliseconds from a change to the poll that shows it, the mean over the changes shown and over where the grids may lie; NaN without any. */
export function pollFloorMs(changes: readonly Change[], { snapshotMs, pollMs }: Grids): number {
  const waits: number[] = [];
  for (let n = 0; n < PHASES; n++) {
    const phase = { snapshot: (snapshotMs * n) / PHASES, poll: (pollMs * ((7 * n) % PHASES)) / PHASES };
    for (const [i, { atMs, counts }] of changes.entries()) {
      const shownAt = next(atMs, { periodMs: snapshotMs, phaseMs: phase.snapshot });
      const overtakenAt = changes[i + 1]?.atMs ?? Number.POSITIVE_INFINITY;
      if (counts && overtakenAt >= shownAt) waits.push(next(shownAt, { periodMs: pollMs, phaseMs: phase.poll }) - atMs);
    }
  }
  return meanOf(waits);
}

const next = (atMs: number, { periodMs, phaseMs }: { readonly periodMs: number; readonly phaseMs: number }): number =>
  Math.ceil((atMs - phaseMs) / periodMs) * periodMs + phaseMs;

/** NaN of nothing. */
export const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
