import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FillBook } from '../../../brain/portfolio/position.ts';
import type { FillDoc } from '../../../shared/snapshot.ts';
import { formatSteps } from '../../../shared/units.ts';

const fill = (n: number, over: Partial<FillDoc> = {}): FillDoc => ({
  n,
  symbol: 'BTCUSDT',
  clientId: '1',
  role: 'quote',
  tradeId: `t${n}`,
  side: 'buy',
  price: '60000.0',
  size: '0.010',
  maker: true,
  fee: '0',
  feeAsset: 'USDT',
  realizedPnl: '0',
  wallMs: 0,
  ...over,
});
const adopt = (fillSeq: number, position: string, baseline = '0') => ({ fillSeq, positions: [{ symbol: 'BTCUSDT', baseline, position }] });
const bookAt = (fillSeq: number, position: string, baseline = '0'): FillBook => {
  const book = new FillBook();
  book.rebase(adopt(fillSeq, position, baseline));
  return book;
};

test('FillBook knows nothing before it was told where to begin', () => {
  const book = new FillBook();
  expect(book.add(fill(1))).toBe('hole');
  expect([book.fillSeq, book.position('BTCUSDT')]).toEqual([null, null]);
});

test('FillBook counts on from what it adopted, each fill once', () => {
  const book = bookAt(5, '-0.030');
  expect(['known', 'counted', 'counted', 'known', 'counted']).toEqual([
    book.add(fill(5)),
    book.add(fill(6)),
    book.add(fill(7, { side: 'sell', size: '0.002' })),
    book.add(fill(6)),
    book.add(fill(8, { symbol: 'ETHUSDT' })),
  ]);
  expect([book.fillSeq, book.position('BTCUSDT'), book.position('ETHUSDT')]).toEqual([8, '-0.022', '0.01']);
});

test('FillBook does not count beyond a hole', () => {
  const book = bookAt(0, '0');
  expect(book.add(fill(2))).toBe('hole');
  expect([book.fillSeq, book.position('BTCUSDT')]).toEqual([0, '0']);
  expect([book.add(fill(1)), book.add(fill(2))]).toEqual(['counted', 'counted']);
  expect(book.position('BTCUSDT')).toBe('0.02');
});

test('FillBook asked again keeps its own count, and follows a corrected baseline', () => {
  const book = bookAt(0, '1', '1');
  book.add(fill(1));
  book.rebase(adopt(3, '9', '1'));
  expect([book.fillSeq, book.position('BTCUSDT')]).toEqual([1, '1.01']);
  book.rebase(adopt(3, '9', '1.5'));
  expect(book.position('BTCUSDT')).toBe('1.51');
});

test('FillBook begins again with a ledger that counts from lower numbers', () => {
  const book = bookAt(7, '1');
  book.add(fill(8));
  book.rebase(adopt(2, '-0.5'));
  expect([book.fillSeq, book.position('BTCUSDT')]).toEqual([2, '-0.5']);
  expect(book.add(fill(3))).toBe('counted');
});

test('FillBook sums exactly and in any order of delivery, repeats and gaps included', () => {
  const sizes = fc.array(
    fc.integer({ min: -1_000, max: 1_000 }).filter((n) => n !== 0),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), (signed, chance) => {
      const fills = signed.map((n, i) =>
        fill(i + 1, { side: n > 0 ? 'buy' : 'sell', size: formatSteps({ count: Math.abs(n), step: '0.00001' }) }),
      );
      const book = bookAt(0, '0');
      for (let i = 0; i < 20; i++) book.add(fills[chance.next().value % fills.length]!);
      while (book.fillSeq! < fills.length) for (const one of fills.slice(book.fillSeq!)) book.add(one);
      const total = signed.reduce((a, b) => a + b, 0);
      expect(Number(book.position('BTCUSDT'))).toBe(Number(formatSteps({ count: total, step: '0.00001' })));
      expect(book.position('BTCUSDT')).not.toMatch(/\.\d*0$/);
    }),
  );
});
