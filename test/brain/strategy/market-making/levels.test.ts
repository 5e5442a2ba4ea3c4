import { expect, test } from 'vitest';
import { gapsOf } from '../../../../brain/strategy/market-making/levels.ts';

test.each<[string, Parameters<typeof gapsOf>[0], readonly number[]]>([
  ['a single level', { levels: 1, levelGapBps: 2, levelGapFactor: 3 }, [0]],
  ['equal gaps', { levels: 4, levelGapBps: 0.1, levelGapFactor: 1 }, [0, 0.1, 0.2, 3 * 0.1]],
  ['each gap twice the one before: 0, 2, 2 + 4, 2 + 4 + 8', { levels: 4, levelGapBps: 2, levelGapFactor: 2 }, [0, 2, 6, 14]],
])('gapsOf() %s', (_name, grid, want) => {
  expect(gapsOf(grid)).toEqual(want);
});
