import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRows } from '../../scripts/data/read-rows.ts';
import { downloadSeries, type Series } from '../../scripts/lib/download/series.ts';
import { DownloadVenue } from '../../scripts/lib/download/venue.ts';
import { readFault } from '../../scripts/sim/faults/fault.ts';
import { checkConfig, overlay } from '../../shared/config.ts';
import { ROOT } from '../kit/run.ts';
import { openTestSim, type SimClient } from '../kit/sim-client.ts';
import { runTool } from '../kit/tool.ts';

const SYMBOL = 'BTCUSDT';
const START_MS = Date.parse('2026-11-30T15:59:40Z');
/** Of the history that is there from the start. */
const END_MS = Date.parse('2026-11-30T15:59:00Z');
const MINUTE_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'mmbot-download-'));
let sim: SimClient;
let venue: DownloadVenue;
const waits: string[] = [];

function configFor(port: number) {
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const made = checkConfig(overlay(base, { sim: { port } }));
  if (!('config' in made)) throw new Error('The configuration is not good');
  return made.config;
}

/** Over a funding time, with some trades behind it. */
beforeAll(async () => {
  sim = await openTestSim({ steppedFromMs: START_MS, profile: 'normal', historyDays: 1 });
  await sim.raw('POST', '/sim/advance', { body: '{"ms":60000}' });
  venue = new DownloadVenue({ config: configFor(sim.simulator.port), share: 0.5, onWait: (sentence) => waits.push(sentence) });
  await venue.begin();
});
afterAll(async () => {
  await venue[Symbol.asyncDispose]();
  await sim.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Pages of a few rows, so that there are many. */
function klines(name: string, over: Partial<Series> = {}): Series {
  const span = { symbol: SYMBOL, fromMs: END_MS - 1_200 * MINUTE_MS, toMs: END_MS };
  const page: Series['page'] = async (last) =>
    (await venue.klines({ ...span, fromMs: last ? last.key + MINUTE_MS : span.fromMs }, '1m')).slice(0, 500);
  return { ...span, file: join(folder, name), kind: 'bar', barMs: MINUTE_MS, page, ...over };
}

test('K-lines come page by page, whole, as the venue wrote them, in the shape of its public files', async () => {
  const series = klines('BTCUSDT-1m.csv');
  const seen: number[] = [];
  const done = await downloadSeries(series, (atMs) => seen.push(atMs));
  expect(done).toMatchObject({ rows: 1_200, had: 0, gaps: [], firstMs: series.fromMs, lastMs: series.toMs - MINUTE_MS });
  expect(seen).toHaveLength(3);
  const [header, first] = readFileSync(series.file, 'utf8').split('\n');
  expect(header).toBe('open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore');
  const told = await sim.raw('GET', `/fapi/v1/klines?symbol=${SYMBOL}&interval=1m&startTime=${series.fromMs}&limit=1`);
  expect(first).toBe((JSON.parse(told.text) as unknown[][])[0]?.join(','));
});

test('stopped at any byte, the same command ends with the same file', async () => {
  const series = klines('BTCUSDT-1m.csv');
  const whole = readFileSync(series.file, 'utf8');
  for (const cut of [whole.length, whole.length - 1, Math.floor(whole.length / 2), 300, 40, 0]) {
    writeFileSync(series.file, whole.slice(0, cut));
    const done = await downloadSeries(series, () => undefined);
    expect([done.rows, done.gaps]).toEqual([1_200, []]);
    expect(readFileSync(series.file, 'utf8')).toBe(whole);
  }
});

test('a hole is listed, and a file that begins too late is refused while the venue has what is before it', async () => {
  const series = klines('BTCUSDT-1m-hole.csv');
  const lines = readFileSync(join(folder, 'BTCUSDT-1m.csv'), 'utf8').split('\n');
  writeFileSync(series.file, lines.toSpliced(100, 3).join('\n'));
  expect((await downloadSeries(series, () => undefined)).gaps).toMatchObject([{ what: 'bars', missing: 3, line: 101 }]);
  writeFileSync(series.file, lines.toSpliced(1, 10).join('\n'));
  await expect(downloadSeries(series, () => undefined)).rejects.toThrow(/begins at .*, but there are rows from/);
});

test('a limit of the venue is waited out', async () => {
  const read = readFault({ kind: 'error', method: 'GET', path: '/fapi/v1/klines', error: 'rate-limited', retryAfterS: 1 });
  if (!read.ok) throw new Error(read.error);
  const { outbox, network } = sim.simulator.inside;
  outbox.step(() => network.faults.start(read.value));
  const rows = await venue.klines({ symbol: SYMBOL, fromMs: END_MS - 5 * MINUTE_MS, toMs: END_MS }, '1m');
  expect(rows).toHaveLength(5);
  expect(waits).toEqual([expect.stringMatching(/waiting \d+ s$/)]);
});

test('aggregated trades are found by time and read on by id; funding with the hours between', async () => {
  const span = { symbol: SYMBOL, fromMs: START_MS - 90 * MINUTE_MS, toMs: START_MS + MINUTE_MS };
  const file = join(folder, 'BTCUSDT-aggTrades.csv');
  const page: Series['page'] = async (last) => (await venue.aggTrades(span, last?.key ?? null)).slice(0, 300);
  const trades = await downloadSeries({ ...span, file, kind: 'trade', page }, () => undefined);
  expect(trades.rows).toBeGreaterThan(40);
  expect(trades.gaps.filter(({ what }) => what !== 'trade-ids')).toEqual([]);
  const funding = join(folder, 'BTCUSDT-fundingRate.csv');
  const rates: Series['page'] = (last) => venue.fundingRates({ ...span, fromMs: last ? last.key + 1 : span.fromMs });
  await downloadSeries({ ...span, file: funding, kind: 'funding', page: rates }, () => undefined);
  const [rows] = await Array.fromAsync(readRows([funding], 'funding', { gaps: 'refuse' }));
  expect(rows?.map(({ knownMs }) => new Date(knownMs).toISOString().slice(0, 16))).toEqual(['2026-11-30T16:00']);
});

test('a symbol that the venue does not have is one line', async () => {
  const span = { symbol: 'NOSUCHUSDT', fromMs: START_MS - MINUTE_MS, toMs: START_MS };
  await expect(venue.klines(span, '1m')).rejects.toThrow(/^\/fapi\/v1\/klines: .*Invalid symbol/);
});

test('scripts/download as a person calls it', async () => {
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(configFor(sim.simulator.port)));
  const out = join(folder, 'out');
  const args = [
    '--config',
    config,
    '--out',
    out,
    '--what',
    'klines,exchangeInfo',
    '--interval',
    '5m',
    '--from',
    '2026-11-30T10:00',
    '--json',
  ];
  const { code, stdout } = await runTool('download', args);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ holes: 0, files: [{ file: join(out, 'BTCUSDT-5m.csv'), rows: 72 }] });
  expect(JSON.parse(readFileSync(join(out, 'exchangeInfo.json'), 'utf8')).symbols[0].symbol).toBe(SYMBOL);
});
