import { expect, test } from 'vitest';
import { withPrice } from '../../../scripts/dashboard/bars.ts';
import type { BarView, OrdersView } from '../../../scripts/dashboard/model.ts';
import { aggregate, markersOf } from '../../../scripts/dashboard/page/candles.ts';
import { levelsOf } from '../../../scripts/dashboard/page/ladder.ts';
import { equitySeries } from '../../../scripts/dashboard/page/series.ts';
import { QueueWatch } from '../../../scripts/dashboard/queue.ts';
import { ofThisLedger } from '../../../scripts/dashboard/streams.ts';
import { makeInstrument } from '../../../shared/instrument.ts';
import type { BookDoc, FillDoc, OrderDoc, TradeDoc } from '../../../shared/snapshot.ts';

const order = (over: Partial<OrderDoc> = {}): OrderDoc => ({
  ...{ clientId: '1', role: 'quote', side: 'buy', kind: 'limit', timeInForce: 'post-only', reduceOnly: false, status: 'open' },
  ...{ price: '100.0', size: '0.010', filled: '0', ageMs: 50, reason: '', amends: 0 },
  ...over,
});
const book = (bids: [string, string][], asks: [string, string][] = [['101.0', '1.000']]): BookDoc => ({
  ...{ epoch: 1, seq: 1, symbol: 'A', status: 'live', ageMs: 1, lastUpdateId: 1, topUpdateId: 1, exchangeMs: 1 },
  ...{ bids, asks },
});
const trade = (price: string, size: string): TradeDoc => ({ epoch: 1, n: 1, tradeId: '1', price, size, aggressor: 'sell', wallMs: 1 });

const instrument = makeInstrument({
  ...{ symbol: 'A', baseAsset: 'BTC', quoteAsset: 'USDT', tickSize: '0.1', stepSize: '0.001', minPrice: '0.1', maxPrice: '100000' },
  ...{ minQty: '0.001', maxQty: '100', maxMarketQty: '100', minNotional: '5', multiplierUp: '1.1', multiplierDown: '0.9' },
  ...{ maxOpenOrders: 100, trading: true },
});

function watch() {
  if (typeof instrument === 'string') throw new Error(instrument);
  return new QueueWatch({ instrument, model: 'risk-averse', ownShown: true });
}

test('QueueWatch counts what others show at the price, and trades that eat it', () => {
  const it = watch();
  const look = (size: string, trades: readonly TradeDoc[] = []) =>
    it.look({
      book: book([
        ['100.0', size],
        ['99.0', '1.000'],
      ]),
      orders: [order()],
      trades,
    });
  expect(look('0.510')).toEqual([{ clientId: '1', ahead: '0.500', atMost: false }]);
  expect(look('0.410', [trade('100.0', '0.100')])).toEqual([{ clientId: '1', ahead: '0.400', atMost: false }]);
  expect(look('0.210')[0]?.ahead).toBe('0.200'); // nobody stands behind more than all that is visible
});

test('QueueWatch calls it "at most" where the order rested before, and nothing at all beyond the published levels', () => {
  const rests = watch().look({ book: book([['100.0', '0.510']]), orders: [order({ ageMs: 60_000 })], trades: [] });
  expect(rests).toEqual([{ clientId: '1', ahead: '0.500', atMost: true }]);
  expect(watch().look({ book: book([['100.5', '0.510']]), orders: [order()], trades: [] })).toEqual([]);
});

test('QueueWatch lets an order that was amended join anew at its price', () => {
  const it = watch();
  const seen = book([
    ['100.0', '0.510'],
    ['99.0', '0.310'],
  ]);
  it.look({ book: seen, orders: [order()], trades: [] });
  expect(it.look({ book: seen, orders: [order({ price: '99.0', amends: 1 })], trades: [] })[0]?.ahead).toBe('0.300');
  expect(it.look({ book: seen, orders: [], trades: [] })).toEqual([]);
});

test('levelsOf() puts own quotes into the book, also those beyond it', () => {
  const queue = [{ clientId: '1', ahead: '0.5', atMost: true }];
  const orders: OrdersView = { known: true, orders: [order(), order({ clientId: '2', price: '98.0', filled: '0.004' })], queue };
  const levels = levelsOf(
    [
      ['100.0', '1.000'],
      ['99.0', '2.000'],
    ],
    { orders, side: 'buy' },
  );
  expect(levels.map(({ text, size, own }) => [text, size, own?.size, own?.ahead])).toEqual([
    ['100.0', '1.000', 0.01, '≤0.5'],
    ['99.0', '2.000', undefined, undefined],
    ['98.0', null, expect.closeTo(0.006), ''],
  ]);
  expect(levelsOf([], { orders: { ...orders, known: false }, side: 'buy' })).toEqual([]);
});

test('withPrice() widens the newest bar, opens the next, and leaves older ones', () => {
  const first = withPrice(null, { atMs: 12_000, price: 5 });
  expect(first).toEqual([10, 5, 5, 5, 5]);
  expect(withPrice(first, { atMs: 14_000, price: 3 })).toEqual([10, 5, 5, 3, 3]);
  expect(withPrice(first, { atMs: 15_000, price: 9 })).toEqual([15, 9, 9, 9, 9]);
  expect(withPrice(first, { atMs: 9_000, price: 9 })).toBeNull();
});

test('aggregate() goes on from closed bars with the short ones, and markers stand on bars that are shown', () => {
  const bars: BarView[] = [
    [55, 9, 9, 9, 9],
    [60, 1, 4, 1, 2],
    [65, 2, 2, 0.5, 3],
    [120, 3, 3, 3, 3],
  ];
  const candles = aggregate({ bars, klines: { '1m': [[0, 7, 8, 6, 7]] }, interval: '1m' });
  expect(candles).toEqual([
    { time: 0, open: 7, high: 8, low: 6, close: 7 },
    { time: 60, open: 1, high: 4, low: 0.5, close: 3 },
    { time: 120, open: 3, high: 3, low: 3, close: 3 },
  ]);
  const fill = (wallMs: number) => ({ wallMs, side: 'buy', price: '3' }) as FillDoc;
  expect(markersOf([fill(61_500), fill(-5)], { candles, interval: '1m' }).map(({ time }) => time)).toEqual([60]);
});

test('equitySeries() falls from the highest so far, of one asset', () => {
  const series = equitySeries(
    [
      [3, { USDT: 9 }],
      [1, { USDT: 10 }],
      [2, { USDT: 12, USDC: 1 }],
    ],
    'USDT',
  );
  expect(series).toEqual({ times: [1, 2, 3], values: [10, 12, 9], drawdowns: [-0, -0, -3], worst: { amount: 3, share: 0.25 } });
  expect(equitySeries([], 'USDT').worst).toBeNull();
});

test('ofThisLedger() leaves out what an older ledger wrote into the same stream', () => {
  const fill = (n: number) => ({ n }) as FillDoc;
  expect(ofThisLedger([7, 8, 9, 1, 2].map(fill), 2).map(({ n }) => n)).toEqual([1, 2]);
  expect(ofThisLedger([7, 8].map(fill), 0)).toEqual([]);
  expect(ofThisLedger([1, 2, 3].map(fill), 3).map(({ n }) => n)).toEqual([1, 2, 3]);
});
