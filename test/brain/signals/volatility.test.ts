import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sigmaOf, usualSigmaOf, type Volatility, type VolatilityOptions, volatility } from '../../../brain/signals/volatility.ts';
import { Random } from '../../../shared/random.ts';
import { after, type Look, someHistory, stored } from '../../kit/market-history.ts';

const options = (over: Partial<VolatilityOptions> = {}): VolatilityOptions => ({
  estimator: 'ewma',
  sampleMs: 1_000,
  halfLifeMs: 5_000,
  windowMs: 30_000,
  samplesMin: 1,
  baselineMs: 60_000,
  ...over,
});
const run = (history: readonly Look[], of = options()): Volatility =>
  after<Volatility>(history, (before, { mid, atMs }) => volatility(stored(before), { mid, atMs, options: of }));

/** Every sample of a history, plainly: the first look, then each that is a `sampleMs` after the last sample. */
function samplesOf(history: readonly Look[], sampleMs: number) {
  const samples: { atMs: number; squares: number; seconds: number }[] = [];
  let last = history[0]!;
  for (const look of history) {
    if (look.atMs - last.atMs < sampleMs) continue;
    samples.push({ atMs: look.atMs, squares: (Math.log(look.mid / last.mid) * 10_000) ** 2, seconds: (look.atMs - last.atMs) / 1_000 });
    last = look;
  }
  return samples;
}
const sigma = (samples: readonly { squares: number; seconds: number }[], weights: readonly number[]): number | null => {
  const [squares, seconds] = [samples.map((one) => one.squares), samples.map((one) => one.seconds)].map((values) =>
    values.reduce((sum, value, i) => sum + value * weights[i]!, 0),
  );
  return samples.length === 0 ? null : Math.sqrt(squares! / seconds!);
};
const near = (want: number | null) => (want === null ? null : expect.closeTo(want, 8));

// moves of 3 and -4 basis points within 1 s and 4 s: (9 + 16) / 5 = 5 squared basis points a second
test('sigmaOf() is the root of squared moves over the time they took', () => {
  const history = [0, 3, -1].map((bps, i) => ({ atMs: [0, 1_000, 5_000][i]!, mid: 60_000 * Math.exp(bps / 10_000), trades: null }));
  expect(sigmaOf(run(history, options({ halfLifeMs: 86_400_000 })), options())).toBeCloseTo(Math.sqrt(5), 3);
  const realized = options({ estimator: 'realized' });
  expect(sigmaOf(run(history, realized), realized)).toBeCloseTo(Math.sqrt(5), 6);
});

describe('agrees with a plain recomputation over the whole history, over restarts too', () => {
  test('by half-life', () => {
    fc.assert(
      fc.property(someHistory, (history) => {
        const samples = samplesOf(history, 1_000);
        const weights = (halfLifeMs: number) => samples.map(({ atMs }) => 2 ** (-(samples.at(-1)!.atMs - atMs) / halfLifeMs));
        const state = run(history);
        expect(sigmaOf(state, options())).toEqual(near(sigma(samples, weights(5_000))));
        expect(usualSigmaOf(state, options())).toEqual(near(sigma(samples, weights(60_000))));
      }),
    );
  });

  test('over a window of sixtieths', () => {
    fc.assert(
      fc.property(someHistory, (history) => {
        const realized = options({ estimator: 'realized' });
        const samples = samplesOf(history, 1_000);
        const bucket = (atMs: number): number => Math.floor(atMs / 500);
        const kept = samples.filter(({ atMs }) => bucket(atMs) > bucket(samples.at(-1)!.atMs) - 60);
        const state = run(history, realized);
        expect(sigmaOf(state, realized)).toEqual(
          near(
            sigma(
              kept,
              kept.map(() => 1),
            ),
          ),
        );
        expect(state.window?.closed.length ?? 0).toBeLessThan(60);
      }),
    );
  });
});

test('sigmaOf() finds the sigma of a random walk whatever the times between looks are', () => {
  const random = new Random(5);
  let [atMs, price] = [0, 0];
  const history = Array.from({ length: 20_000 }, () => {
    const waitMs = random.int({ min: 50, max: 950 });
    atMs += waitMs;
    price += 1.7 * Math.sqrt(waitMs / 1_000) * random.normal();
    return { atMs, mid: 60_000 * Math.exp(price / 10_000), trades: null };
  });
  const long = options({ halfLifeMs: 3_600_000, baselineMs: 3_600_000 });
  let state: Volatility | null = null;
  for (const { mid, atMs: at } of history) state = volatility(state, { mid, atMs: at, options: long });
  expect(sigmaOf(state!, long)! / 1.7).toBeCloseTo(1, 1);
});

test('sigmaOf() is unknown before there are enough samples, of the window where that counts', () => {
  const history = Array.from({ length: 12 }, (_, i) => ({ atMs: i * 1_000, mid: 100 + (i % 2), trades: null }));
  expect(sigmaOf(run(history.slice(0, 10)), options({ samplesMin: 10 }))).toBeNull();
  expect(sigmaOf(run(history.slice(0, 11)), options({ samplesMin: 10 }))).not.toBeNull();
  const realized = options({ estimator: 'realized', samplesMin: 10, windowMs: 12_000 });
  expect(sigmaOf(run(history, realized), realized)).not.toBeNull();
  const later = { atMs: 600_000, mid: 100, trades: null };
  expect(sigmaOf(run([...history, later], realized), realized)).toBeNull();
});

test('volatility() takes a clock set back as the begin of a new sample', () => {
  const before = run([
    { atMs: 5_000, mid: 100, trades: null },
    { atMs: 7_000, mid: 101, trades: null },
  ]);
  expect(volatility(before, { mid: 150, atMs: 1_000, options: options() })).toEqual({ ...before, mid: 150, atMs: 1_000 });
});
