import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coloured, fitted, visible } from '../../../scripts/lib/fit.ts';
import { frameOf } from '../../../scripts/lib/live-screen.ts';
import { EXAMPLES } from '../../../scripts/lib/mm-help.ts';

const paint = (word: string, tone: string): string => `\x1b[${tone === 'good' ? 32 : 31}m${word}\x1b[39m`;
const CODE = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');
const plain = (line: string): string => line.replaceAll(CODE, '');

test('fitted() leaves lines that fit as they are, and breaks others under where their words begin', () => {
  expect(fitted(['a  b', ''])).toEqual(['a  b', '']);
  const long = `config    edit refused, nothing is changed: ${'word '.repeat(20)}end`;
  const lines = fitted([long]);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.slice(1).every((line) => line.startsWith('          w'))).toBe(true);
  expect(lines.join(' ').replace(/\s+/g, ' ')).toBe(long.replace(/\s+/g, ' '));
});

test('fitted() makes every line fit and loses no word, with colours and words of any length', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '7', '-', '.'), minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), fc.integer({ min: 20, max: 90 }), (words, width) => {
      const line = `label     ${words.map((one, i) => (i % 5 === 0 && one.length < 15 ? paint(one, 'bad') : one)).join(' ')}`;
      const lines = fitted([line], width);
      expect(Math.max(...lines.map(visible))).toBeLessThanOrEqual(width);
      expect(lines.map(plain).join('').replace(/\s+/g, '')).toBe(plain(line).replace(/\s+/g, ''));
    }),
  );
});

test('coloured() paints what a person looks for first, and no part of another word', () => {
  expect(coloured('book stale  alive lost-in', paint)).toBe(`book ${paint('stale', 'bad')}  alive lost-in`);
  expect(coloured('market live', (word) => word)).toBe('market live');
});

test('frameOf() draws over what stood there, and says what does not fit', () => {
  const frame = frameOf(['one', 'two', 'three', 'four'], { columns: 80, rows: 4 });
  expect(frame).toBe('\x1b[Hone\x1b[K\r\ntwo\x1b[K\r\nthree\x1b[K\r\n1 more lines: a taller window shows them; q quits\x1b[K\x1b[J');
  expect(frameOf(['one'], { columns: 80, rows: 24 })).toBe('\x1b[Hone\x1b[K\r\nq quits\x1b[K\x1b[J');
  const narrow = frameOf(['x'.repeat(100)], { columns: 40, rows: 10 }).split('\r\n');
  expect(narrow.every((line) => plain(line).length <= 40)).toBe(true);
});

test('examples fit into 80 columns', () => {
  for (const line of Object.values(EXAMPLES).flat()) expect(line.length).toBeLessThanOrEqual(78);
});
