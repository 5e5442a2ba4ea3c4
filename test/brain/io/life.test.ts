import { afterEach, expect, test, vi } from 'vitest';
import { Life } from '../../../brain/io/life.ts';
import { VirtualClock } from '../../../shared/clock.ts';

afterEach(() => void vi.restoreAllMocks());

/** What `heardSince` tells so long after beats at these times, ms. */
function after(beats: readonly number[], then = 3): number {
  const clock = new VirtualClock();
  const life = new Life(clock);
  vi.spyOn(performance, 'now').mockImplementation(() => clock.monoMs());
  for (const at of beats) {
    clock.advance(at - clock.monoMs());
    life.beat();
  }
  clock.advance(then);
  return life.heardSince();
}

test('it beats by itself, and no more once it is disposed of', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const life = new Life(new VirtualClock());
  const beats = vi.spyOn(life, 'beat');
  life.start();
  vi.advanceTimersByTime(100);
  life[Symbol.dispose]();
  vi.advanceTimersByTime(100);
  expect(beats).toHaveBeenCalledTimes(6);
  vi.useRealTimers();
});

test.each([
  ['before the first beat', [], 3],
  ['while it lives', [10, 20, 30], 33],
  ['a beat that is a little late', [10, 20, 90], 93],
  ['at once after it stood still: as old as that', [10, 20, 5_020], 20],
  ['and again a beat later', [10, 20, 5_020, 5_030], 5_033],
])('what is heard %s', (_name, beats, since) => {
  expect(after(beats)).toBe(since);
});

test('what is heard before the beat that is overdue is as old as the last one', () => {
  expect(after([10, 20], 300)).toBe(20);
});
