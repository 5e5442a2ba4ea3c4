import { expect, test } from 'vitest';
import { Modes, type SavedMode } from '../../../gateway/orders/modes.ts';

test.each([
  ['stopped', (modes: Modes) => modes.stop('fire')],
  ['paused', (modes: Modes) => modes.pause('fire')],
] as const)('%s holds while the disk fails, and is on it once it works again', (key, act) => {
  const disk = { works: false, rows: new Map<string, string | null>(), writes: 0 };
  const save = (name: SavedMode, value: string | null): boolean => {
    disk.writes++;
    if (disk.works) disk.rows.set(name, value);
    return disk.works;
  };
  const modes = new Modes({ stopped: null, paused: null, save });

  act(modes);
  expect([modes[key], disk.rows.size]).toEqual(['fire', 0]);

  disk.works = true;
  modes.retry();
  modes.retry();
  expect([disk.rows.get(key), disk.writes]).toEqual(['fire', 2]);
});

test('a resume that fails half-way leaves the stop on disk', () => {
  const rows = new Map<string, string | null>([['stopped', 'fire']]);
  let pausedWorks = false;
  const save = (name: SavedMode, value: string | null): boolean => {
    if (name === 'stopped' || pausedWorks) rows.set(name, value);
    return name === 'stopped' || pausedWorks;
  };
  const modes = new Modes({ stopped: 'fire', paused: null, save });

  expect(modes.resume()).toBe(false);
  modes.retry();
  expect([modes.stopped, rows.get('stopped')]).toEqual(['fire', 'fire']);

  pausedWorks = true;
  expect(modes.resume()).toBe(true);
  modes.retry();
  expect([modes.stopped, rows.get('stopped')]).toEqual([null, null]);
});
