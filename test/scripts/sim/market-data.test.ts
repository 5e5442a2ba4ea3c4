import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEY, type Message } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

let sim: SteppedSim;
beforeAll(async () => {
  sim = await SteppedSim.open({ symbols: ['BTCUSDT', 'ETHUSDT'], profile: 'normal', limitsEnforced: false });
  for (let second = 0; second < 150; second += 30) await sim.advance(30_000);
});
afterAll(() => sim.close());

const BTC = 'symbol=BTCUSDT';
const DECIMAL = expect.stringMatching(/^-?\d+(\.\d+)?$/);

/** Path to the weight it counts (reference sheet 2026-11, section 3.4). */
test.each([
  ['/fapi/v1/ping', 1],
  ['/fapi/v1/time', 1],
  ['/fapi/v1/exchangeInfo', 1],
  [`/fapi/v1/depth?${BTC}&limit=5`, 2],
  [`/fapi/v1/depth?${BTC}&limit=50`, 2],
  [`/fapi/v1/depth?${BTC}&limit=100`, 5],
  [`/fapi/v1/depth?${BTC}`, 10],
  [`/fapi/v1/depth?${BTC}&limit=1000`, 20],
  [`/fapi/v1/rpiDepth?${BTC}&limit=1000`, 20],
  [`/fapi/v1/trades?${BTC}`, 5],
  [`/fapi/v1/historicalTrades?${BTC}`, 200],
  [`/fapi/v1/aggTrades?${BTC}`, 20],
  [`/fapi/v1/klines?${BTC}&interval=1m&limit=99`, 1],
  [`/fapi/v1/klines?${BTC}&interval=1m&limit=499`, 2],
  [`/fapi/v1/klines?${BTC}&interval=1m&limit=1000`, 5],
  [`/fapi/v1/klines?${BTC}&interval=1m&limit=1500`, 10],
  ['/fapi/v1/continuousKlines?pair=BTCUSDT&contractType=PERPETUAL&interval=1m&limit=99', 1],
  ['/fapi/v1/indexPriceKlines?pair=BTCUSDT&interval=1m', 5],
  [`/fapi/v1/markPriceKlines?${BTC}&interval=1m`, 5],
  [`/fapi/v1/premiumIndexKlines?${BTC}&interval=1m`, 5],
  [`/fapi/v1/premiumIndex?${BTC}`, 1],
  ['/fapi/v1/premiumIndex', 10],
  [`/fapi/v1/ticker/bookTicker?${BTC}`, 2],
  ['/fapi/v1/ticker/bookTicker', 5],
  [`/fapi/v1/ticker/price?${BTC}`, 1],
  ['/fapi/v2/ticker/price', 2],
  [`/fapi/v1/ticker/24hr?${BTC}`, 1],
  ['/fapi/v1/ticker/24hr', 40],
  [`/fapi/v1/openInterest?${BTC}`, 1],
  [`/fapi/v1/symbolAdlRisk?${BTC}`, 1],
  ['/fapi/v1/tradingSchedule', 1],
])('GET %s answers and counts weight %d', async (path, weight) => {
  const used = async (target: string): Promise<readonly [number, number]> => {
    const { status, headers } = await sim.client.raw('GET', target, { apiKey: KEY });
    return [status, Number(headers.get('x-mbx-used-weight-1m'))];
  };
  const [, before] = await used('/fapi/v1/ping');
  expect(await used(path)).toEqual([200, before + weight]);
});

test.each([
  ['depth with a limit of its own', `/fapi/v1/depth?${BTC}&limit=7`, -4021],
  ['rpiDepth of another size', `/fapi/v1/rpiDepth?${BTC}&limit=500`, -4021],
  ['a symbol that is not listed', '/fapi/v1/trades?symbol=NOUSDT', -1121],
  ['trades without a symbol', '/fapi/v1/trades', -1102],
  ['too many trades', `/fapi/v1/trades?${BTC}&limit=1001`, -1130],
  ['too many old trades', `/fapi/v1/historicalTrades?${BTC}&limit=501`, -1130],
  ['aggregates by id and by time', `/fapi/v1/aggTrades?${BTC}&fromId=1&startTime=1`, -1128],
  ['aggregates of an hour', `/fapi/v1/aggTrades?${BTC}&startTime=0&endTime=3600000`, -1127],
  ['aggregates from the end to the start', `/fapi/v1/aggTrades?${BTC}&startTime=5&endTime=1`, -1023],
  ['K-lines of an unknown interval', `/fapi/v1/klines?${BTC}&interval=7m`, -1120],
  ['too many K-lines', `/fapi/v1/markPriceKlines?${BTC}&interval=1m&limit=1501`, -1130],
  ['K-lines of a pair that is not listed', '/fapi/v1/indexPriceKlines?pair=NOUSDT&interval=1m', -1121],
  ['continuous K-lines of a quarter', '/fapi/v1/continuousKlines?pair=BTCUSDT&contractType=CURRENT_QUARTER&interval=1m', -1130],
])('%s is refused', async (_name, path, code) => {
  const answer = await sim.client.raw('GET', path, { apiKey: KEY });
  expect([answer.status, answer.body['code']]).toEqual([400, code]);
});

