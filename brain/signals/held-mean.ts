/**
 * Mean over time of a value that holds between looks (mid, imbalance), the past forgotten by half-life: the integral of
 * value x 2^(-age/halfLife), not a mean of samples, so that looking more often changes nothing (previous-point moving average; Müller,
 * "Specially weighted moving averages with repeated application of the EMA operator", 1991).
 */
import { decayOf } from './decay.ts';

/** `last` holds from `atMs` on and is in the mean only up to there. */
export type HeldMean = { readonly mean: number; readonly last: number; readonly atMs: number };
type Look = { readonly value: number; readonly atMs: number; readonly halfLifeMs: number };

/** The first look begins the mean at its value. */
export function heldMean(before: HeldMean | null, { value, atMs, halfLifeMs }: Look): HeldMean {
  if (before === null) return { mean: value, last: value, atMs };
  const kept = decayOf({ elapsedMs: atMs - before.atMs, halfLifeMs });
  return { mean: kept * before.mean + (1 - kept) * before.last, last: value, atMs };
}
