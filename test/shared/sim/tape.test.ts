import { expect, test } from 'vitest';
import { detectFormat, parseTapeLine, type TapeLine } from '../../../shared/sim/tape.ts';
import { TapeAligner } from '../../../shared/sim/tape-align.ts';

const STAMP = '1723161255030314667';
const TRADE =
  '{"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}';
const AGGREGATE = '{"e":"aggTrade","E":1,"a":12,"s":"SUSHIUSDT","p":"7.61","q":"3","f":1,"l":2,"T":1,"m":true}';
const DEPTH = '{"e":"depthUpdate","E":5,"T":4,"s":"BTCUSDT","U":10,"u":12,"pu":9,"b":[["58710.20","0.014"]],"a":[]}';
const TICKER = '{"u":600859600576,"s":"SUSHIUSDT","b":"7.6110","B":"2","a":"7.6120","A":"297"}';
const KLINE = '{"e":"kline","E":7,"s":"SUSHIUSDT","k":{"t":1,"i":"1m","o":"1"}}';
const SNAPSHOT = '{"lastUpdateId":77,"E":5,"T":4,"bids":[["1.0","2"]],"asks":[["1.1","3"]]}';

const collector = (data: string, stream = 'x'): string => `${STAMP} {"stream":"${stream}","data":${data}}`;
const json = (data: string): string => `{"t":1626992741.06217,"kind":"recv","msg":{"stream":"x","data":${data}}}`;
const rest = (url: string, body: string): string => `{"t":1626992741.5,"kind":"rest","url":"${url}","msg":${body}}`;
const DEPTH_URL = 'https://fapi.binance.com/fapi/v1/depth?symbol=SUSHIUSDT&limit=1000';

test.each([
  ['a collector line', collector(TRADE), 'collector'],
  ['a JSON line', json(TRADE), 'json-lines'],
  ['the opening note', '{"t":1626992740.179554,"kind":"open","url":"wss://x"}', 'json-lines'],
  ['a CSV header', 'open_time,open,high', null],
  ['another exchange', '{"topic":"orderbook.500.XRPUSDT","ts":1}', null],
  ['nothing', '', null],
])('detectFormat() of %s', (_name, line, format) => {
  expect(detectFormat(line)).toBe(format);
});

test.each([
  [
    'trade',
    TRADE,
    { kind: 'trade', symbol: 'BTCUSDT', tradeId: '5266583935', price: '61800.30', size: '0.006', buyerIsMaker: false, aggregate: false },
    1723161256322,
  ],
  ['aggTrade', AGGREGATE, { kind: 'trade', symbol: 'SUSHIUSDT', tradeId: '12', buyerIsMaker: true, aggregate: true }, 1],
  ['depth', DEPTH, { kind: 'depth', first: 10, last: 12, previous: 9, bids: [['58710.20', '0.014']], asks: [] }, 5],
  ['old bookTicker without e and E', TICKER, { kind: 'best', symbol: 'SUSHIUSDT' }, null],
  ['kline', KLINE, { kind: 'kline', interval: '1m' }, 7],
])('parseTapeLine() reads %s in both formats and keeps its bytes', (_name, raw, frame, eventMs) => {
  expect(parseTapeLine('collector', collector(raw), 1)).toMatchObject({ frame: { ...frame, raw }, eventMs });
  expect(parseTapeLine('json-lines', json(raw), 1)).toMatchObject({ frame: { ...frame, raw }, eventMs });
});

test('parseTapeLine() reads snapshots; a collector does not say whose', () => {
  const body = { kind: 'snapshot', lastUpdateId: 77, bids: [['1.0', '2']], asks: [['1.1', '3']], raw: SNAPSHOT };
  expect(parseTapeLine('collector', `${STAMP} ${SNAPSHOT}`, 55)).toEqual({
    frame: { ...body, symbol: '', atMs: 1_723_161_255_030.3147 },
    eventMs: 5,
  });
  expect(parseTapeLine('json-lines', rest(DEPTH_URL, SNAPSHOT), 55)).toEqual({
    frame: { ...body, symbol: 'SUSHIUSDT', atMs: 1626992741500 },
    eventMs: 5,
  });
});

test('parseTapeLine() keeps bytes that a serialiser would change', () => {
  const odd = '{ "e":"trade", "E":7,"s":"A","t":1,"p":"1.50","q":"2","m":false,"note":"\\u00e9 }} 1.0","n":1.00 }';
  expect(parseTapeLine('collector', collector(odd), 1)).toMatchObject({ frame: { raw: odd } });
});

test.each([
  ['connection note', 'json-lines', '{"t":1.5,"kind":"open","url":"wss://x"}'],
  ['request', 'json-lines', '{"t":1.5,"kind":"sent","msg":{"method":"SUBSCRIBE"}}'],
  ['subscription answer', 'json-lines', '{"t":1.5,"kind":"recv","msg":{"result":null,"id":1}}'],
  ['subscription answer', 'collector', `${STAMP} {"result":null,"id":1}`],
  ['other REST answer', 'json-lines', rest('https://fapi.binance.com/fapi/v1/time', '{"serverTime":1}')],
  ['stream that is not replayed', 'collector', collector('{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"1"}')],
] as const)('parseTapeLine() skips a %s (%s)', (_name, format, line) => {
  expect(parseTapeLine(format, line, 3)).toBe('skip');
});

