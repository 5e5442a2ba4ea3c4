import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldBuckets } from '../../../brain/signals/buckets.ts';
import { type Intensity, type IntensityOptions, intensity } from '../../../brain/signals/intensity.ts';
import type { TradeSeen } from '../../../brain/strategy/strategy.ts';
import { Random } from '../../../shared/random.ts';
import { after, type Look, someHistory, stored, trade } from '../../kit/market-history.ts';

const options = (over: Partial<IntensityOptions> = {}): IntensityOptions => ({
  observeMs: 1_000,
  windowMs: 60_000,
  binBps: 0.05,
  bins: 10,
  refitMs: 5_000,
  ...over,
});
const update = (of: IntensityOptions) => (before: Intensity | null, look: Look) => intensity(before, { ...look, options: of });
const MID = 600_000;
const look = (atMs: number, trades: Look['trades'], mid = MID): Look => ({ atMs, mid, trades });
const countsOf = ({ counts }: Intensity) => counts?.open.value;

// 6 ticks above a mid of 600,000 are 0.1 basis points: the second bin of 0.05; 1 tick is 0.0167: the first
test('intensity() counts the farthest trade of each side since mid was looked at', () => {
  const state = after(
    [
      look(0, null),
      look(400, [trade('buy', 1, { price: MID + 2 }), trade('sell', 1, { price: MID - 1 })], MID + 50),
      look(1_000, [trade('buy', 1, { price: MID + 6 }), trade('buy', 1, { price: MID + 3 })]),
    ],
    update(options()),
  );
  expect(countsOf(state)).toEqual({ cells: [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], seconds: 2 });
  expect(state.current).toEqual({ sinceMs: 1_000, mid: MID, up: 0, down: 0 });
});

test('intensity() does not count an observation with a hole in its trades, nor one that took too long', () => {
  const begun = [look(0, null), look(500, [trade('buy', 1, { price: MID + 9 })])];
  expect(countsOf(after([...begun, look(900, null), look(1_000, [])], update(options())))).toBeUndefined();
  expect(countsOf(after([...begun, look(1_600, [])], update(options())))).toBeUndefined();
  expect(countsOf(after([...begun, look(1_500, [])], update(options())))?.seconds).toBe(3);
});

test('intensity() takes bins of at least a tick, and begins anew with other options', () => {
  const coarse = after([look(0, null, 1_000)], update(options()));
  expect(coarse.widthBps).toBe(10);
  const counted = after([look(0, null), look(1_000, [])], update(options()));
  expect(countsOf(counted)).toBeDefined();
  expect(intensity(counted, { ...look(1_100, []), options: options({ bins: 12 }) }).counts).toBeNull();
});

test('intensity() agrees with a plain search through the whole history, over restarts too', () => {
  const of = options({ windowMs: 100_000 });
  fc.assert(
    fc.property(someHistory, (history) => {
      const observed: { atMs: number; cells: readonly number[]; seconds: number }[] = [];
      let [from, seen]: [Look, TradeSeen[]] = [history[0]!, []];
      const width = Math.max(of.binBps, 10_000 / from.mid);
      for (const one of history.slice(1)) {
        seen = [...seen, ...(one.trades ?? [])];
        const tookMs = one.atMs - from.atMs;
        if (one.trades !== null && tookMs < of.observeMs) continue;
        if (one.trades !== null && tookMs <= 1.5 * of.observeMs) {
          const far = (side: string, sign: number) =>
            Math.max(
              0,
              ...seen.filter(({ aggressor }) => aggressor === side).map(({ price }) => ((sign * (price - from.mid)) / from.mid) * 10_000),
            );
          const hit = [far('buy', 1), far('sell', -1)].map((bps) => Math.min(of.bins, Math.floor(bps / width)));
          observed.push({
            atMs: one.atMs,
            cells: Array.from({ length: 11 }, (_, j) => hit.filter((bin) => bin === j).length),
            seconds: (2 * tookMs) / 1_000,
          });
        }
        [from, seen] = [one, []];
      }
      const block = (atMs: number): number => Math.floor(atMs / 10_000);
      const end = history.at(-1)!.atMs;
      const kept = observed.filter(({ atMs }) => block(atMs) > block(end) - 10);
      const state = after<Intensity>(history, (before, one) => intensity(stored(before), { ...one, options: of }));
      const from0 = { cells: new Array<number>(11).fill(0), seconds: 0 };
      const add = (sum: typeof from0, one: { cells: readonly number[]; seconds: number }) => ({
        cells: sum.cells.map((cell, j) => cell + one.cells[j]!),
        seconds: sum.seconds + one.seconds,
      });
      const counted = state.counts ? foldBuckets(state.counts, { atMs: end, bucketMs: 10_000, count: 10, from: from0, add }) : from0;
      const whole = kept.reduce(add, from0);
      expect(counted).toEqual({ cells: whole.cells, seconds: expect.closeTo(whole.seconds, 9) });
      expect(state.counts?.closed.length ?? 0).toBeLessThan(10);
    }),
  );
});

test('intensity() finds A and k of a Poisson flow of takers within its own bounds', () => {
  const [a, k] = [0.8, 1.2];
  const of = options({ windowMs: 3_600_000, binBps: 0.2, bins: 20 });
  const random = new Random(3);
  let state: Intensity | null = null;
  const taken = (side: 'buy' | 'sell'): TradeSeen[] => {
    const made: TradeSeen[] = [];
    for (let at = random.exponential(1 / a); at < 0.25; at += random.exponential(1 / a))
      made.push(trade(side, 1, { price: Math.round(MID + ((side === 'buy' ? 1 : -1) * random.exponential(1 / k) * MID) / 10_000) }));
    return made;
  };
  for (let i = 0; i < 12_000; i++)
    state = intensity(state, { atMs: i * 250, mid: MID, trades: i === 0 ? null : [...taken('buy'), ...taken('sell')], options: of });
  const fit = state?.fit;
  expect(fit?.observations).toBeGreaterThan(5_900);
  expect(Math.abs(Math.log(fit!.a / a))).toBeLessThan(3 * fit!.errorA);
  expect(Math.abs(Math.log(fit!.k / k))).toBeLessThan(3 * fit!.errorK);
  expect(Math.max(fit!.errorA, fit!.errorK)).toBeLessThan(0.03);
});
