import { expect, test } from 'vitest';
import { SeenBook } from '../../../brain/shadow/seen-book.ts';
import { lots } from '../../../shared/units.ts';
import { levels, px } from '../../kit/brain.ts';

const BIDS = levels(['60000.00', '0.005'], ['59999.90', '0.010']);
const ASKS = levels(['60000.10', '0.005'], ['60000.20', '0.010']);
const seen = (): SeenBook => {
  const book = new SeenBook();
  book.see({ bids: BIDS, asks: ASKS });
  return book;
};

test('a taker walks the levels up to its limit, and what it took is gone until the next snapshot', () => {
  const book = seen();
  expect(book.take({ side: 'buy', price: px('60000.20') }, lots(8))).toEqual([
    { price: px('60000.10'), size: 5 },
    { price: px('60000.20'), size: 3 },
  ]);
  expect([book.reach({ side: 'buy', price: px('60000.20') }, 100), book.reach({ side: 'buy', price: px('60000.10') }, 100)]).toEqual([
    7, 0,
  ]);
  expect(book.take({ side: 'buy', price: null }, lots(100))).toEqual([{ price: px('60000.20'), size: 7 }]);
  book.see({ bids: BIDS, asks: ASKS });
  expect(book.reach({ side: 'buy', price: null }, 6)).toBe(6);
});

test('what stands at a price is what is shown there, nothing between levels, and everybody beyond the last one shown', () => {
  const book = seen();
  const sizes = ['60000.00', '59999.90', '60000.05', '59999.80'].map((price) =>
    book.sizeOf('buy', px(price.replace('60000.05', '60000.10'))),
  );
  expect(sizes).toEqual([5, 10, 0, Number.MAX_SAFE_INTEGER]);
  expect(book.sizeOf('sell', px('60000.30'))).toBe(Number.MAX_SAFE_INTEGER);
});

test('a book that is not proved holds nothing', () => {
  const book = seen();
  book.see(null);
  expect([book.live, book.reach({ side: 'sell', price: null }, 9), book.take({ side: 'sell', price: null }, lots(1))]).toEqual([
    false,
    0,
    [],
  ]);
});
