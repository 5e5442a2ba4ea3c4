import { expect, test } from 'vitest';
import { pollFloorMs } from '../../../scripts/bench/tick/poll-floor.ts';

const GRIDS = { snapshotMs: 100, pollMs: 10 };
const every = (periodMs: number, counts = true) => Array.from({ length: 500 }, (_, n) => ({ atMs: n * periodMs, counts }));

test('changes that are rare wait half a snapshot and half a poll', () => {
  expect(Math.abs(pollFloorMs(every(1_003.7), GRIDS) - 55)).toBeLessThan(1.5);
});

test('of changes that are frequent a snapshot shows the newest, which is younger', () => {
  const floor = pollFloorMs(every(20.1), GRIDS);
  expect(floor).toBeGreaterThan(10);
  expect(floor).toBeLessThan(20);
});

test('a change that is not timed overtakes, and is not counted', () => {
  const changes = every(1_003.7).flatMap(({ atMs }) => [
    { atMs: atMs + 0.3, counts: true },
    { atMs: atMs + 0.4, counts: false },
  ]);
  expect(
    pollFloorMs(
      changes.filter(({ counts }) => !counts),
      GRIDS,
    ),
  ).toBeNaN();
  expect(pollFloorMs(changes.slice(0, 2), GRIDS)).toBeNaN();
});
