import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ageText, labelled, table, WIDTH } from '../../scripts/lib/table.ts';

test('table() aligns columns by their widest cell', () => {
  const columns = [{ title: 'ASSET' }, { title: 'WALLET', align: 'right' }] as const;
  expect(
    table(columns, [
      ['USDT', '10000'],
      ['BTC', '0.5'],
    ]),
  ).toEqual(['ASSET  WALLET', 'USDT    10000', 'BTC       0.5']);
});

test('table() shortens only what may be shortened, and keeps the end that tells', () => {
  const columns = [{ title: 'ID', shrink: { to: 6, keep: 'end' } }, { title: 'TEXT' }] as const;
  const [, row] = table(columns, [['4730012345678901234', 'x'.repeat(66)]]);
  expect(row).toBe(`…${'4730012345678901234'.slice(-11)}  ${'x'.repeat(66)}`);
});

test('table() and labelled() never exceed the width of a terminal', () => {
  const cell = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell, cell), { maxLength: 5 }), (rows) => {
      const columns = [
        { title: 'A' },
        { title: 'B', shrink: { to: 3, keep: 'start' } },
        { title: 'C', align: 'right' },
        { title: 'D' },
      ] as const;
      for (const line of table(columns, rows)) expect(line.length).toBeLessThanOrEqual(WIDTH);
      for (const line of labelled(
        'label',
        rows.flat().filter((word) => word.trim() !== ''),
      ))
        expect(line.length).toBeLessThanOrEqual(WIDTH);
    }),
  );
});

test.each([
  [null, 'unknown'],
  [0, '0 ms'],
  [999.4, '999 ms'],
  [1_234, '1.2 s'],
  [90_000, '1.5 min'],
  [7_200_000, '2.0 h'],
])('ageText(%s) is %s', (ms, text) => {
  expect(ageText(ms)).toBe(text);
});
