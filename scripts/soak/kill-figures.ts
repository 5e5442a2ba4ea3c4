/** Figures of a campaign of kills: how long from each spawn to protected and to quoting, for each process apart. Pure. */
import type { Strike } from './strikes.ts';

/** One process that was killed, and the start after it; real milliseconds from the spawn. */
export type KillRow = {
  readonly victim: 'gateway' | 'brain';
  readonly how: Strike['how'];
  /** Killed together with others, which it then had to wait for. */
  readonly alone: boolean;
  /** Killed again on purpose before its start was over. */
  readonly interrupted: boolean;
  /** Told by the process itself; null when it died again before. */
  readonly protectedMs: number | null;
  readonly quotingMs: number | null;
  /** By the exchange's own record: the first new quote after the spawn; null where quotes were kept. */
  readonly atExchangeMs: number | null;
  /** A person's order stood in the way of quoting until so long after the spawn; null when none did. */
  readonly heldUpMs: number | null;
  /** Faults from three seconds before the spawn until it quoted. */
  readonly troubles: readonly string[];
};
export type Spread = { readonly n: number; readonly median: number; readonly p95: number; readonly max: number };

export function spread(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { n: sorted.length, median: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? 0 };
}

const SLOWEST = 5;

/** `heldUp`: starts in which a person's order forbade quoting for a while; they are told apart. `never`: starts that did not come so far. */
export function figures(rows: readonly KillRow[]) {
  const of = (victim: KillRow['victim']) => {
    const struck = rows.filter((row) => row.victim === victim);
    const mine = struck.filter(({ interrupted }) => !interrupted);
    const free = mine.filter(({ heldUpMs }) => heldUpMs === null);
    const told = (pick: (row: KillRow) => number | null, from: readonly KillRow[]): number[] =>
      from.map(pick).filter((ms): ms is number => ms !== null);
    return {
      kills: struck.length,
      interrupted: struck.length - mine.length,
      spawnToProtectedMs: spread(told(({ protectedMs }) => protectedMs, mine)),
      spawnToQuotingMs: spread(told(({ quotingMs }) => quotingMs, free)),
      spawnToNewQuoteAtExchangeMs: spread(told(({ atExchangeMs }) => atExchangeMs, free)),
      heldUp: mine.length - free.length,
      never: mine.filter(({ protectedMs, quotingMs }) => protectedMs === null || quotingMs === null).length,
    };
  };
  const slowness = ({ protectedMs, quotingMs }: KillRow): number => Math.max(quotingMs ?? Number.POSITIVE_INFINITY, protectedMs ?? 0);
  const slowest = rows
    .filter(({ heldUpMs, interrupted }) => heldUpMs === null && !interrupted)
    .toSorted((a, b) => slowness(b) - slowness(a));
  return { gateway: of('gateway'), brain: of('brain'), slowest: slowest.slice(0, SLOWEST) };
}
