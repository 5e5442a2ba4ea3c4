import { expect, test } from 'vitest';
import { instrumentsOf } from '../../../../gateway/venues/binance/instruments.ts';
import { takeListing } from '../../../../gateway/venues/binance/listing.ts';
import type { ExchangeInfo } from '../../../../gateway/venues/binance/wire.ts';

type Over = {
  readonly status?: string;
  readonly tickSize?: string;
  readonly stepSize?: string;
  readonly notional?: string;
  readonly maxQty?: string;
};
const listed = (over: Over = {}): ExchangeInfo => ({
  rateLimits: [],
  symbols: [
    {
      ...{ symbol: 'BTCUSDT', contractType: 'PERPETUAL', baseAsset: 'BTC', quoteAsset: 'USDT', marginAsset: 'USDT' },
      status: over.status ?? 'TRADING',
      filters: [
        { filterType: 'PRICE_FILTER', minPrice: '100', maxPrice: '1000000', tickSize: over.tickSize ?? '0.10' },
        { filterType: 'LOT_SIZE', minQty: '0.001', maxQty: over.maxQty ?? '1000', stepSize: over.stepSize ?? '0.001' },
        { filterType: 'PERCENT_PRICE', multiplierUp: '1.05', multiplierDown: '0.95' },
        { filterType: 'MIN_NOTIONAL', notional: over.notional ?? '50' },
        { filterType: 'MAX_NUM_ORDERS', limit: 200 },
      ],
    },
  ],
});
function opened() {
  const made = instrumentsOf(listed(), ['BTCUSDT']);
  if (!made.ok) throw new Error(made.error);
  return new Map(made.value);
}

test.each<[what: string, over: Over, change: string | null, sentence: RegExp]>([
  ['nothing', {}, null, /./],
  ['the least notional', { notional: '100' }, 'filters', /minNotional 50 -> 100/],
  ['the largest size', { maxQty: '500' }, 'filters', /maxQty 1000 -> 500/],
  ['the trading status', { status: 'SETTLING' }, 'not-trading', /^$/],
  ['the tick', { tickSize: '0.50' }, 'steps', /tick 0.50/],
  ['the step', { stepSize: '0.01' }, 'steps', /step 0.01/],
])('takeListing() when %s changed', (_what, over, change, sentence) => {
  const instruments = opened();
  const news = takeListing(instruments, listed(over));
  expect(news.map((one) => one.change)).toEqual(change === null ? [] : [change]);
  if (news[0]) expect(news[0].sentence).toMatch(sentence);
  const now = instruments.get('BTCUSDT');
  expect(now).toMatchObject({
    tickSize: opened().get('BTCUSDT')?.tickSize,
    trading: change !== 'not-trading' && change !== 'steps',
    minNotional: over.notional ?? '50',
  });
});

test('a symbol that trades again is told, once', () => {
  const instruments = opened();
  takeListing(instruments, listed({ status: 'SETTLING' }));
  expect(takeListing(instruments, listed()).map((one) => one.change)).toEqual(['trading']);
  expect(takeListing(instruments, listed())).toEqual([]);
});

test('a contract that is listed no more stops trading here', () => {
  const instruments = opened();
  expect(takeListing(instruments, { rateLimits: [], symbols: [] })).toMatchObject([{ change: 'steps' }]);
  expect(instruments.get('BTCUSDT')?.trading).toBe(false);
});
