import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readKlines } from '../../../scripts/sim/kline-file.ts';
import { recorded } from '../../kit/data.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

const T0 = 1_735_689_600_000;
const FIVE_MS = 300_000;
const CLOSES = [94_000, 94_200, 93_900, 94_100, 94_400, 94_300];

let dir: string;
let file: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'klines-'));
  file = join(dir, 'five.csv.gz');
  const rows = CLOSES.map((close, i) => {
    const open = CLOSES[i - 1] ?? 93_950;
    return [T0 + i * FIVE_MS, open, Math.max(open, close) + 40, Math.min(open, close) - 30, close, 100 + i].join(',');
  });
  await writeFile(file, gzipSync(`open_time,open,high,low,close,volume\n${rows.join('\n')}\n`));
});
afterAll(() => rm(dir, { recursive: true }));

type Row = readonly [openMs: number, open: string, high: string, low: string, close: string, volume: string];
async function klinesOf(sim: SteppedSim, interval: string): Promise<readonly Row[]> {
  return JSON.parse((await sim.client.get(`/fapi/v1/klines?symbol=BTCUSDT&interval=${interval}&limit=1500`)).text) as Row[];
}

test('a market follows the K-lines of a file: its time is theirs, and its own bars are close to them', async () => {
  const sim = await SteppedSim.open({ klines: file, symbols: ['BTCUSDT'] });
  expect(await sim.client.now()).toBe(T0);
  for (let minute = 0; minute < 15; minute++) await sim.advance(60_000);
  const bars = (await klinesOf(sim, '5m')).filter(([openMs]) => openMs >= T0).slice(0, 3);
  expect(bars.map(([openMs]) => openMs)).toEqual([0, 1, 2].map((i) => T0 + i * FIVE_MS));
  bars.forEach(([, , high, low, close], i) => {
    const [want, open] = [CLOSES[i] ?? 0, CLOSES[i - 1] ?? 93_950];
    expect(Math.abs(Number(close) - want)).toBeLessThan(60);
    expect(Math.abs(Number(high) - Math.max(open, want) - 40)).toBeLessThan(60);
    expect(Math.abs(Number(low) - Math.min(open, want) + 30)).toBeLessThan(60);
  });
  await sim.close();
});

test('the bars before --klines-from are its history, and made-up days lead up to them', async () => {
  const sim = await SteppedSim.open({ klines: file, klinesFromMs: T0 + 3 * FIVE_MS + 7_000, symbols: ['BTCUSDT'], historyDays: 1 });
  expect(await sim.client.now()).toBe(T0 + 3 * FIVE_MS);
  const before = (await klinesOf(sim, '5m')).filter(([openMs]) => openMs >= T0 && openMs < T0 + 3 * FIVE_MS);
  expect(before.map((row) => row.slice(0, 6).map(Number))).toEqual([
    [T0, 93_950, 94_040, 93_920, 94_000, 100],
    [T0 + FIVE_MS, 94_000, 94_240, 93_970, 94_200, 101],
    [T0 + 2 * FIVE_MS, 94_200, 94_240, 93_870, 93_900, 102],
  ]);
  const minutes = await klinesOf(sim, '1m');
  expect(minutes.map(([openMs]) => openMs)).toEqual(minutes.map((_, i) => (minutes[0]?.[0] ?? 0) + i * 60_000));
  expect(minutes.length).toBeGreaterThanOrEqual(1_440);
  await sim.close();
});

test.each([
  ['two symbols', { symbols: ['BTCUSDT', 'ETHUSDT'] }, '--klines: holds one contract, name it with --symbols'],
  ['a recording as well', { symbols: ['BTCUSDT'], replay: 'tape.gz' }, '--klines: not together with --replay'],
  ['a symbol that is not listed', { symbols: ['NOUSDT'] }, '--symbols: NOUSDT is not among the simulated contracts'],
  ['a time before the file', { symbols: ['BTCUSDT'], klinesFromMs: T0 - 1 }, '--klines-from: the file has no bar of that time'],
  [
    'a time after the file',
    { symbols: ['BTCUSDT'], klinesFromMs: T0 + CLOSES.length * FIVE_MS },
    '--klines-from: the file has no bar of that time',
  ],
])('openSimulator() refuses K-lines with %s', async (_name, over, problem) => {
  await expect(SteppedSim.open({ klines: file, ...over })).rejects.toThrow(problem);
});

test('readKlines() tells file and line of what is wrong', async () => {
  const bad = join(dir, 'bad.csv');
  await writeFile(bad, `open_time,open,high,low,close,volume\n${T0},1,2,1,3,1\n`);
  await expect(readKlines(bad)).rejects.toThrow(`${bad}: line 2: open 1, high 2, low 1, close 3 are no bar`);
  await expect(readKlines(join(dir, 'none.csv'))).rejects.toThrow('none.csv: there is no such file');
  await writeFile(bad, gzipSync('open_time,open\n').subarray(0, 20));
  await expect(readKlines(bad)).rejects.toThrow('bad.csv: the gzip data ends early');
});

const real = recorded('klines/binance-usdm_AVAXUSDT_1m_202607_vision.csv.gz');
describe.runIf(real !== null)('a public monthly file', () => {
  test('is read whole', async () => {
    const table = await readKlines(real ?? '');
    expect([table.rows.length, table.barMs, table.rows[0]?.openMs]).toEqual([44_640, 60_000, Date.UTC(2026, 6, 1)]);
  });
});
