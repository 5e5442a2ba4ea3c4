/**
 * A and k of lambda(delta) = A exp(-k delta) (the trading intensity of Avellaneda, Stoikov 2008) by maximum likelihood. When trades that reach delta come as
 * a Poisson process of that rate, the farthest one within w seconds is nearer than delta with probability exp(-A w exp(-k delta)): a
 * Gumbel law. Its observations stand in bins; Fisher scoring on (ln A, ln k) finds the maximum, and the inverse of the Fisher
 * information there is their variance. No bias of saturation, unlike counts of observations over time, when most of them are reached.
 */

/**
 * `cells[j]`: observations whose farthest trade lies in [j, j + 1) bins, the last one without end, 0 also those without a trade.
 * `seconds`: all observations together.
 */
export type Counts = { readonly cells: readonly number[]; readonly seconds: number };
/** `a` per second, `k` per basis point; `errorA`, `errorK`: relative standard errors. */
export type Fit = {
  readonly a: number;
  readonly k: number;
  readonly errorA: number;
  readonly errorK: number;
  readonly observations: number;
};

/** ln A and ln k: both stay positive. */
type Point = { readonly lnA: number; readonly lnK: number };
type Problem = { readonly cells: readonly number[]; readonly widthBps: number; readonly seconds: number; readonly total: number };
/** Gradient of the log likelihood, and the Fisher information, in (ln A, ln k). */
type Slope = {
  readonly likelihood: number;
  readonly ga: number;
  readonly gk: number;
  readonly aa: number;
  readonly ak: number;
  readonly kk: number;
};

const ROUNDS_MAX = 30;
const STEP_MAX = 2;
const SETTLED = 1e-6;
/** A fit that still wants to move by more than this was not found. */
const NEAR = 1e-3;

/** Null when the counts tell no decay: fewer than three bins hit, or no maximum in a sane range. */
export function fitIntensity({ cells, seconds }: Counts, widthBps: number): Fit | null {
  const total = cells.reduce((sum, cell) => sum + cell, 0);
  if (total === 0 || cells.filter((cell) => cell > 0).length < 3) return null;
  const problem = { cells, widthBps, seconds: seconds / total, total };
  let point = firstGuess(problem);
  let slope = slopeAt(point, problem);
  let step = stepOf(slope);
  for (let round = 0; step !== null && sizeOf(step) > SETTLED && round < ROUNDS_MAX; round++) {
    const next = climb({ point, slope, step, problem });
    if (next === null) break; // no higher place in the direction of the step: the top, as far as numbers can tell
    [point, slope] = [next.point, next.slope];
    step = stepOf(slope);
  }
  return step === null || sizeOf(step) > NEAR ? null : fitOf({ point, slope, total });
}

const sizeOf = ({ lnA, lnK }: Point): number => Math.max(Math.abs(lnA), Math.abs(lnK));

function fitOf({
  point,
  slope: { aa, ak, kk },
  total,
}: {
  readonly point: Point;
  readonly slope: Slope;
  readonly total: number;
}): Fit | null {
  const determinant = aa * kk - ak * ak;
  const [errorA, errorK] = [Math.sqrt(kk / determinant), Math.sqrt(aa / determinant)];
  const [a, k] = [Math.exp(point.lnA), Math.exp(point.lnK)];
  return [a, k, errorA, errorK].every((one) => Number.isFinite(one) && one > 0) ? { a, k, errorA, errorK, observations: total } : null;
}

/** From the rates at the first edge and at the last that was reached. */
function firstGuess({ cells, widthBps, seconds, total }: Problem): Point {
  const beyond = (edge: number): number => cells.slice(edge).reduce((sum, cell) => sum + cell, 0);
  const rate = (edge: number): number => -Math.log1p(-Math.min(beyond(edge), total - 0.5) / total) / seconds;
  const last = Math.max(
    2,
    cells.findLastIndex((cell) => cell > 0),
  );
  const lnK = Math.log(Math.max(0.01, Math.log(rate(1) / rate(last)) / (last - 1)) / widthBps);
  return { lnA: Math.log(rate(1)) + Math.exp(lnK) * widthBps, lnK };
}

/**
 * u = A w exp(-k d) at an edge d; F = exp(-u) is the probability to stay nearer. dF/d ln A = -u F, dF/d ln k = k d u F. A cell has the
 * difference of F at its ends, taken between the complements 1 - F where these are small, so that far cells keep their digits.
 */
function slopeAt({ lnA, lnK }: Point, { cells, widthBps, seconds, total }: Problem): Slope {
  const [a, k] = [Math.exp(lnA), Math.exp(lnK)];
  let [likelihood, ga, gk, aa, ak, kk] = [0, 0, 0, 0, 0, 0];
  let near = { stay: 0, pass: 1, da: 0, dk: 0 };
  for (let j = 0; j < cells.length; j++) {
    const edge = (j + 1) * widthBps;
    const u = a * seconds * Math.exp(-k * edge);
    const stay = Math.exp(-u);
    const far = j === cells.length - 1 ? END : { stay, pass: -Math.expm1(-u), da: -u * stay, dk: k * edge * u * stay };
    const share = near.pass < 0.5 ? near.pass - far.pass : far.stay - near.stay;
    const seen = cells[j] ?? 0;
    if (share > 0) {
      const [da, dk] = [(far.da - near.da) / share, (far.dk - near.dk) / share];
      likelihood += seen * Math.log(share);
      ga += seen * da;
      gk += seen * dk;
      aa += total * share * da * da;
      ak += total * share * da * dk;
      kk += total * share * dk * dk;
    } else if (seen > 0) likelihood = Number.NEGATIVE_INFINITY;
    near = far;
  }
  return { likelihood, ga, gk, aa, ak, kk };
}

const END = { stay: 1, pass: 0, da: 0, dk: 0 };

/** Fisher scoring: information times step is gradient. */
function stepOf({ ga, gk, aa, ak, kk }: Slope): Point | null {
  const determinant = aa * kk - ak * ak;
  if (!(determinant > 1e-12 * aa * kk)) return null;
  const bound = (step: number): number => Math.max(-STEP_MAX, Math.min(STEP_MAX, step));
  return { lnA: bound((kk * ga - ak * gk) / determinant), lnK: bound((aa * gk - ak * ga) / determinant) };
}

type Climb = { readonly point: Point; readonly slope: Slope; readonly step: Point; readonly problem: Problem };

/** The step, halved until it does not lead down. */
function climb({ point, slope, step, problem }: Climb): Pick<Climb, 'point' | 'slope'> | null {
  for (let share = 1; share > 1e-6; share /= 2) {
    const next = { lnA: point.lnA + share * step.lnA, lnK: point.lnK + share * step.lnK };
    const there = slopeAt(next, problem);
    if (there.likelihood >= slope.likelihood) return { point: next, slope: there };
  }
  return null;
}
