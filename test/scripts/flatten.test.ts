import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openRunDir } from '../../gateway/io/run-dir.ts';
import { Flatten } from '../../scripts/lib/flatten/flatten.ts';
import { accountDirOf, lookForGateway } from '../../scripts/lib/gateway-life.ts';
import { openVenueRest } from '../../scripts/lib/venue-rest.ts';
import { makeClientId } from '../../shared/client-id.ts';
import { accountHash } from '../../shared/config.ts';
import { loadConfig } from '../../shared/config-file.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../kit/sim-client.ts';
import { runTool } from '../kit/tool.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'mmbot-flatten-'));
const file = join(dir, 'config.json');
const own = (counter: number) => makeClientId({ role: 'quote', epoch: 1, counter });
let sim: SimClient;

beforeAll(async () => {
  sim = await openTestSim({ symbols: ['BTCUSDT', 'ETHUSDT'], historyDays: 0 });
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const credentials = { sim: { apiKey: KEY, secret: SECRET } };
  writeFileSync(file, JSON.stringify({ ...base, runDir: join(dir, 'run'), sim: { port: sim.simulator.port }, credentials }), {
    mode: 0o600,
  });
});
afterAll(async () => {
  await sim.close();
  rmSync(dir, { recursive: true });
});
beforeEach(async () => {
  await sim.admin('/sim/fault', { kind: 'clear' });
});

const hand = (symbol: string, side: 'BUY' | 'SELL', quantity: string) =>
  sim.admin('/sim/fault', { kind: 'manual-order', apiKey: KEY, symbol, side, quantity });
const stop = (clientAlgoId: string) =>
  sim.signed('POST', '/fapi/v1/algoOrder', {
    ...{ algoType: 'CONDITIONAL', symbol: 'BTCUSDT', side: 'SELL', type: 'STOP_MARKET', quantity: '0.050', triggerPrice: '50000' },
    ...{ reduceOnly: 'true', clientAlgoId, workingType: 'MARK_PRICE' },
  });
const truth = async () => {
  const { positions, openOrders } = (await sim.admin(`/sim/account?apiKey=${KEY}`)).body as {
    positions: { symbol: string; positionAmt: string }[];
    openOrders: { clientOrderId: string }[];
  };
  const algos = (await sim.signed('GET', '/fapi/v1/openAlgoOrders')).rows.map(({ clientAlgoId }) => clientAlgoId);
  const held = positions.filter(({ positionAmt }) => Number(positionAmt) !== 0).map(({ symbol }) => symbol);
  return { held, orders: openOrders.map(({ clientOrderId }) => clientOrderId), algos };
};

/** Own and foreign orders of both kinds, and positions on a configured symbol and on another one. */
async function trade(): Promise<void> {
  const placed = [
    await sim.place({ newClientOrderId: own(1) }),
    await sim.place({ newClientOrderId: own(2), price: '62100' }),
    await sim.place({ newClientOrderId: 'web_1', price: '61000' }),
    await hand('BTCUSDT', 'BUY', '0.050'),
    await hand('ETHUSDT', 'SELL', '0.100'),
    await stop(makeClientId({ role: 'stop', epoch: 1, counter: 1 })),
    await stop('person'),
  ];
  expect(placed.map(({ status }) => status)).toEqual(Array.from({ length: 7 }, () => 200));
}

test('scripts/flatten shows, asks, and then leaves nothing of ours; a gateway that comes back stays stopped', async () => {
  await trade();
  const dry = await runTool('flatten', ['--config', file, '--dry-run', '--json']);
  expect([dry.code, dry.stderr]).toEqual([0, '']);
  expect(JSON.parse(dry.stdout)).toMatchObject({ ok: false, dryRun: true, symbols: [{ symbol: 'BTCUSDT', before: '0.050', closes: 0 }] });
  const unasked = await runTool('flatten', ['--config', file]);
  expect(unasked).toMatchObject({ code: 4, stdout: '', lines: [expect.stringContaining('add --yes')] });
  expect((await truth()).held).toEqual(['BTCUSDT', 'ETHUSDT']);
  const folder = join(dir, 'run', `sim-${accountHash(KEY)}`);
  mkdirSync(folder, { recursive: true });
  const { code, stdout, stderr } = await runTool('flatten', ['--config', file, '--yes']);
  expect(stdout).toMatch(/\nBTCUSDT +3 +0\.05 +1 +none\n[\s\S]*flat, no order left: the exchange has confirmed it\n$/);
  expect([code, existsSync(join(folder, 'PANIC'))]).toEqual([0, true]);
  expect(stderr).toContain('stays stopped until scripts/mm resume');
  expect(stdout + stderr).not.toContain(SECRET);
  expect(await truth()).toEqual({ held: ['ETHUSDT'], orders: ['web_1'], algos: ['person'] });
});

