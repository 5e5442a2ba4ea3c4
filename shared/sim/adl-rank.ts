/** Where a position stands in the queue for auto-deleveraging: 0 flat, then 1 to 4, the most profitable and leveraged first. */
import type { PositionMargin } from './margin.ts';

/** Profit over initial margin, per cent, from which the next place in the queue begins. */
const STEPS = [0, 25, 100];

export function adlRank({ position, unrealized, positionInitial }: PositionMargin): number {
  if (position.size === 0) return 0;
  const percent = positionInitial === 0n ? 0 : Number((unrealized * 100n) / positionInitial);
  return 1 + STEPS.filter((step) => percent > step).length;
}
