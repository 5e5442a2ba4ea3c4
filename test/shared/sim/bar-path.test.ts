import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../../shared/random.ts';
import { BarPath, type PathBar } from '../../../shared/sim/bar-path.ts';
import { FairPrice, scaledSource } from '../../../shared/sim/fair-price.ts';
import { ticks } from '../../../shared/units.ts';
import { FlowHarness } from '../../kit/flow-harness.ts';

const BAR_MS = 60_000;
const then = (price: number): FairPrice => new FairPrice({ random: new Random(9), price, profile: 'calm' });
const makePath = (bars: readonly PathBar[], seed = 1): BarPath => {
  const [first, ...others] = bars;
  if (!first) throw new Error('No bar');
  return new BarPath({ bars: [first, ...others], barMs: BAR_MS, random: new Random(seed), then });
};

/** Bars that follow each other, about 640,000 ticks. */
function drawBars(seed: number, count: number): readonly PathBar[] {
  const random = new Random(seed);
  let open = 640_000;
  return Array.from({ length: count }, (_, i) => {
    const close = Math.round(open * (1 + 0.001 * random.normal()));
    const wick = (): number => Math.round(200 * random.float());
    const bar = {
      openMs: i * BAR_MS,
      open,
      high: Math.max(open, close) + wick(),
      low: Math.min(open, close) - wick(),
      close,
      volume: 1 + random.float(),
    };
    open = close;
    return bar;
  });
}

test('BarPath goes through each bar from its open by both extremes to its close, never beyond', () => {
  const run = fc.property(fc.nat(), (seed) => {
    const bars = drawBars(seed, 5);
    const path = makePath(bars, seed);
    for (const bar of bars) {
      expect(path.price).toBeCloseTo(bar.open, 6);
      const seen: number[] = [];
      for (let i = 0; i < 600; i++) {
        path.advance(i === 599 ? 99.999 : 100);
        seen.push(path.price);
      }
      path.advance(0.001);
      expect(seen.at(-1)).toBeCloseTo(bar.close, 0);
      expect(Math.max(...seen)).toBeLessThanOrEqual(bar.high + 1e-6);
      expect(Math.min(...seen)).toBeGreaterThanOrEqual(bar.low - 1e-6);
      const range = bar.high - bar.low; // sampled 600 times, the turns are missed by little
      expect(bar.high - Math.max(...seen) + Math.min(...seen) - bar.low).toBeLessThan(0.05 * range);
    }
  });
  fc.assert(run, { numRuns: 25 });
});

test('BarPath sees the low first in most rising bars and the high first in most falling ones', () => {
  const bar = { openMs: 0, open: 100, high: 120, low: 80, close: 110, volume: 1 };
  const lowFirst = (close: number): number =>
    Array.from({ length: 200 }, (_, seed) => {
      const path = makePath([{ ...bar, close }], seed);
      path.advance(3_000);
      return path.price < 100 ? 1 : 0;
    }).reduce((sum: number, one) => sum + one, 0);
  expect(lowFirst(110)).toBeGreaterThan(120);
  expect(lowFirst(90)).toBeLessThan(80);
});

test('BarPath paces by volume, within bounds, and a bar without any nearly stands still', () => {
  const flat = { open: 100, high: 100, low: 100, close: 100 };
  const path = makePath([1, 3, 0, 100].map((volume, i) => ({ openMs: i * BAR_MS, ...flat, volume })));
  const paces = [path.pace];
  for (let i = 0; i < 3; i++) {
    path.advance(BAR_MS);
    paces.push(path.pace);
  }
  expect(paces.map((pace) => Number(pace.toFixed(3)))).toEqual([0.05, 0.115, 0.05, 3.846]);
});

test('BarPath goes on from the last close as a seeded market', () => {
  const path = makePath(drawBars(3, 2));
  path.advance(2 * BAR_MS - 1);
  const end = path.price;
  path.advance(2);
  expect(path.price).toBeCloseTo(end, -2);
  path.advance(BAR_MS);
  expect(path.price).not.toBe(end);
  expect(path.pace).toBe(1);
  path.hold({ bestBid: ticks(1), bestAsk: ticks(2) });
  expect(path.price).toBeLessThan(10);
});

test('scaledSource() tells the same price in other ticks, and is held back in them', () => {
  const [path, same] = [makePath(drawBars(3, 2)), makePath(drawBars(3, 2))];
  const finer = scaledSource(path, 10);
  finer.advance(30_000);
  same.advance(30_000);
  expect(finer.price).toBeCloseTo(10 * same.price, 3);
  finer.hold({ bestBid: ticks(1_000), bestAsk: ticks(1_010) });
  expect(finer.price).toBeLessThan(1_100);
});

test('a flow that follows bars trades their path: its own bars close where theirs do', () => {
  const bars = drawBars(5, 30);
  const flow = new FlowHarness({ seed: 5, path: makePath(bars) });
  for (const bar of bars) {
    flow.runFor(bar.openMs + BAR_MS - flow.atMs);
    const { bestBid, bestAsk } = flow.view();
    const middle = ((bestBid ?? Number.NaN) + (bestAsk ?? Number.NaN)) / 2;
    expect(Math.abs(middle / bar.close - 1)).toBeLessThan(5e-4);
  }
  expect(flow.faults).toEqual([]);
});