test('--everything and --all-symbols leave nothing at all', async () => {
  const said = await runTool('flatten', ['--config', file, '--yes', '--everything', '--all-symbols', '--json']);
  expect(said.code).toBe(0);
  expect(JSON.parse(said.stdout)).toMatchObject({ ok: true, verified: true, left: [] });
  expect(await truth()).toEqual({ held: [], orders: [], algos: [] });
});

test('it refuses while a process holds the account and answers, and goes on where one is frozen', async () => {
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.error.join());
  const folder = accountDirOf(loaded.value, KEY);
  expect(await lookForGateway(loaded.value, folder)).toEqual({ state: 'none' });
  const held = await openRunDir({
    runDir: join(dir, 'run'),
    environment: 'sim',
    accountHash: accountHash(KEY),
    socketPath: null,
    runtimeDir: undefined,
    account: null,
  });
  if (!held.ok) throw new Error(held.error.sentence);
  expect(await lookForGateway(loaded.value, folder)).toEqual({ state: 'silent' });
  await held.value[Symbol.asyncDispose]();
  expect(await lookForGateway(loaded.value, folder)).toEqual({ state: 'none' });
});

test.each([
  [
    'errors, resets and answers that are late',
    [
      { kind: 'error', method: 'DELETE', path: '/fapi/v1/*rder*', error: 'unknown-error', execute: true, count: 1 },
      { kind: 'reset', method: 'POST', path: '/fapi/v1/order', execute: true, count: 1 },
      { kind: 'garbage', method: 'GET', path: '/fapi/v3/*', count: 2 },
      { kind: 'slow', method: 'GET', path: '/fapi/v1/openOrders', byMs: 300, count: 2 },
    ],
  ],
  [
    'calls that hang',
    [
      { kind: 'hang', method: 'DELETE', path: '/fapi/v1/*rder*', execute: false, count: 1 },
      { kind: 'hang', method: 'POST', path: '/fapi/v1/order', execute: false, count: 1 },
      { kind: 'hang', method: 'GET', path: '/fapi/v3/positionRisk', count: 1 },
    ],
  ],
])('Flatten gets there in spite of %s', async (_name, faults) => {
  await trade();
  for (const fault of faults) expect((await sim.admin('/sim/fault', fault)).status).toBe(200);
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.error.join());
  await using venue = await openVenueRest(loaded.value, {});
  const flatten = new Flatten({
    ...{ account: await venue.account(), clock: venue.clock, symbols: 'all', everything: true, positions: true },
    ...{ recvWindowMs: 500, limitMs: 15_000, mayGoOn: () => true, say: () => undefined },
  });
  expect(await flatten.run()).toMatchObject({ flat: true, left: [] });
  expect(await truth()).toEqual({ held: [], orders: [], algos: [] });
});

test('Flatten closes both sides of an account in hedge mode', async () => {
  expect((await sim.signed('POST', '/fapi/v1/positionSide/dual', { dualSidePosition: 'true' })).status).toBe(200);
  for (const [side, positionSide] of [
    ['BUY', 'LONG'],
    ['SELL', 'SHORT'],
  ] as const)
    expect((await sim.place({ type: 'MARKET', side, positionSide, quantity: '0.020' })).status).toBe(200);
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.error.join());
  await using venue = await openVenueRest(loaded.value, {});
  const done = await new Flatten({
    ...{ account: await venue.account(), clock: venue.clock, symbols: ['BTCUSDT'], everything: false, positions: true },
    ...{ recvWindowMs: 200, limitMs: 15_000, mayGoOn: () => true, say: () => undefined },
  }).run();
  expect(done.symbols.map(({ symbol, now }) => [symbol, now])).toEqual([
    ['BTCUSDT long', 'none'],
    ['BTCUSDT short', 'none'],
  ]);
  expect(done.flat).toBe(true);
});
