/** Where mid has been going: the fast mean of mid over the slow one. */
import { type HeldMean, heldMean } from './held-mean.ts';

export type Momentum = { readonly fast: HeldMean; readonly slow: HeldMean };
type Look = { readonly mid: number; readonly atMs: number; readonly fastMs: number; readonly slowMs: number };

const BPS = 10_000;

/** `fastMs`, `slowMs`: half-lives. */
export const momentum = (before: Momentum | null, { mid, atMs, fastMs, slowMs }: Look): Momentum => ({
  fast: heldMean(before?.fast ?? null, { value: mid, atMs, halfLifeMs: fastMs }),
  slow: heldMean(before?.slow ?? null, { value: mid, atMs, halfLifeMs: slowMs }),
});

/** Basis points of the slow mean; positive when mid has been rising. */
export const momentumBps = ({ fast, slow }: Momentum): number => (fast.mean / slow.mean - 1) * BPS;