test.each([
  ['collector', 'garbage', 'not "<receive time in ns> <JSON object>"'],
  ['collector', collector(TRADE).slice(0, -40), 'not "<receive time in ns> <JSON object>"'],
  ['collector', `${STAMP} {"hello":1}`, 'neither a stream message nor a depth snapshot'],
  ['collector', collector('{"e":"trade","s":"A",}', 'a@trade'), '"data" of stream "a@trade" is not one JSON object'],
  [
    'collector',
    collector(TRADE.replace('"61800.30"', '61800.3'), 'a@trade'),
    'stream "a@trade": a trade needs decimals p and q and a boolean m',
  ],
  ['collector', collector(TRADE.replace('5266583935', '9007199254740993')), 'stream "x": the trade id must be a whole number below 2^53'],
  ['collector', collector(DEPTH.replace('"u":12', '"u":9007199254740993')), 'stream "x": U, u and pu must be whole numbers below 2^53'],
  [
    'collector',
    collector(DEPTH.replace('["58710.20","0.014"]', '["58710.20"]')),
    'stream "x": b and a must be lists of [price, size] decimals',
  ],
  ['collector', collector(DEPTH.replace(',"s":"BTCUSDT"', '')), 'stream "x" has no symbol "s"'],
  ['collector', `${STAMP} ${SNAPSHOT.replace('77', '"77"')}`, 'the depth snapshot has no usable lastUpdateId (a whole number below 2^53)'],
  ['json-lines', '{"t":1', 'not a JSON object'],
  ['json-lines', '{"kind":"recv","msg":{}}', 'no "t" (seconds) or no "kind"'],
  ['json-lines', '{"t":1,"kind":"seen","msg":{}}', 'kind "seen" is not open, sent, recv or rest'],
  ['json-lines', '{"t":1,"kind":"recv","msg":[1]}', 'kind "recv" without an object "msg" at the end'],
  ['json-lines', '{"t":1,"kind":"recv","msg":{"topic":"orderbook"}}', '"msg" is not a {"stream","data"} message of Binance'],
  ['json-lines', rest(DEPTH_URL, '{"lastUpdateId":7,"bids":[]}'), 'the depth snapshot has no usable bids and asks'],
] as const)('parseTapeLine() refuses a bad line (%s: %s)', (format, line, problem) => {
  expect(parseTapeLine(format, line, 12)).toEqual({ problem: `line 12: ${problem}` });
});

const line = (receiveMs: number, eventMs: number | null, symbol = 'BTCUSDT'): TapeLine => ({
  frame: { kind: 'best', atMs: receiveMs, symbol, raw: '{}' },
  eventMs,
});
const snapshot = (receiveMs: number): TapeLine => ({
  frame: { kind: 'snapshot', atMs: receiveMs, symbol: '', raw: '{}', lastUpdateId: 1, bids: [], asks: [] },
  eventMs: null,
});

test('TapeAligner shifts by the median difference and never goes back', () => {
  const aligner = new TapeAligner();
  for (const [receiveMs, late] of [
    [0, 0],
    [10, 0],
    [20, 300],
    [30, 1],
  ] as const)
    expect(aligner.push(line(receiveMs, receiveMs + 1_270 - late))).toEqual([]);
  aligner.push(line(25, null));
  expect(aligner.end()).toMatchObject([{ atMs: 1_270 }, { atMs: 1_280 }, { atMs: 1_290 }, { atMs: 1_300 }, { atMs: 1_300 }]);
  expect([aligner.offsetMs, aligner.end()]).toEqual([1_270, []]);
});

test('TapeAligner starts to tell after its sample and then tells at once', () => {
  const aligner = new TapeAligner();
  for (let n = 0; n < 199; n++) expect(aligner.push(line(n, n - 45))).toEqual([]);
  expect(aligner.push(line(199, 154))).toHaveLength(200);
  expect(aligner.push(line(200, 155))).toMatchObject([{ atMs: 155 }]);
});

test('TapeAligner names the snapshot of a single symbol and refuses to guess among several', () => {
  const one = new TapeAligner();
  one.push(snapshot(1));
  one.push(line(2, 2));
  expect(one.end()).toMatchObject([{ kind: 'snapshot', symbol: 'BTCUSDT' }, { kind: 'best' }]);
  const two = new TapeAligner();
  two.push(line(1, 1, 'ETHUSDT'));
  two.push(snapshot(2));
  two.push(line(3, 3));
  expect(two.end()).toEqual({ problem: 'a depth snapshot names no symbol and the tape has 2: exactly one is needed to tell whose it is' });
});
