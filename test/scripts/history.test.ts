import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Ledger } from '../../gateway/account/ledger.ts';
import { LedgerStore } from '../../gateway/io/ledger-store.ts';
import { daysOf, fillsOf, openHistory } from '../../scripts/lib/history.ts';
import { fillsTable, lifeLines, pnlTable } from '../../scripts/lib/history-screen.ts';
import { configOf } from '../../scripts/lib/tool.ts';
import type { LifeAnswer, PnlDay } from '../../shared/audit.ts';
import { VirtualClock } from '../../shared/clock.ts';
import type { Instrument } from '../../shared/instrument.ts';
import type { FillDoc } from '../../shared/snapshot.ts';
import { wallMs } from '../../shared/units.ts';
import { fastDir } from '../kit/fast-dir.ts';
import { at, fill, id, instrument, position, request } from '../kit/orders.ts';

let dir = '';
let config = '';
beforeEach(() => {
  dir = fastDir('history');
  config = join(dir, 'config.json');
  const base = JSON.parse(readFileSync(join(import.meta.dirname, '../../config.json'), 'utf8'));
  writeFileSync(config, JSON.stringify({ ...base, runDir: 'run' }));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const DAY_MS = 86_400_000;
const START_MS = 1_700_000_000_000;
const SYMBOLS = Array.from({ length: 12 }, (_, n) => `S${n}USDT`);

/** What a gateway that is gone left: 450 fills of one moment, and a fill of each symbol on each of thirty days. */
function leaveLedger(): void {
  mkdirSync(join(dir, 'run', 'sim-0123456789ab'), { recursive: true });
  const instruments = new Map<string, Instrument>(['BTCUSDT', ...SYMBOLS].map((symbol) => [symbol, instrument({ symbol })]));
  const path = join(dir, 'run', 'sim-0123456789ab', 'ledger.sqlite');
  using store = new LedgerStore({ path, clock: new VirtualClock(START_MS) });
  const ledger = new Ledger({ instruments, archive: store, state: store.load(instruments) });
  for (const symbol of instruments.keys())
    store.write(ledger.adoptBaseline({ report: position({ symbol }), sinceTradeId: null, now: at(1) }));
  store.write(ledger.take(request({ strategy: 'mm-btc' }), at(1)), 'request');
  for (let n = 0; n < 450; n++) store.write(ledger.fill(fill({ tradeId: String(1_000 + n), atMs: wallMs(START_MS) }), at(2)), 'stream');
  for (let day = 0; day < 30; day++)
    for (const symbol of SYMBOLS)
      store.write(
        ledger.fill(fill({ symbol, clientId: '', tradeId: String(day), atMs: wallMs(START_MS + day * DAY_MS) }), at(3)),
        'stream',
      );
}

test('without a gateway the file tells: every fill once however many fall on one moment, every day whole, and the life of an order', async () => {
  leaveLedger();
  await using history = await openHistory(configOf(config), 'test');
  expect(history.file).toMatch(/sim-0123456789ab\/ledger\.sqlite$/);
  const fills = await fillsOf(history, { symbol: 'BTCUSDT', fromMs: 0, toMs: START_MS + DAY_MS, limit: 1_000 });
  expect(fills.map(({ n }) => n)).toEqual(Array.from({ length: 450 }, (_, i) => 450 - i));
  expect(fills[0]).toMatchObject({ symbol: 'BTCUSDT', role: 'quote', strategy: 'mm-btc', price: '60000.0', size: '0.004' });
  const days = await daysOf(history, { symbol: null, days: 29 });
  expect([days.length, new Set(days.map(({ day }) => day)).size, days[0]?.day]).toEqual([29 * 12, 29, '2023-12-13']);
  const lines = lifeLines(await history.life(id(1)));
  expect(lines[0]).toMatch(/^order +47\d{17} {2}BTCUSDT buy 0\.01 at 60000\.0/);
  expect(lines[1]).toContain('quote of mm-btc');
});

test('without a gateway and without a file it is a problem with exit code 3', async () => {
  await expect(openHistory(configOf(config), 'test')).rejects.toMatchObject({
    code: 3,
    lines: [expect.stringContaining('No gateway has run here')],
  });
});
const narrow = (lines: readonly string[]): readonly string[] => {
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  return lines;
};

test('lifeLines() breaks long words of the venue, dates each day, and counts what was folded', () => {
  const life: LifeAnswer = {
    clientId: id(1),
    order: null,
    cut: true,
    entries: [
      { kind: 'request', wallMs: START_MS, what: 'place', detail: 'buy 0.010 at 60000.0, post-only' },
      { kind: 'reply', wallMs: START_MS + 0.25, what: 'place', code: 'rejected', sentence: `-1000 ${'x'.repeat(120)}`, tookMs: 0.25 },
      { kind: 'refusal', wallMs: START_MS + DAY_MS, by: 'guard', what: 'place', code: 'collar', sentence: 'too far', times: 7 },
    ],
  };
  expect(narrow(lifeLines(life))).toEqual([
    `order ${id(1)}: never became one`,
    'the oldest entries are left out',
    '',
    '2023-11-14 (UTC)',
    '22:13:20.000  request     place buy 0.010 at 60000.0, post-only',
    '22:13:20.000  reply       place: rejected after 0.3 ms; -1000',
    `${' '.repeat(26)}${'x'.repeat(54)}`,
    `${' '.repeat(26)}${'x'.repeat(54)}`,
    `${' '.repeat(26)}${'x'.repeat(12)}`,
    '',
    '2023-11-15 (UTC)',
    '22:13:20.000  refusal     guard refuses place: collar (7 times); too far',
  ]);
});

const day = (over: Partial<PnlDay>): PnlDay => ({
  ...{
    day: '2026-11-27',
    symbol: 'BTCUSDT',
    quoteAsset: 'USDT',
    realized: '10.5',
    fees: { USDT: '1.25' },
    funding: '-0.5',
    volume: '123456.789',
  },
  ...{ fills: 3, ...over },
});

test('pnlTable() sums by quote asset, newest day last, and says what its net leaves out', () => {
  const lines = narrow(
    pnlTable([
      day({ day: '2026-11-28', realized: '-1234567.12345678', fees: { USDT: '2', BNB: '0.001' } }),
      day({}),
      day({ symbol: 'BTCUSDC', quoteAsset: 'USDC', fees: { USDC: '-0.25' } }),
    ]),
  );
  expect(lines.map((line) => line.trim().split(/ +/))).toEqual([
    ['DAY', '(UTC)', 'SYMBOL', 'REALIZED', 'FUNDING', 'FEES', 'NET', 'VOLUME', 'FILLS'],
    ['2026-11-27', 'BTCUSDC', '10.5', '-0.5', '-0.25', '10.25', '123456.79', '3'],
    ['2026-11-27', 'BTCUSDT', '10.5', '-0.5', '1.25', '8.75', '123456.79', '3'],
    ['2026-11-28', 'BTCUSDT', '-1234567.12', '-0.5', '2', '-1234569.62', '123456.79', '3'],
    ['sum', 'USDC', '10.5', '-0.5', '-0.25', '10.25', '123456.79', '3'],
    ['sum', 'USDT', '-1234556.62', '-1', '3.25', '-1234560.87', '246913.58', '6'],
    ['not', 'in', 'NET', 'fees', 'of', '0.001', 'BNB'],
  ]);
});

test('fillsTable() fits 80 columns with the longest names and numbers, and shows an unknown fee as unknown', () => {
  const doc: FillDoc = {
    ...{ n: 1, symbol: '1000PEPEUSDT', clientId: id(1), role: 'operator', tradeId: '1', side: 'sell', price: '0.0123456' },
    ...{ size: '1234567', maker: false, fee: null, feeAsset: null, realizedPnl: null, wallMs: START_MS },
  };
  const [, unknown, row] = narrow(fillsTable([{ ...doc, fee: '-0.00000001', feeAsset: 'USDT' }, doc]));
  expect(unknown).toContain('unknown');
  expect(row).toMatch(/^2023-11-14 22:13:20 {2}1000PEP… {2}sell {2}1234567 {2}0.0123456 {2}T +-0.000000… {2}oper/);
  expect(fillsTable([])).toEqual(['no fills']);
});
