/**
 * The brain slows down before the gateway has to: the nearer the account comes to its order and weight limits, the further a quote may
 * stand from where it is wanted before it is moved. Pure.
 */
import type { Header } from '../../shared/snapshot.ts';

type Asked = Pick<Header, 'budgets' | 'wallMs'>;

/** Below this projected share of a window nothing changes; at the whole of it a quote may stand `STRETCH_MAX` times as far off. */
const CALM = 0.6;
const STRETCH_MAX = 4;
/** Too little of a window has passed to project from: it counts as this share. */
const ELAPSED_MIN = 0.2;

/** Factor for the price threshold, 1 to 4: use so far, projected to the end of the venue's fixed windows. */
export function toleranceStretch({ budgets, wallMs }: Asked): number {
  const projected = Math.max(
    project(budgets.orders1m, wallMs, 60_000),
    project(budgets.orders10s, wallMs, 10_000),
    project(budgets.weight, wallMs, 60_000),
  );
  const pressure = Math.min(1, Math.max(0, (projected - CALM) / (1 - CALM)));
  return 1 + pressure * (STRETCH_MAX - 1);
}

function project({ used, limit }: { readonly used: number; readonly limit: number }, wallMs: number, periodMs: number): number {
  const elapsed = (wallMs % periodMs) / periodMs;
  return limit <= 0 ? 1 : used / limit / Math.max(ELAPSED_MIN, elapsed);
}
