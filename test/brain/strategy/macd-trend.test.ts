import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crossOf, lastPoints, type MacdState, macdTrend } from '../../../brain/strategy/macd-trend.ts';
import { MacdParameters } from '../../../shared/config.ts';
import { Random } from '../../../shared/random.ts';
import type { BarRow } from '../../../shared/snapshot.ts';
import type { Lots } from '../../../shared/units.ts';
import { qty, view } from '../../kit/brain.ts';

const FIVE_MINUTES = 300_000;
const parameters = (over: Partial<MacdParameters> = {}): MacdParameters =>
  MacdParameters.parse({ fastPeriod: 3, slowPeriod: 6, signalPeriod: 3, orderSize: '0.020', ...over });
const barsOf = (closes: readonly number[]): BarRow[] =>
  closes.map((close, n) => [n * FIVE_MINUTES, String(close), String(close), String(close), String(close), '1']);

/** Averages seeded with a simple mean of their first values: the textbook's definition, written apart from the library's. */
function ema(values: readonly number[], period: number): (number | null)[] {
  let average: number | null = null;
  return values.map((value, i) => {
    if (i === period - 1) average = values.slice(0, period).reduce((a, b) => a + b, 0) / period;
    else if (average !== null) average += (value - average) * (2 / (period + 1));
    return average;
  });
}
function plainMacd(closes: readonly number[], { fastPeriod, slowPeriod, signalPeriod }: MacdParameters) {
  const [fast, slow] = [ema(closes, fastPeriod), ema(closes, slowPeriod)];
  const macd = closes.map((_, i) => (fast[i] ?? 0) - (slow[i] ?? 0)).slice(slowPeriod - 1);
  const signal = ema(macd, signalPeriod);
  return macd.map((value, i) => ({ macd: value, signal: signal[i] ?? null, histogram: signal[i] == null ? null : value - signal[i] }));
}
const walk = (seed: number, length: number): number[] => {
  const random = new Random(seed);
  let price = 60_000;
  return Array.from({ length }, () => (price += random.normal() * 40));
};

test('lastPoints() agrees with a plain recomputation at every length of many paths', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 40, max: 120 }), (seed, length) => {
      const p = parameters({ fastPeriod: 12, slowPeriod: 26, signalPeriod: 9 });
      const closes = walk(seed, length);
      const [before, now] = lastPoints(barsOf(closes), p)!;
      const plain = plainMacd(closes, p).slice(-2);
      for (const [i, point] of [before, now].entries()) {
        expect(point.macd).toBeCloseTo(plain[i]!.macd, 6);
        expect(point.signal).toBeCloseTo(plain[i]!.signal!, 6);
        expect(point.histogram).toBeCloseTo(plain[i]!.histogram!, 6);
      }
    }),
    { numRuns: 50 },
  );
});

test('lastPoints() says nothing before two histogram points can be told', () => {
  const closes = walk(1, 9);
  expect(lastPoints(barsOf(closes.slice(0, 8)), parameters())).toBeNull();
  expect(lastPoints(barsOf(closes), parameters())).not.toBeNull();
});

test.each<[before: number, now: number, threshold: number, want: number]>([
  [-1, 1, 0, 1],
  [0, 1, 0, 1],
  [1, 2, 0, 0],
  [1, -1, 0, -1],
  [0, -1, 0, -1],
  [-1, 0, 0, 0],
  [-1, 5, 5, 0],
  [-1, 5.1, 5, 1],
  [5, 5.1, 5, 1],
  [1, -5.1, 5, -1],
  [1, -5, 5, 0],
])('crossOf() a histogram from %d to %d with threshold %d is %d', (before, now, threshold, want) => {
  const point = (histogram: number) => ({ macd: 0, signal: 0, histogram });
  expect(crossOf([point(before), point(now)], threshold)).toBe(want);
});

/** Falls, then rises: the last bar of the rise that crosses is found, not assumed. */
const TURN = [...Array.from({ length: 20 }, (_, i) => 60_000 - 10 * i), ...Array.from({ length: 12 }, (_, i) => 59_810 + 40 * i)];
const crossAt = (closes: readonly number[], direction: 1 | -1): number => {
  for (let n = 10; n <= closes.length; n++) {
    const points = lastPoints(barsOf(closes.slice(0, n)), parameters());
    if (points && crossOf(points, 0) === direction) return n;
  }
  throw new Error('the path does not cross');
};
const UP = crossAt(TURN, 1);
const MIRRORED = TURN.map((close) => 120_000 - close);

