import { expect, test } from 'vitest';
import { placed } from '../../../../brain/strategy/market-making/placement.ts';
import { levels, px } from '../../../kit/brain.ts';
import { mmParameters } from '../../../kit/market-making.ts';

const BIDS = levels(['60000.00', '1.000'], ['59999.00', '1.000'], ['59998.00', '8.000'], ['59997.00', '2.000']);
const ASKS = levels(['60001.00', '1.000'], ['60002.00', '1.000'], ['60003.00', '8.000'], ['60004.00', '2.000']);
type At = { readonly side?: 'buy' | 'sell'; readonly level?: number; readonly reach?: number };
const place = (placement: object, price: string, { side = 'buy', level = 0, reach = 15 }: At = {}): number =>
  placed(px(price), { placement: mmParameters({ placement }).placement, side, levels: side === 'buy' ? BIDS : ASKS, reach, level });

test.each<[string, object, string, At, string]>([
  ['leaves the model alone by default', {}, '59999.50', {}, '59999.50'],
  ['joins the best within reach', { mode: 'join' }, '59998.50', {}, '60000.00'],
  ['does not come so far', { mode: 'join' }, '59998.40', {}, '59998.40'],
  ['never stands in front of the best when it joins', { mode: 'join' }, '60000.40', {}, '60000.00'],
  ['joins with the nearest level alone', { mode: 'join' }, '59999.50', { level: 1 }, '59999.50'],
  ['joins the ask', { mode: 'join' }, '60002.50', { side: 'sell' }, '60001.00'],
  ['improves by ticks', { mode: 'improve', improveTicks: 2 }, '59999.50', {}, '60000.20'],
  ['improves the ask', { mode: 'improve', improveTicks: 2 }, '60001.50', { side: 'sell' }, '60000.80'],
  ['improves within reach only', { mode: 'improve', improveTicks: 2 }, '59998.60', {}, '59998.60'],
  // mean size 3, a wall from 6
  ['steps behind a wall', { mode: 'behind-wall', wallFactor: 2 }, '59999.00', {}, '59997.90'],
  ['steps behind a wall at its own price', { mode: 'behind-wall', wallFactor: 2 }, '59998.00', {}, '59997.90'],
  ['steps behind a wall of the asks', { mode: 'behind-wall', wallFactor: 2 }, '60002.00', { side: 'sell' }, '60003.10'],
  ['does not step so far', { mode: 'behind-wall', wallFactor: 2 }, '59999.00', { reach: 10 }, '59999.00'],
  ['stays behind the wall it is behind', { mode: 'behind-wall', wallFactor: 2 }, '59997.90', {}, '59997.90'],
  ['sees no wall where none is so large', { mode: 'behind-wall', wallFactor: 3 }, '59999.00', {}, '59999.00'],
  ['steps behind it with every level', { mode: 'behind-wall', wallFactor: 2 }, '59998.70', { level: 2 }, '59997.90'],
])('placed() %s', (_name, placement, price, at, want) => {
  expect(place(placement, price, at)).toBe(px(want));
});
