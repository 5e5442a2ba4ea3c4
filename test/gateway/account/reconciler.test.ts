import { expect, test } from 'vitest';
import { reconcilePositions } from '../../../gateway/account/reconcile.ts';
import { lots, wallMs } from '../../../shared/units.ts';
import { place, withBrain, idOf } from '../../kit/order-side.ts';
import { at, fill, ledger, position } from '../../kit/orders.ts';

test('a fill missed in a break of the stream is booked although a newer one was told first', async () => {
  const { side, brain } = await withBrain();
  const [missed, told] = [idOf(brain, 1), idOf(brain, 2)];
  side.send(brain, place(side, brain, { clientId: missed }));
  side.send(brain, place(side, brain, { clientId: told, price: '59998.00' }));
  await side.run(25);

  side.venue.fillOrder(missed, { size: 10, told: false });
  const newer = side.venue.fillOrder(told, { size: 10, told: false });
  side.venue.tell({ kind: 'stream', state: 'lost', reason: 'test' });
  side.venue.tell({ kind: 'stream', state: 'live', reason: '' });
  side.venue.tell(newer); // before the account was read
  await side.run(8_000);

  expect(side.facts).not.toContain('Position corrected to the venue');
  expect([side.status(missed), side.status(told)]).toEqual(['filled', 'filled']);
  expect(side.core.keeper.ledger.positions.row('BTCUSDT')).toMatchObject({ size: 20, baseline: 0, fills: 2 });
});

test('a fill that the stream names in its own way (liquidation) never becomes the place to read trades from', () => {
  const book = ledger();
  book.readTrades('BTCUSDT', '100');
  book.fill(fill({ tradeId: '8886774@4' }), at(1));

  expect(book.positions.row('BTCUSDT')).toMatchObject({ size: 4, lastTradeId: '100' });
});

test.each([
  ['agrees with the stream since: the read was late', 4, 0],
  ['is missed by every word of the venue', 0, 1],
])('a position read that differs from the ledger, which %s', (_when, streamSize, corrections) => {
  const book = ledger();
  book.fill(fill({ size: lots(4) }), at(1));
  const late = position({ size: lots(0), atMs: wallMs(1_000) });
  book.position(late, at(2));
  book.position(position({ size: lots(streamSize), entryPrice: '60000', atMs: wallMs(1_001) }), at(3));
  const found = reconcilePositions({ ledger: book, positions: [late], symbols: ['BTCUSDT'] }, { tradesRead: true });
  expect(found).toHaveLength(corrections);
});
