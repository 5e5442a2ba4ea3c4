import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readRows, type RowOptions, symbolOfName } from '../../../scripts/data/read-rows.ts';
import type { DataGap, RowKind, RowOf } from '../../../shared/sim/market-rows.ts';
import { recorded } from '../../kit/data.ts';
import { zipOf } from '../../kit/zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmbot-rows-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

async function read<K extends RowKind>(files: string | readonly string[], kind: K, over: Partial<RowOptions> = {}) {
  const rows: RowOf<K>[] = [];
  const gaps: DataGap[] = [];
  const list = typeof files === 'string' ? [files] : files;
  for await (const batch of readRows(list, kind, { gaps: 'list', onGap: (gap) => gaps.push(gap), ...over })) rows.push(...batch);
  return { rows, gaps };
}

const KLINE_HEAD = 'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
const kline = (minute: number, unit = 1): string => {
  const openMs = 1_782_864_000_000 + minute * 60_000;
  return `${openMs * unit},1.0,2.0,0.5,1.5,10,${(openMs + 60_000) * unit - 1},15,3,4,6,0`;
};
const klines = (...minutes: readonly number[]): string => minutes.map((minute) => `${kline(minute)}\n`).join('');

test('the same bars come out of every way in which the venue packs them', async () => {
  const plain = `${KLINE_HEAD}\n${klines(0, 1, 2)}`;
  const micros = [0, 1, 2].map((minute) => `${kline(minute, 1_000)}\n`).join('');
  const files = [
    put('BTCUSDT-1m-a.csv', plain),
    put('BTCUSDT-1m-b.csv', klines(0, 1, 2)),
    put('BTCUSDT-1m-c.csv.gz', gzipSync(plain)),
    put('BTCUSDT-1m-d.zip', zipOf({ 'BTCUSDT-1m-d.csv': plain })),
    put('BTCUSDT-1m-e.csv', micros),
    put('BTCUSDT-1m-f.csv', plain.replaceAll('\n', '\r\n')),
  ];
  const [first, ...others] = await Promise.all(files.map((file) => read(file, 'bar')));
  const bar = {
    kind: 'bar',
    openMs: 1_782_864_000_000,
    closeMs: 1_782_864_059_999,
    knownMs: 1_782_864_060_000,
    trades: 3,
    quoteVolume: '15',
  };
  expect(first?.rows[0]).toMatchObject(bar);
  expect(first?.rows).toHaveLength(3);
  for (const other of others) expect(other).toEqual(first);
});

test('a bar is known at its end, also where no column tells how long it is', async () => {
  const file = put('six.csv', `open_time,open,high,low,close,volume\n300000000000,1,2,1,2,5\n300000300000,2,3,1,3,6\n`);
  const { rows } = await read(file, 'bar');
  expect(rows.map(({ openMs, knownMs }) => knownMs - openMs)).toEqual([300_000, 300_000]);
});

const agg = (id: number, first: number, last: number, at = id): string =>
  `${id},0.7200,10,${first},${last},${1_700_000_000_000 + at},true\n`;

test('holes are listed with file and line, in bars, trades and funding', async () => {
  const bars = put('BTCUSDT-1m-g.csv', `${KLINE_HEAD}\n${klines(0, 1, 5, 6)}`);
  const { gaps, rows } = await read(bars, 'bar');
  expect(rows).toHaveLength(4);
  expect(gaps).toEqual([{ what: 'bars', missing: 3, file: bars, line: 4, fromMs: 1_782_864_120_000, toMs: 1_782_864_300_000 }]);
  const trades = put('BTCUSDT-aggTrades-g.csv', agg(1, 1, 2) + agg(4, 7, 8) + agg(5, 10, 10));
  expect((await read(trades, 'trade')).gaps).toMatchObject([
    { what: 'trades', missing: 2, line: 2 },
    { what: 'trade-ids', missing: 1, line: 3 },
  ]);
  const hours = [0, 8, 24, 32].map((hour, i) => `${1_700_000_000_000 + hour * 3_600_000 + i},8,0.0001\n`).join('');
  const funding = put('BTCUSDT-fundingRate-g.csv', `calc_time,funding_interval_hours,last_funding_rate\n${hours}`);
  expect((await read(funding, 'funding')).gaps).toMatchObject([{ what: 'funding-times', missing: 1, line: 4 }]);
});

test('best prices and bands of depth are read', async () => {
  const best = put(
    'BTCUSDT-bookTicker-a.csv',
    '7,100.1,2,100.2,3,1700000000001,1700000000005\n7,100.1,2,100.2,4,1700000000002,1700000000006\n',
  );
  expect((await read(best, 'best')).rows[0]).toEqual({
    ...{ kind: 'best', knownMs: 1_700_000_000_005, updateId: 7, bid: '100.1', bidSize: '2', ask: '100.2', askSize: '3' },
  });
  const band = put(
    'BTCUSDT-bookDepth-a.csv',
    'timestamp,percentage,depth,notional\n2024-01-31 00:00:08,-5,10.5,1000\n2024-01-31 00:00:08,5,9,900\n',
  );
  expect((await read(band, 'band')).rows.map(({ percentage, knownMs }) => [percentage, knownMs])).toEqual([
    ['-5', 1_706_659_208_000],
    ['5', 1_706_659_208_000],
  ]);
});

const truncated = gzipSync(`${KLINE_HEAD}\n${Array.from({ length: 500 }, (_, i) => `${kline(i)}\n`).join('')}`);

