import { expect, test } from 'vitest';
import { faultText } from '../../../brain/strategy/fault.ts';

const thrown = (stack: string): Error => Object.assign(new RangeError('no\nsuch'), { stack });

test.each<[string, unknown, string | undefined, string]>([
  [
    'a syntax error, with the line that Node names first',
    thrown('/home/me/lean.ts:7\nconst const\n'),
    '/home/me/lean.ts',
    'RangeError: no at lean.ts:7',
  ],
  [
    'an error with frames',
    thrown('RangeError: no\n    at decide (file:///home/me/lean.ts:12:5)\n    at x (file:///p/brain/decide.ts:1:1)'),
    undefined,
    'RangeError: no at lean.ts:12',
  ],
  ['an error of another file', thrown('RangeError: no\n    at x (node:internal/modules/typescript.ts:61:36)'), undefined, 'RangeError: no'],
  [
    'an error of Node itself, asked for a file',
    thrown('RangeError: no\n    at x (/p/other.ts:61:36)'),
    '/home/me/lean.ts',
    'RangeError: no',
  ],
  ['what is no error', 'just words\nand more', undefined, 'just words'],
])('faultText() of %s', (_name, error, file, want) => {
  expect(faultText(error, file)).toBe(want);
});
