import { expect, test } from 'vitest';
import { growth, residentMb, type Sample } from '../../../scripts/soak/memory.ts';

const life = (pid: number, minutes: number, mb: (minute: number) => number): Sample[] =>
  Array.from({ length: minutes + 1 }, (_, minute) => ({ pid, atMs: minute * 60_000, mb: mb(minute) }));

test('growth() is the slope of the longest life once it is warm', () => {
  const warming = (minute: number): number => (minute < 2 ? 80 + 20 * minute : 120);
  expect(growth(life(1, 30, warming), 120_000)).toEqual({ minutes: 28, firstMb: 120, lastMb: 120, mbPerHour: 0 });
  const leaking = life(2, 60, (minute) => 100 + minute / 2);
  expect(growth([...life(1, 30, warming), ...leaking], 120_000)).toMatchObject({ minutes: 58, mbPerHour: 30 });
  expect(growth(life(1, 1, warming), 120_000)).toBeNull();
});

test('residentMb() tells of a living process, and null of none', () => {
  expect(residentMb(2 ** 30)).toBeNull();
  const own = residentMb(process.pid);
  if (process.platform === 'linux') expect(own).toBeGreaterThan(10);
});
