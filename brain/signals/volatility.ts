/**
 * Volatility of mid, basis points per square root of a second: sum of squared log returns over the time they took, so that irregular
 * samples and gaps count for what they are. Mid is sampled at most once a `sampleMs`: nearer samples measure the bounce of the best
 * prices, not the risk of holding. Realized variance: Andersen, Bollerslev, Diebold, Labys, "Modeling and forecasting realized
 * volatility", Econometrica 71 (2003); by half-life: the EWMA of RiskMetrics (1996), weighted by time.
 */
import { addToBuckets, type Buckets, foldBuckets } from './buckets.ts';
import { decayOf } from './decay.ts';

/** Squared basis points, and the seconds in which they came about; `samples` counts them and is forgotten alike. */
type Sum = { readonly squares: number; readonly seconds: number; readonly samples: number };
/** `usual` forgets slowly; `window` is only kept for the realized estimator. */
export type Volatility = {
  readonly mid: number;
  readonly atMs: number;
  /** Since the begin. */
  readonly samples: number;
  readonly recent: Sum;
  readonly usual: Sum;
  readonly window: Buckets<Sum> | null;
};
export type VolatilityOptions = {
  readonly estimator: 'ewma' | 'realized';
  readonly sampleMs: number;
  readonly halfLifeMs: number;
  readonly windowMs: number;
  readonly samplesMin: number;
  /** Half-life of `usual`. */
  readonly baselineMs: number;
};

const NONE: Sum = { squares: 0, seconds: 0, samples: 0 };
const BUCKETS = 60;
const BPS = 10_000;

/** Unchanged until `sampleMs` has passed; a clock set back only begins the sample anew. */
export function volatility(
  before: Volatility | null,
  { mid, atMs, options }: { readonly mid: number; readonly atMs: number; readonly options: VolatilityOptions },
): Volatility {
  if (before === null) return { mid, atMs, samples: 0, recent: NONE, usual: NONE, window: null };
  const elapsedMs = atMs - before.atMs;
  if (elapsedMs < 0) return { ...before, mid, atMs };
  if (elapsedMs < options.sampleMs) return before;
  const move = Math.log(mid / before.mid) * BPS;
  const added = { squares: move * move, seconds: elapsedMs / 1_000, samples: 1 };
  const { estimator, halfLifeMs, baselineMs, windowMs } = options;
  return {
    mid,
    atMs,
    samples: before.samples + 1,
    recent: forget(before.recent, { added, kept: decayOf({ elapsedMs, halfLifeMs }) }),
    usual: forget(before.usual, { added, kept: decayOf({ elapsedMs, halfLifeMs: baselineMs }) }),
    window: estimator === 'ewma' ? null : addToBuckets(before.window, { ...bucketsOf({ windowMs, atMs }), value: added, merge: plus }),
  };
}

/** Basis points per square root of a second; null while there are fewer than `samplesMin` samples, for `realized` in the window. */
export function sigmaOf(state: Volatility, { estimator, samplesMin, windowMs }: VolatilityOptions): number | null {
  if (state.samples < samplesMin) return null;
  if (estimator === 'ewma') return root(state.recent);
  if (state.window === null) return null;
  const sum = foldBuckets(state.window, { ...bucketsOf({ windowMs, atMs: state.atMs }), from: NONE, add: plus });
  return sum.samples < samplesMin ? null : root(sum);
}

/** The same over the long half-life. */
export const usualSigmaOf = (state: Volatility, { samplesMin }: VolatilityOptions): number | null =>
  state.samples < samplesMin ? null : root(state.usual);

const bucketsOf = ({ windowMs, atMs }: { readonly windowMs: number; readonly atMs: number }) => ({
  atMs,
  bucketMs: windowMs / BUCKETS,
  count: BUCKETS,
});
const plus = (a: Sum, b: Sum): Sum => ({
  squares: a.squares + b.squares,
  seconds: a.seconds + b.seconds,
  samples: a.samples + b.samples,
});
const root = ({ squares, seconds }: Sum): number | null => (seconds > 0 ? Math.sqrt(squares / seconds) : null);
const forget = (before: Sum, { added, kept }: { readonly added: Sum; readonly kept: number }): Sum => ({
  squares: before.squares * kept + added.squares,
  seconds: before.seconds * kept + added.seconds,
  samples: before.samples * kept + added.samples,
});
