/** Whether the brain can do its work now, for whoever supervises it: fresh snapshots, a link, a lease. Pure. */

/** `notes`: coded, what concerns one run only. */
export type Readiness = { readonly ready: boolean; readonly reasons: readonly string[]; readonly notes: readonly string[] };

export type Condition = {
  /** Coded, as the brain tells them. */
  readonly problems: readonly string[];
  readonly leased: boolean;
  /** Since the newest snapshot was seen; null before the first. */
  readonly snapshotAgeMs: number | null;
  readonly maxAgeMs: number;
};

const OF_A_RUN = 'strategy-failed:';

export function readiness({ problems, leased, snapshotAgeMs, maxAgeMs }: Condition): Readiness {
  const whole = problems.filter((problem) => !problem.startsWith(OF_A_RUN));
  const isOld = snapshotAgeMs === null || snapshotAgeMs > maxAgeMs; // no newer one tells it
  const found = new Set([...whole, ...(isOld ? ['snapshot-stale'] : []), ...(leased ? [] : ['no-lease'])]);
  return { ready: found.size === 0, reasons: [...found], notes: problems.filter((problem) => problem.startsWith(OF_A_RUN)) };
}