type Look = { readonly closes?: readonly number[] | null; readonly position?: Lots };
const looker = (p = parameters()) => {
  const strategy = macdTrend(p);
  let state: MacdState = strategy.initial();
  return ({ closes = TURN, position = qty('0') }: Look) => {
    const decided = strategy.decide(view({ bars: closes === null ? null : barsOf(closes), position }), state);
    state = decided.state;
    return decided.wish;
  };
};
const until = (n: number, closes: readonly number[] = TURN) => closes.slice(0, n);

describe('macdTrend()', () => {
  test('enters on the bar that crosses, and only from it', () => {
    const look = looker();
    expect(look({ closes: until(UP - 1) })).toMatchObject({ target: null, reason: 'no-signal' });
    expect(look({ closes: until(UP - 1) }).target).toBeNull();
    expect(look({ closes: until(UP) })).toMatchObject({ target: { position: 20, slippageBps: 10 }, reason: 'cross-up', quotes: [] });
    expect(look({ closes: until(UP) })).toMatchObject({ target: { position: 20 }, reason: 'to-long' });
  });

  test('does not act on a cross that was there before it began', () => {
    const look = looker();
    expect(look({ closes: until(UP) }).target).toBeNull();
    expect(look({ closes: until(UP + 1) }).target).toBeNull();
  });

  test('leaves the position alone once it was reached, also when a person closes it', () => {
    const look = looker();
    look({ closes: until(UP - 1) });
    look({ closes: until(UP) });
    look({ closes: until(UP), position: qty('0.020') });
    expect(look({ closes: until(UP), position: qty('0.020') })).toMatchObject({ target: null, reason: 'holding-long' });
    expect(look({ closes: until(UP + 1), position: qty('0') })).toMatchObject({ target: null, reason: 'no-signal' });
  });

  test.each<[MacdParameters['direction'], number, number]>([
    ['both', 20, -20],
    ['long', 20, 0],
    ['short', 0, -20],
  ])('with direction %s wants %d on a cross up and %d on a cross down', (direction, up, down) => {
    for (const [closes, want] of [
      [TURN, up],
      [MIRRORED, down],
    ] as const) {
      const look = looker(parameters({ direction }));
      look({ closes: until(UP - 1, closes), position: qty('0.007') });
      expect(look({ closes: until(UP, closes), position: qty('0.007') }).target?.position).toBe(want);
    }
  });

  test('a threshold above the histogram keeps it out', () => {
    const look = looker(parameters({ thresholdBps: 1_000 }));
    for (let n = UP - 1; n <= TURN.length; n++) expect(look({ closes: until(n) }).target).toBeNull();
  });

  test.each<[string, readonly number[] | null, string]>([
    ['bars that are not complete', null, 'bars-unknown'],
    ['no bars', [], 'bars-unknown'],
    ['too few bars', TURN.slice(0, 8), 'warming-up'],
  ])('wants nothing with %s', (_name, closes, reason) => {
    expect(looker()({ closes })).toMatchObject({ target: null, quotes: [], reason });
  });

  test('its targets on a long generated path are the crosses of the plain histogram, once a bar', () => {
    const [p, closes] = [parameters({ fastPeriod: 12, slowPeriod: 26, signalPeriod: 9 }), walk(7, 400)];
    const histograms = plainMacd(closes, p).map(({ histogram }) => histogram);
    const look = looker(p);
    let crosses = 0;
    for (let n = 60; n <= closes.length; n++) {
      const [before, now] = histograms.slice(n - p.slowPeriod - 1, n - p.slowPeriod + 1) as [number, number];
      const { reason } = look({ closes: closes.slice(0, n) });
      const want = n === 60 ? 0 : before <= 0 && now > 0 ? 1 : before >= 0 && now < 0 ? -1 : 0;
      expect([n, reason.startsWith('cross'), reason === 'cross-up']).toEqual([n, want !== 0, want === 1]);
      expect(look({ closes: closes.slice(0, n) }).reason.startsWith('cross')).toBe(false);
      crosses += Math.abs(want);
    }
    expect(crosses).toBeGreaterThan(10);
  });
});
