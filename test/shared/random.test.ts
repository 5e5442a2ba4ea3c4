import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../../shared/backoff.ts';
import { Random } from '../../shared/random.ts';

const draw = (n: number, next: () => number): number[] => Array.from({ length: n }, next);
const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

test('Random gives the same sequence for the same seed, and another for another', () => {
  fc.assert(
    fc.property(fc.nat({ max: 4_294_967_295 }), (seed) => {
      const [a, b, c] = [new Random(seed), new Random(seed), new Random((seed + 1) >>> 0)];
      const values = draw(20, () => a.float());
      expect(draw(20, () => b.float())).toEqual(values);
      expect(draw(20, () => c.float())).not.toEqual(values);
    }),
  );
});

test('Random keeps its sequence from version to version: recorded runs depend on it', () => {
  const random = new Random(1);
  expect(draw(4, () => random.int({ min: 0, max: 999_999 }))).toMatchInlineSnapshot(`
    [
      563671,
      585111,
      895907,
      946399,
    ]
  `);
});

test('Random fork() is independent of how much another fork has drawn', () => {
  const [one, two] = [new Random(7), new Random(7)];
  const [a, b] = [one.fork('flow'), one.fork('faults')];
  const [c, d] = [two.fork('flow'), two.fork('faults')];
  draw(1_000, () => c.float());
  expect(draw(5, () => b.float())).toEqual(draw(5, () => d.float()));
  expect(draw(5, () => a.float())).not.toEqual(draw(5, () => b.float()));
});

test('Random has the moments it should', () => {
  const random = new Random(42);
  const n = 40_000;
  const uniform = draw(n, () => random.float());
  expect(Math.min(...uniform.slice(0, 10_000))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...uniform.slice(0, 10_000))).toBeLessThan(1);
  expect(meanOf(uniform)).toBeCloseTo(0.5, 1);
  const normal = draw(n, () => random.normal());
  expect(Math.abs(meanOf(normal))).toBeLessThan(0.03);
  expect(meanOf(normal.map((x) => x * x))).toBeGreaterThan(0.95);
  expect(meanOf(normal.map((x) => x * x))).toBeLessThan(1.05);
  expect(meanOf(draw(n, () => random.exponential(3)))).toBeGreaterThan(2.9);
  expect(meanOf(draw(n, () => random.exponential(3)))).toBeLessThan(3.1);
  expect(meanOf(draw(n, () => (random.chance(0.2) ? 1 : 0)))).toBeCloseTo(0.2, 1);
});

test('Random int() and pick() reach both ends and nothing beyond', () => {
  const random = new Random(3);
  expect(new Set(draw(500, () => random.int({ min: -1, max: 2 })))).toEqual(new Set([-1, 0, 1, 2]));
  expect(new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']));
  expect(random.chance(0)).toBe(false);
  expect(random.chance(1)).toBe(true);
});

test('backoffMs() tries at once, then waits between half and all of a ceiling that doubles up to its maximum', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2_000 }), fc.nat(), fc.integer({ min: 1, max: 1_000 }), (failures, seed, baseMs) => {
      const delay = backoffMs(failures, { baseMs, maxMs: 10_000, random: new Random(seed) });
      const ceiling = Math.min(10_000, baseMs * 2 ** Math.min(failures - 1, 40));
      if (failures === 0) expect(delay).toBe(0);
      else {
        expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
        expect(delay).toBeLessThanOrEqual(ceiling);
      }
    }),
  );
});
