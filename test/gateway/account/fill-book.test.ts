import { expect, test } from 'vitest';
import { FillBook } from '../../../gateway/account/fill-book.ts';
import { atoms, monoMs } from '../../../shared/units.ts';
import { fill, NO_ARCHIVE } from '../../kit/orders.ts';

const feeless = { ...fill({ fee: null, feeAsset: null, realizedPnl: null }), n: 1 };

test('a fill without a fee is looked for after a moment, then four times as late each time, until its fee is told', () => {
  const book = new FillBook(NO_ARCHIVE);
  book.book(feeless, monoMs(0));
  const looked: number[] = [];
  for (let now = 0; now <= 200_000; now += 1_000)
    if (book.lacksFee('BTCUSDT', monoMs(now))) {
      looked.push(now);
      book.askedForFees('BTCUSDT', monoMs(now));
    }
  expect(looked).toEqual([5_000, 25_000, 105_000]);
  expect([book.feeless('BTCUSDT'), book.feeless('ETHUSDT')]).toEqual([1, 0]);
  book.keep({ ...feeless, fee: atoms(7n), feeAsset: 'USDT' });
  expect([book.feeless('BTCUSDT'), book.lacksFee('BTCUSDT', monoMs(1e9))]).toEqual([0, false]);
});
