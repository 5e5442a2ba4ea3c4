import { expect, test } from 'vitest';
import { marketOf } from '../../../../brain/strategy/market-making/market.ts';
import type { WorkingOrder } from '../../../../brain/oms/working.ts';
import { lots } from '../../../../shared/units.ts';
import { levels, px, qty, view, working } from '../../../kit/brain.ts';

const bids = levels(['60000.00', '0.010'], ['59999.90', '2.000']);
const asks = levels(['60000.10', '1.000'], ['60000.20', '2.000']);
const own = (over: Partial<WorkingOrder> = {}): WorkingOrder => working({ price: px('60000.00'), size: qty('0.010'), ...over });
const seen = (...orders: readonly WorkingOrder[]) => marketOf(view({ bids, asks, orders }));

test('marketOf() is the view itself where nothing of ours rests in it', () => {
  expect(seen()).toEqual({ bids, asks, bestBid: bids[0], bestAsk: asks[0], mid: 600_000.5 });
  expect(seen(own({ price: px('50000.00') })).bids).toEqual(bids);
});

test('marketOf() takes out a level that is all ours, so that our bid does not lift the mid it was made from', () => {
  expect(seen(own())).toMatchObject({ bids: bids.slice(1), bestBid: bids[1], mid: 600_000 });
});

test('marketOf() leaves of a level what others have there, a part of ours being filled', () => {
  const ours = own({ price: px('59999.90'), size: qty('0.500'), filled: qty('0.100') });
  expect(seen(ours).bids).toEqual([bids[0], { price: px('59999.90'), size: qty('1.600') }]);
});

test.each<[string, Partial<WorkingOrder>]>([
  ['is smaller than our order: it was told at another moment', { size: qty('0.011') }],
  ['our order is only on its way to', { status: 'sent' }],
  ['our order is moving to', { status: 'amending' }],
  ['our order may have left', { status: 'canceling' }],
  ['is of the other side', { side: 'sell' }],
])('marketOf() leaves a level as it is that %s', (_name, over) => {
  expect(seen(own(over))).toMatchObject({ bids, mid: 600_000.5 });
});

test('marketOf() leaves a side as it is that is all ours: there is no other price to tell', () => {
  const alone = marketOf(view({ bids: bids.slice(0, 1), asks, orders: [own()] }));
  expect(alone).toMatchObject({ bids: bids.slice(0, 1), mid: 600_000.5 });
});

test('marketOf() sums what several orders of ours have at one price', () => {
  const two = [own({ size: lots(4) }), own({ size: lots(6) })];
  expect(seen(...two).bids).toEqual(bids.slice(1));
});
