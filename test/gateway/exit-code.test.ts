import { expect, test } from 'vitest';
import { exitOf } from '../../gateway/exit-code.ts';

test.each([
  ['auth', 'key', 2],
  ['auth', 'key-rights', 4],
  ['rejected', 'config', 2],
  ['unreachable', 'not-sent', 3],
  ['unknown', 'time-out', 3],
  ['banned', 'banned', 3],
] as const)('a venue that cannot be opened for %s, %s ends with %i', (kind, reason, code) => {
  expect(exitOf({ kind, reason })).toBe(code);
});
