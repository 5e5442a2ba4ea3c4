import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { type FileBar, probeBars, readBars } from '../../../../scripts/lib/backtest/bar-file.ts';
import { fastDir } from '../../../kit/fast-dir.ts';
import { zipOf } from '../../../kit/zip.ts';

const folder = fastDir('bars');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

async function read(file: string, symbol = 'BTCUSDT') {
  const { instrument, ...probed } = await probeBars(file, symbol);
  const bars: FileBar[] = [];
  for await (const piece of readBars(file, instrument)) bars.push(...piece);
  return { ...probed, bars };
}

const T0 = 1_704_067_200_000;
const STEP = 300_000;
const HEAD = 'open_time,open,high,low,close,volume';
const six = (n: number, unit = 1): string => `${(T0 + n * STEP) * unit},42000.0,42010.5,41990.0,42000.1,12.5`;
const whole = (n: number): string => `${six(n)},${T0 + (n + 1) * STEP - 1},525000.0,100,6.0,252000.0,0`;
const json = (n: number): string =>
  `[${JSON.stringify(whole(n).split(','))
    .slice(1, -1)
    .replace(/^"(\d+)"/, '$1')}]`;
const lines = (...rows: readonly string[]): string => `${rows.join('\n')}\n`;

test.each<[string, string | Buffer]>([
  ['plain.csv', lines(HEAD, six(0), six(1), six(3))],
  ['headless.csv', lines(six(0), six(1), six(3))],
  ['whole.csv', lines(whole(0), whole(1), whole(3))],
  ['micro.csv', lines(HEAD, six(0, 1_000), six(1, 1_000), six(3, 1_000))],
  ['windows.csv.gz', gzipSync(lines(HEAD, six(0), six(1), six(3)).replaceAll('\n', '\r\n'))],
  ['BTCUSDT-5m-2024-01.zip', zipOf({ 'BTCUSDT-5m-2024-01.csv': lines(whole(0), whole(1), whole(3)) })],
  ['rest.json', `[${json(0)},${json(1)},${json(3)}]`],
])('%s is the same bars in every form', async (name, content) => {
  const { barMs, firstMs, bars } = await read(put(name, content));
  expect([barMs, firstMs]).toEqual([STEP, T0]);
  expect(bars.map(({ openMs }) => openMs)).toEqual([T0, T0 + STEP, T0 + 3 * STEP]);
  const row = [T0, '42000.0', '42010.5', '41990.0', '42000.1', '12.5'];
  expect(bars[0]).toEqual({ openMs: T0, open: 420_000, high: 420_105, low: 419_900, close: 420_001, row });
});

const finer = six(2_001).replace('42000.1', '42000.1234');

test.each<[string, string, string]>([
  ['order.csv', lines(HEAD, six(1), six(0)), 'line 3: '],
  ['grid.csv', lines(HEAD, six(0), six(1), six(1.2)), 'line 4: '],
  ['none.csv', lines(HEAD), 'holds no rows'],
  ['one.csv', lines(HEAD, six(0)), 'one bar alone does not tell how long bars are'],
  ['header.csv', lines('time,open', '1,2'), 'line 1: the header has no column open_time'],
  ['ETHUSDT-5m-2024-01.csv', lines(whole(0), whole(1)), 'is of ETHUSDT, asked for is BTCUSDT'],
  ['tick.csv', lines(HEAD, ...Array.from({ length: 2_001 }, (_, n) => six(n)), finer), 'line 2003: price "42000.1234" is not a decimal'],
])('%s is refused with one line', async (name, content, line) => {
  const file = put(name, content);
  await expect(read(file)).rejects.toThrow(line);
  await expect(read(file)).rejects.toThrow(file);
});