test('historicalTrades needs a key', async () => {
  expect((await sim.client.get(`/fapi/v1/historicalTrades?${BTC}`)).status).toBe(401);
});

test('trades and aggTrades tell the same volume; fromId and times cut them', async () => {
  const trades = (await sim.client.get(`/fapi/v1/trades?${BTC}&limit=1000`)).rows;
  expect(trades[0]).toEqual({
    id: expect.any(Number),
    price: DECIMAL,
    qty: DECIMAL,
    quoteQty: DECIMAL,
    time: expect.any(Number),
    isBuyerMaker: expect.any(Boolean),
    isRPITrade: false,
  });
  const first = trades[0]?.['id'];
  expect(trades.map((row) => row['id'])).toEqual(trades.map((_, i) => Number(first) + i));
  const aggregates = (await sim.client.get(`/fapi/v1/aggTrades?${BTC}&limit=1000`)).rows.filter((row) => Number(row['f']) >= Number(first));
  const sum = (rows: readonly Message[], field: string): number =>
    rows.reduce((total, row) => total + Math.round(1_000 * Number(row[field])), 0);
  const covered = trades.filter((row) => Number(row['id']) >= Number(aggregates[0]?.['f']));
  expect(sum(aggregates, 'q')).toBe(sum(covered, 'qty'));
  const [from, at] = [aggregates[3]?.['a'], Number(aggregates[60]?.['T'])];
  expect((await sim.client.get(`/fapi/v1/aggTrades?${BTC}&fromId=${from}&limit=2`)).rows).toEqual(aggregates.slice(3, 5));
  const timed = (await sim.client.get(`/fapi/v1/aggTrades?${BTC}&startTime=${at}&endTime=${at + 5_000}`)).rows;
  expect(timed).toEqual(aggregates.filter((row) => Number(row['T']) >= at && Number(row['T']) <= at + 5_000));
  const old = await sim.client.raw('GET', `/fapi/v1/historicalTrades?${BTC}&fromId=${first}&limit=3`, { apiKey: KEY });
  expect(old.rows).toEqual(trades.slice(0, 3));
});

test('the rolling day adds up from its K-lines, and its price is that of the last trade', async () => {
  const day = (await sim.client.get(`/fapi/v1/ticker/24hr?${BTC}`)).body;
  const rows = JSON.parse((await sim.client.get(`/fapi/v1/klines?${BTC}&interval=1m&limit=1440`)).text) as string[][];
  const volume = rows.reduce((sum, row) => sum + Math.round(1_000 * Number(row[5])), 0) / 1_000;
  const [last] = (await sim.client.get(`/fapi/v1/trades?${BTC}&limit=1`)).rows;
  expect(Number(day['volume'])).toBeCloseTo(volume, 3);
  expect([day['openTime'], day['openPrice'], day['lastPrice'], day['lastId']]).toEqual([
    rows[0]?.[0],
    rows[0]?.[1],
    last?.['price'],
    last?.['id'],
  ]);
  expect(Number(day['highPrice'])).toBe(Math.max(...rows.map((row) => Number(row[2]))));
  expect(Number(day['lastId']) - Number(day['firstId']) + 1).toBe(day['count']);
  expect(day['priceChange']).toBe((Number(day['lastPrice']) - Number(day['openPrice'])).toFixed(2));
  expect((await sim.client.get('/fapi/v2/ticker/price')).rows.map((row) => row['symbol'])).toEqual(['BTCUSDT', 'ETHUSDT']);
});

test('mark and index K-lines go on where the history ends, and close at the mark and index price', async () => {
  const { body: premium } = await sim.client.get(`/fapi/v1/premiumIndex?${BTC}`);
  for (const [path, field] of [
    [`markPriceKlines?${BTC}`, 'markPrice'],
    ['indexPriceKlines?pair=BTCUSDT', 'indexPrice'],
  ] as const) {
    const rows = JSON.parse((await sim.client.get(`/fapi/v1/${path}&interval=1m&limit=200`)).text) as (string | number)[][];
    expect(rows.at(-1)?.[4]).toBe(premium[field]);
    expect(rows.map((row) => row[0])).toEqual(rows.map((_, i) => Number(rows[0]?.[0]) + i * 60_000));
    for (const [, open, high, low, close] of rows) {
      expect(Number(low)).toBeLessThanOrEqual(Math.min(Number(open), Number(close)));
      expect(Number(high)).toBeGreaterThanOrEqual(Math.max(Number(open), Number(close)));
    }
  }
});

test('open interest grows by what the account takes', async () => {
  const read = async (): Promise<number> => Number((await sim.client.get(`/fapi/v1/openInterest?${BTC}`)).body['openInterest']);
  const before = await read();
  await sim.client.place({ type: 'MARKET', quantity: '0.500' });
  expect((await read()) - before).toBeGreaterThanOrEqual(0.499);
});
