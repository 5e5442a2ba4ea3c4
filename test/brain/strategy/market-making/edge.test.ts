import { expect, test } from 'vitest';
import { edgeOf, edgeOfSide } from '../../../../brain/strategy/market-making/edge.ts';
import { mmParameters } from '../../../kit/market-making.ts';

const FEES = { maker: 0.0002, taker: 0.0005 };
const edge = (over: object, fees: typeof FEES | null = FEES) => edgeOf(mmParameters({ edge: over }), fees);

// half of 2 + 2 + 1 basis points; half of 2 + 5 + 1; half of -1 - 1 + 1 is less than nothing
test.each<[string, object, typeof FEES | null, number | string | null]>([
  ['is not looked at by default', {}, FEES, null],
  ['is half of two maker fees and the profit', { minProfitBps: 1 }, FEES, 2.5],
  ['counts the way out as a taker where it is one', { minProfitBps: 1, exit: 'taker' }, FEES, 4],
  ['may allow a loss', { minProfitBps: -1 }, FEES, 1.5],
  ['is never on the other side of the fair price', { minProfitBps: 1 }, { maker: -0.0001, taker: 0.0005 }, 0],
  ['is a reason while the fees are unknown', { minProfitBps: 1 }, null, 'commission-unknown'],
])('edgeOf() %s', (_name, over, fees, want) => {
  const found = edge(over, fees);
  expect(found).toEqual(typeof want === 'number' ? expect.closeTo(want, 9) : want);
});

test('edgeOfSide() lets out the side that shrinks the inventory for its share', () => {
  const of = (side: 'buy' | 'sell', position: number): number =>
    edgeOfSide(4, { edge: mmParameters({ edge: { reducingShare: 0.25 } }).edge, side, position });
  expect([of('buy', 3), of('sell', 3), of('buy', -3), of('sell', -3), of('buy', 0), of('sell', 0)]).toEqual([4, 1, 1, 4, 4, 4]);
});
