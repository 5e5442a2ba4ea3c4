import fc from 'fast-check';
import { expect, test } from 'vitest';
import { meanOverPhases } from '../../../scripts/bench/tick/phases.ts';

const timed = (atMs: number, afterMs: number) => ({ atMs, tookMs: 100 - (atMs % 100) + afterMs });

test('the mean is that of all phases, wherever the times began', () => {
  const few = [timed(1_700_000_000_001, 4), timed(1_700_000_000_302, 6), timed(1_700_000_000_603, 5)];
  expect(meanOverPhases(few, 100).meanMs).toBeCloseTo(55, 3);
  expect(meanOverPhases(few, 100).errorMs).toBeCloseTo(Math.sqrt(1 / 3), 3);
});

test('whatever the phases, it is half a period and the mean of what comes after the line', () => {
  const rows = fc.array(fc.record({ at: fc.integer({ min: 0, max: 1e6 }), after: fc.integer({ min: 0, max: 40 }) }), { minLength: 2 });
  const mean = fc.property(rows, (all) => {
    const times = all.map(({ at, after }) => timed(at, after));
    expect(meanOverPhases(times, 100).meanMs).toBeCloseTo(50 + all.reduce((sum, { after }) => sum + after, 0) / all.length, 6);
  });
  fc.assert(mean);
});
