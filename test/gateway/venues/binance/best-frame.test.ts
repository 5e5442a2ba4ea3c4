import { describe, expect, test } from 'vitest';
import { isBest, readBest } from '../../../../gateway/venues/binance/best-frame.ts';
import { depthScale } from '../../../../gateway/venues/binance/depth-frame.ts';
import { streamName } from '../../../../gateway/venues/binance/stream-name.ts';
import { recorded } from '../../../kit/data.ts';
import { BTCUSDT, rawMessages } from '../../../kit/venue-data.ts';

const SCALES = new Map([['BTCUSDT', depthScale(BTCUSDT)]]);
const DATA = {
  e: 'bookTicker',
  u: 77,
  E: 5,
  T: 4,
  s: 'BTCUSDT',
  ps: 'BTCUSDT',
  b: '61000.10',
  B: '3.190',
  a: '61000.20',
  A: '1.004',
  st: 1,
};
const read = (over: object) => readBest(JSON.stringify({ stream: 'btcusdt@bookTicker', data: { ...DATA, ...over } }), SCALES);

describe('readBest()', () => {
  test('reads prices, sizes and update id exactly', () => {
    expect(read({})).toEqual({
      symbol: 'BTCUSDT',
      updateId: 77,
      bid: { price: 610_001, size: 3_190 },
      ask: { price: 610_002, size: 1_004 },
    });
  });

  test.each([
    ['another event', { e: 'depthUpdate' }],
    ['another symbol', { s: 'ETHUSDT' }],
    ['no update id', { u: undefined }],
    ['an update id that a double cannot hold', { u: 2 ** 60 }],
    ['a price off its step', { b: '61000.15' }],
    ['a price that is no number', { a: '' }],
    ['a size off its step', { A: '1.0045' }],
  ])('refuses %s in one sentence', (_name, over) => expect(read(over)).toEqual(expect.any(String)));

  test('refuses what is not JSON', () => expect(readBest('{"stream":', SCALES)).toEqual(expect.any(String)));

  const capture = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
  test.skipIf(capture === null)('reads every one of a real capture', () => {
    const texts = rawMessages(capture ?? '').filter((text) => isBest(streamName(text)));
    const ids = texts.map((text) => readBest(text, SCALES)).map((best) => (typeof best === 'string' ? best : best.updateId));
    expect(ids.length).toBeGreaterThan(100);
    expect(ids.every((id, n) => n === 0 || Number(id) >= Number(ids[n - 1]))).toBe(true);
  });
});

test.each([
  ['{"stream":"btcusdt@depth@100ms","data":{}}', 'btcusdt@depth@100ms'],
  ['{"data":{},"stream":"btcusdt@depth"}', ''],
  ['{"stream":"cut', ''],
  ['{"result":null,"id":1}', ''],
])('streamName() of %s is %j', (text, name) => expect(streamName(text)).toBe(name));
