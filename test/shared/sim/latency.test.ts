import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../../shared/random.ts';
import { drawLatency, type Latency, Line, parseLatency } from '../../../shared/sim/latency.ts';

test.each<readonly [string, Latency | null]>([
  ['none', { kind: 'none', spike: null }],
  ['fixed:5', { kind: 'fixed', ms: 5, spike: null }],
  ['uniform:1.5:4', { kind: 'uniform', minMs: 1.5, maxMs: 4, spike: null }],
  ['lognormal:8:0.5+0.01:250', { kind: 'lognormal', medianMs: 8, sigma: 0.5, spike: { probability: 0.01, ms: 250 } }],
  ['none+1:10', { kind: 'none', spike: { probability: 1, ms: 10 } }],
  ...[
    '',
    'fixed',
    'fixed:-1',
    'fixed:1:2',
    'uniform:4:1',
    'uniform:1',
    'lognormal:0:1',
    'lognormal:1',
    'none:1',
    'fixed:1+2:1',
    'fixed:1+0.1',
    'fixed:1+0.1:5+0.1:5',
    'fixed:1e3',
  ].map((text) => [text, null] as const),
])('parseLatency() reads %j', (text, want) => {
  expect(parseLatency(text)).toEqual(want);
});

const draw = (text: string, count = 20_000): readonly number[] => {
  const [latency, random] = [parseLatency(text), new Random(7)];
  if (!latency) throw new Error(`not a latency: ${text}`);
  return Array.from({ length: count }, () => drawLatency(latency, random)).toSorted((a, b) => a - b);
};
const at = (sorted: readonly number[], share: number): number => sorted[Math.floor(share * sorted.length)] ?? Number.NaN;

test('drawLatency() has the median, the spread and the spikes of its model', () => {
  expect(new Set(draw('fixed:3'))).toEqual(new Set([3]));
  const uniform = draw('uniform:2:6');
  expect([uniform[0], uniform.at(-1), at(uniform, 0.5)].map((ms) => Math.round(ms ?? 0))).toEqual([2, 6, 4]);
  const lognormal = draw('lognormal:10:0.5');
  expect(at(lognormal, 0.5)).toBeCloseTo(10, 0);
  expect(at(lognormal, 0.8413) / 10).toBeCloseTo(Math.exp(0.5), 1);
  const spiky = draw('fixed:1+0.1:100').filter((ms) => ms === 101).length;
  expect(spiky / 20_000).toBeCloseTo(0.1, 2);
});

test('drawLatency() takes nothing from the seed where nothing is left to chance', () => {
  const [random, same] = [new Random(3), new Random(3)];
  drawLatency({ kind: 'fixed', ms: 4, spike: null }, random);
  expect(random.float()).toBe(same.float());
});

test('Line lets nothing overtake, and nothing arrive before its time', () => {
  const sends = fc.array(fc.record({ afterMs: fc.nat(20), extraMs: fc.nat(50) }), { minLength: 1 });
  fc.assert(
    fc.property(sends, fc.integer(), (list, seed) => {
      const line = new Line({ latency: { kind: 'lognormal', medianMs: 5, sigma: 1, spike: null }, random: new Random(seed) });
      let nowMs = 1_000;
      const arrivals = list.map(({ afterMs, extraMs }) => {
        nowMs += afterMs;
        return [line.arriveMs(nowMs, extraMs), nowMs + extraMs] as const;
      });
      for (const [atMs, earliestMs] of arrivals) expect(atMs).toBeGreaterThanOrEqual(earliestMs);
      const times = arrivals.map(([atMs]) => atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }),
  );
});
