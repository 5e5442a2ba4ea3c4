import { expect, test } from 'vitest';
import { HeardBooks } from '../../../../scripts/lib/session/heard-books.ts';
import { instrument } from '../../../kit/orders.ts';

const INSTRUMENTS = new Map([['BTCUSDT', instrument()]]);
const index = (symbol: string, markPrice: string) => ({
  ...{ symbol, markPrice, indexPrice: markPrice, estimatedSettlePrice: markPrice, lastFundingRate: '0.00010000' },
  ...{ nextFundingTime: 1_700_006_400_000, interestRate: '0.00010000', time: 1_700_000_000_000 },
});
const told = (markPrice: string): string =>
  JSON.stringify({
    stream: 'btcusdt@markPrice@1s',
    data: {
      ...{ e: 'markPriceUpdate', E: 1_700_000_001_000, s: 'BTCUSDT', p: markPrice, ap: markPrice, P: markPrice, i: markPrice },
      ...{ r: '0.00010000', T: 1_700_006_400_000 },
    },
  });

test.each([
  ['of one symbol', '200 GET /fapi/v1/premiumIndex?symbol=BTCUSDT', index('BTCUSDT', '64000.00000000')],
  [
    'of all',
    '200 GET /fapi/v1/premiumIndex',
    [index('ETHUSDT', '3000.0'), { symbol: 'BTCUSDT_270101' }, index('BTCUSDT', '64000.00000000')],
  ],
])('the mark that was asked for at the start is heard, %s, until the stream tells one', (_what, name, answer) => {
  const books = new HeardBooks(INSTRUMENTS);
  books.take({ atMs: 100, source: 'rest', name: '200 GET /fapi/v1/time', raw: '{"serverTime":1}' });
  expect([books.mark('BTCUSDT'), books.markAgeMs('BTCUSDT')]).toEqual([null, null]);
  books.take({ atMs: 116, source: 'rest', name, raw: JSON.stringify(answer) });
  books.take({ atMs: 150, source: 'clock', name: '', raw: '{}' });
  expect([books.mark('BTCUSDT')?.markPrice, books.markAgeMs('BTCUSDT'), books.mark('ETHUSDT')]).toEqual(['64000', 34, null]);
  books.take({ atMs: 304, source: 'stream', name: 'market#2', raw: told('63999.85000000') });
  books.take({ atMs: 400, source: 'rest', name, raw: JSON.stringify(answer) });
  expect([books.mark('BTCUSDT')?.markPrice, books.markAgeMs('BTCUSDT')]).toEqual(['63999.85', 96]);
});
