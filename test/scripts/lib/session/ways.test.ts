import { expect, test } from 'vitest';
import type { Sent } from '../../../../scripts/lib/backtest/depth-options.ts';
import { type Trips, waysOf } from '../../../../scripts/lib/session/ways.ts';

const trips = (...rows: readonly (readonly [atMs: number, ms: number])[]) => rows.map(([atMs, ms]) => ({ atMs, ms }));
const TRIPS: Trips = {
  there: { place: trips([100, 5], [100, 7], [200, 20], [300, 6]), amend: trips([150, 50]), cancel: [] },
  back: { place: trips([105, 1], [220, 2]), amend: [], cancel: [] },
  notices: trips([106, 3], [400, 9]),
  looks: [],
};
const sent = (kind: Sent['kind']): Sent => ({ kind, clientId: '1' });

test('recorded ways: each as long as the one nearest in time that was not used, two of one moment in their order', () => {
  const { there, back, events } = waysOf('recorded', TRIPS, 1);
  expect([there(100, sent('place')), there(100, sent('place')), there(201, sent('place'))]).toEqual([105, 107, 221]);
  expect(there(150, sent('amend'))).toBe(200);
  expect(there(150, sent('cancel'))).toBe(200); // none was ever sent: as the nearest command of another kind
  expect(back(105, sent('place'))).toBe(106);
  expect([events(106, sent('event')), events(107, sent('event')), events(390, sent('event'))]).toEqual([109, 110, 399]);
});

test('measured ways are drawn from the recorded ones, by the seed, and nothing overtakes', () => {
  const arrivals = (seed: number): readonly number[] => {
    const { there } = waysOf('measured', TRIPS, seed);
    return [0, 1, 2, 3, 4, 5].map((nowMs) => there(nowMs, sent('place')));
  };
  expect(arrivals(1)).toEqual(arrivals(1));
  expect(arrivals(1)).not.toEqual(arrivals(2));
  expect(arrivals(3)).toEqual([...arrivals(3)].sort((a, b) => a - b));
});

test('constant ways are as long as the median', () => {
  const { there } = waysOf('constant', TRIPS, 1);
  expect([there(1_000, sent('place')), there(2_000, sent('amend'))]).toEqual([1_007, 2_050]);
});