test.each<[string, string, string | Buffer, RowKind, RegExp]>([
  ['no rows', 'a1.csv', KLINE_HEAD, 'bar', /: holds no rows$/],
  ['another kind of file', 'a2.csv', `${KLINE_HEAD}\n${klines(0)}`, 'trade', /line 1: the header has no column agg_trade_id/],
  ['a word for a price', 'a3.csv', klines(0) + kline(1).replace('2.0', 'high'), 'bar', /line 2: high "high" is not a decimal number/],
  ['a bar that is none', 'a4.csv', klines(0) + kline(1).replace('0.5', '1.7'), 'bar', /line 2: .* are no bar$/],
  ['a line cut off', 'a5.csv', klines(0) + kline(1).slice(0, 30), 'bar', /line 2: has \d columns, expected are 12/],
  ['bars told twice', 'a6.csv', klines(0, 1, 1), 'bar', /line 3: open_time \d+ is not whole bars of 60000 ms after/],
  ['bars out of order', 'a7.csv', klines(0, 2, 1), 'bar', /line 3: open_time/],
  ['two units of time', 'a8.csv', klines(0) + kline(1, 1_000), 'bar', /line 2: open_time \d+ is of another unit/],
  [
    'a short bar',
    'a9.csv',
    klines(0) + kline(1).replace('1782864119999', '1782864089999'),
    'bar',
    /line 2: close_time makes a bar of 30000 ms/,
  ],
  ['JSON of another kind', 'b7.json', '[{"a":1}}', 'bar', /line 1: is not one JSON array of rows/],
  ['trades out of order', 'b1.csv', agg(2, 2, 2) + agg(1, 3, 3), 'trade', /line 2: time \d+ is before/],
  ['trades told twice', 'b2.csv', agg(2, 2, 2, 0) + agg(2, 3, 3, 0), 'trade', /line 2: agg_trade_id 2 is not above 2/],
  ['funding told twice', 'b3.csv', '1700000000000,8,0.1\n1700000000001,8,0.1\n', 'funding', /line 2: time \d+ is told twice/],
  [
    'truncated gzip',
    'b4.csv.gz',
    truncated.subarray(0, truncated.length - 200),
    'bar',
    /line \d+: the gzip data ends early: the file is truncated/,
  ],
  [
    'truncated zip',
    'b5.zip',
    zipOf({ 'x.csv': klines(0, 1) }).subarray(0, 150),
    'bar',
    /the zip archive ends early: the file is truncated/,
  ],
  [
    'a zip of two files',
    'b6.zip',
    zipOf({ 'x.csv': klines(0), 'y.csv': klines(1) }),
    'bar',
    /the zip archive holds 2 files, allowed is one/,
  ],
])('%s is one line with file and line number', async (_name, name, content, kind, why) => {
  const file = put(name, content);
  const problem = await read(file, kind).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(Error);
  expect(String(problem)).toContain(`TapeProblem: ${file}: `);
  expect(String(problem).split('\n')).toHaveLength(1);
  expect((problem as Error).message).toMatch(why);
});

test('a byte that is wrong in a zip is found by its checksum', async () => {
  const zip = zipOf({ 'x.csv': `${KLINE_HEAD}\n${klines(0, 1)}` });
  zip.writeUInt32LE(1, zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02])) + 16);
  await expect(read(put('sum.zip', zip), 'bar')).rejects.toThrow('line 3: the zip data does not have the length and checksum');
});

test('files of two contracts are never one series', async () => {
  const files = [put('BTCUSDT-1m-2026-07.csv', klines(0, 1)), put('ETHUSDT-1m-2026-08.csv', klines(2, 3))];
  await expect(read(files, 'bar')).rejects.toThrow(`${files[1]}: line 1: is of ETHUSDT, but ${files[0]} is of BTCUSDT`);
  await expect(read(files[0] ?? '', 'bar', { symbol: 'ETHUSDT' })).rejects.toThrow('is of BTCUSDT, asked for is ETHUSDT');
});

test('files of one contract are one series, and a hole between them counts', async () => {
  const files = [put('BTCUSDT-1m-2026-07.csv', klines(0, 1)), put('BTCUSDT-1m-2026-08.csv', klines(3, 4))];
  expect((await read(files, 'bar')).gaps).toMatchObject([{ missing: 1, file: files[1], line: 1 }]);
  await expect(read(files, 'bar', { gaps: 'refuse' })).rejects.toThrow(`${files[1]}: line 1: 1 bars are missing before this line`);
});

test.each([
  ['binance-usdm_AVAXUSDT_1m_202607_vision.csv.gz', 'AVAXUSDT'],
  ['BTCUSD_PERP-aggTrades-2024.zip', 'BTCUSD_PERP'],
  ['ETHUSDC-1m.csv', 'ETHUSDC'],
  ['bars.csv', null],
])('symbolOfName() of %s is %s', (name, symbol) => expect(symbolOfName(name)).toBe(symbol));

const RECORDED: readonly (readonly [string, RowKind, number, readonly DataGap['what'][]])[] = [
  ['klines/binance-usdm_BTCUSDT_1m_rest-raw_20220917.json', 'bar', 516, []],
  ['klines/binance-usdm_AVAXUSDT_1m_202607_vision.csv.gz', 'bar', 44_640, []],
  ['trades/binance-usdm_APEUSDT_aggTrades_20241018.csv.gz', 'trade', 45_342, ['trade-ids']],
  ['funding/binance-usdm_BTCUSDT_8h_funding_rate.csv', 'funding', 266, []],
  ['funding/binance-usdm_BTCUSDT_8h_mark.csv', 'bar', 266, []],
];
for (const [name, kind, count, holes] of RECORDED) {
  const file = recorded(name);
  test.skipIf(file === null)(`${name} is read whole`, async () => {
    const { rows, gaps } = await read(file ?? '', kind);
    expect(rows).toHaveLength(count);
    expect(gaps.map(({ what }) => what)).toEqual(holes);
  });
}
