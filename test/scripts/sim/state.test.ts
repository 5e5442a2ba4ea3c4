import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SimulatorOptions } from '../../../scripts/sim/simulator.ts';
import { STEPPED_START_MS } from '../../../scripts/sim/stepper.ts';
import { type Fields, type Message, openTestSim, SimClient } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

let folder: string;
let state: string;
let open: { close: () => Promise<void> }[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sim-state-'));
  state = join(folder, 'deep', 'state.sqlite');
  open = [];
});
afterEach(async () => {
  for (const sim of open) await sim.close();
  rmSync(folder, { recursive: true });
});

async function life(over: Partial<SimulatorOptions> = {}): Promise<SteppedSim> {
  const sim = await SteppedSim.open({ state, limitsEnforced: false, ...over });
  open.push(sim);
  return sim;
}

const symbol = 'BTCUSDT';
const signed = (sim: SteppedSim, path: string, fields: Fields = {}) => sim.client.signed('GET', path, fields);
const touch = async (sim: SteppedSim): Promise<{ bid: string; ask: string; lastUpdateId: number }> => {
  const { bids, asks, lastUpdateId } = (await sim.client.get(`/fapi/v1/depth?symbol=${symbol}&limit=5`)).body;
  const best = (side: unknown): string => (side as [string, string][])[0]?.[0] ?? '';
  return { bid: best(bids), ask: best(asks), lastUpdateId: Number(lastUpdateId) };
};
/** What must be the same after a restart, as its owner reads it. */
async function seen(sim: SteppedSim): Promise<readonly unknown[]> {
  const account = (await signed(sim, '/fapi/v3/account')).body;
  return [
    account['totalWalletBalance'],
    (await signed(sim, '/fapi/v3/positionRisk')).rows.map(({ positionAmt, entryPrice, breakEvenPrice }) => [
      positionAmt,
      entryPrice,
      breakEvenPrice,
    ]),
    (await signed(sim, '/fapi/v1/openOrders')).text,
    (await signed(sim, '/fapi/v1/allOrders', { symbol })).text,
    (await signed(sim, '/fapi/v1/userTrades', { symbol })).text,
    (await signed(sim, '/fapi/v1/income')).text,
    (await signed(sim, '/fapi/v1/symbolConfig', { symbol })).text,
    (await signed(sim, '/fapi/v1/openAlgoOrders')).text,
    (await sim.client.get('/fapi/v1/exchangeInfo')).body['symbols'],
  ];
}

/** Trades, resting orders of every kind, settings: something of everything that is to be kept. */
async function trade(sim: SteppedSim): Promise<void> {
  await sim.client.signed('POST', '/fapi/v1/leverage', { symbol, leverage: 33 });
  await sim.client.place({ type: 'MARKET', quantity: '0.050' });
  await sim.advance(700);
  await sim.client.place({ type: 'MARKET', quantity: '0.020', side: 'SELL' });
  await sim.client.place({ newClientOrderId: '7n' });
  await sim.client.place({ newClientOrderId: 'gone' });
  await sim.client.signed('DELETE', '/fapi/v1/order', { symbol, origClientOrderId: 'gone' });
  await sim.client.place({ side: 'SELL', price: '66000', reduceOnly: 'true', newClientOrderId: 'reducing' });
  const { bid, ask } = await touch(sim);
  await sim.client.place({ price: bid, quantity: '0.100', newClientOrderId: 'bid', timeInForce: 'GTX' });
  await sim.client.place({ price: ask, quantity: '0.100', side: 'SELL', newClientOrderId: 'ask', timeInForce: 'GTX' });
  await sim.client.admin('/sim/fault', { kind: 'fill-before', symbol, command: 'amend', part: 0.3 });
  await sim.client.signed('PUT', '/fapi/v1/order', { symbol, side: 'BUY', origClientOrderId: 'bid', price: bid, quantity: '0.080' });
  await sim.client.signed('POST', '/fapi/v1/algoOrder', {
    ...{ algoType: 'CONDITIONAL', symbol, side: 'SELL', type: 'STOP_MARKET', triggerPrice: '60000', quantity: '0.010', reduceOnly: 'true' },
  });
}

test('a crash loses nothing that was told: money, positions, orders, trades, income, settings, conditional orders', async () => {
  const first = await life();
  await trade(first);
  const before = await seen(first);
  expect(before[2]).toContain('"executedQty":"0.030"');
  expect(String(before[7])).toContain('STOP_MARKET');
  const second = await life({ steppedFromMs: STEPPED_START_MS + 5_000 });
  expect(await seen(second)).toEqual(before);
  const third = await life();
  expect(await seen(third)).toEqual(before);
});

test('after a restart no id and no time goes back, and the market goes on from where it was', async () => {
  const first = await life();
  await trade(first);
  await first.advance(60_000);
  const [market, nowMs] = [await touch(first), await first.client.now()];
  const order = await first.client.place({ newClientOrderId: 'last' });
  const trades = (await signed(first, '/fapi/v1/userTrades', { symbol })).rows;
  const second = await life();
  expect(await second.client.now()).toBeGreaterThanOrEqual(nowMs);
  const again = await touch(second);
  expect(again.lastUpdateId).toBeGreaterThan(market.lastUpdateId);
  expect(Math.abs(Number(again.bid) - Number(market.bid))).toBeLessThan(5);
  const id = (text: string): bigint => BigInt(/"orderId":(\d+)/.exec(text)?.[1] ?? '0');
  expect(id((await second.client.place({ newClientOrderId: 'next' })).text) > id(order.text)).toBe(true);
  await second.client.place({ type: 'MARKET', quantity: '0.010' });
  const newest = (await signed(second, '/fapi/v1/userTrades', { symbol })).rows.at(-1);
  expect(Number(newest?.['id'])).toBeGreaterThan(Number(trades.at(-1)?.['id']));
  const keys = await Promise.all([first, second].map((sim) => sim.client.raw('POST', '/fapi/v1/listenKey', { apiKey: 'test-key' })));
  expect(keys[0]?.body['listenKey']).not.toBe(keys[1]?.body['listenKey']);
});

test('re-entered orders stand in the book, fill and are canceled as before', async () => {
  const first = await life();
  await trade(first);
  const second = await life();
  const { bid } = await touch(second);
  const [resting] = (await signed(second, '/fapi/v1/openOrders')).rows.filter((row) => row['clientOrderId'] === 'bid');
  expect(Number(bid)).toBeGreaterThanOrEqual(Number(resting?.['price']));
  const user = await second.user();
  await second.client.admin('/sim/fault', { kind: 'fill-before', symbol, command: 'cancel', part: 0.5 });
  const ended = await second.client.signed('DELETE', '/fapi/v1/order', { symbol, origClientOrderId: 'bid' });
  expect(ended.body).toMatchObject({ status: 'CANCELED', executedQty: '0.055' });
  await second.settle();
  expect(
    user
      .messages()
      .map((message) => ((message['o'] ?? {}) as Message)['x'])
      .filter(Boolean),
  ).toEqual(['TRADE', 'CANCELED']);
  await second.client.signed('DELETE', '/fapi/v1/allOpenOrders', { symbol });
  expect((await signed(second, '/fapi/v1/openOrders')).rows).toEqual([]);
});

test.each([
  ['still to come fires at its own time', 5_000],
  ['that fell due meanwhile fires at the start', 20_000],
])('a countdown timer %s', async (_name, downMs) => {
  const first = await life();
  await first.client.place({ newClientOrderId: 'a' });
  await first.client.signed('POST', '/fapi/v1/countdownCancelAll', { symbol, countdownTime: 10_000 });
  const second = await life({ steppedFromMs: STEPPED_START_MS + downMs });
  const status = async (): Promise<unknown> => (await signed(second, '/fapi/v1/order', { symbol, origClientOrderId: 'a' })).body['status'];
  expect(await status()).toBe(downMs < 10_000 ? 'NEW' : 'CANCELED');
  await second.advance(4_990);
  expect(await status()).toBe(downMs < 10_000 ? 'NEW' : 'CANCELED');
  await second.advance(10);
  expect(await status()).toBe('CANCELED');
});

test('funding hours that passed while it was down are charged at the start, once', async () => {
  const hourMs = 3_600_000;
  const fees = async (sim: SteppedSim): Promise<readonly Message[]> =>
    (await signed(sim, '/fapi/v1/income', { incomeType: 'FUNDING_FEE', startTime: STEPPED_START_MS })).rows;
  const wallet = async (sim: SteppedSim): Promise<number> => Number((await signed(sim, '/fapi/v3/account')).body['totalWalletBalance']);
  const first = await life();
  await first.client.place({ type: 'MARKET', quantity: '0.050' });
  const before = await wallet(first);
  const second = await life({ steppedFromMs: STEPPED_START_MS + 16 * hourMs });
  const charged = await fees(second);
  expect(charged.map(({ time, symbol: of }) => [(Number(time) - STEPPED_START_MS) / hourMs, of])).toEqual([
    [8, symbol],
    [16, symbol],
  ]);
  const sum = charged.reduce((total, { income }) => total + Number(income), 0);
  expect(sum).toBeLessThan(0); // the interest, paid by the long side
  expect(await wallet(second)).toBeCloseTo(before + sum, 8);
  const third = await life({ steppedFromMs: STEPPED_START_MS + 23 * hourMs });
  expect(await fees(third)).toEqual(charged);
});

test('changed filters and a halt outlive a restart', async () => {
  const first = await life();
  await first.client.admin('/sim/fault', { kind: 'filters', symbol, tickSize: '1.00', minNotional: '700' });
  await first.client.admin('/sim/fault', { kind: 'trading-status', symbol, status: 'SETTLING' });
  const before = (await first.client.get('/fapi/v1/exchangeInfo')).body['symbols'];
  const second = await life();
  expect((await second.client.get('/fapi/v1/exchangeInfo')).body['symbols']).toEqual(before);
  expect((await second.client.place()).body['code']).toBeLessThan(0);
});

test.each([
  ['another seed', { seed: 2 }, 'it is of seed 1, this run has 2'],
  ['other symbols', { symbols: ['ETHUSDT'] }, 'symbols BTCUSDT, this run has ETHUSDT'],
  ['another account', { accounts: [{ apiKey: 'other', secret: 'x', balances: {} }] }, 'accounts test-key, this run has other'],
  ['a recording', { replay: '/nowhere.raw.gz' }, 'recording'],
])('a state file is refused for %s, in one line', async (_name, over, line) => {
  await (await openTestSim({ state })).close();
  const refused = openTestSim({ state, ...over });
  await expect(refused).rejects.toThrow(line);
});

test('a file that is none of ours is refused in one line and left alone', async () => {
  const path = join(folder, 'poem.txt');
  writeFileSync(path, 'roses are red, violets are blue, and this is longer than a header of a hundred bytes, so that it is looked at\n');
  await expect(openTestSim({ state: path })).rejects.toThrow(/^--state .*poem\.txt: cannot be used/);
});

const ENTRY = join(import.meta.dirname, '..', '..', '..', 'scripts', 'sim.ts');

async function start(port: number): Promise<{ readonly child: ChildProcess; readonly port: number; readonly clock: string }> {
  const args = [
    '--port',
    String(port),
    '--history-days',
    '0',
    '--speed',
    '50',
    '--state',
    state,
    '--no-limits',
    '--symbols',
    symbol,
    '--account',
    'test-key:test-secret:10000',
  ];
  const child = fork(ENTRY, args, { execPath: process.execPath, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const [ready] = (await once(child, 'message')) as [{ port: number; clock: string }];
  return { child, port: ready.port, clock: ready.clock };
}

test('kill -9 at any instant: every order that was answered is there, none twice, on the same clock', { timeout: 30_000 }, async () => {
  let [port, nowMs] = [0, 0];
  const clocks = new Set<string>();
  const answered: string[] = [];
  for (let n = 0; n < 3; n++) {
    const sim = await start(port);
    port = sim.port;
    clocks.add(sim.clock);
    const client = new SimClient({ port } as unknown as SimClient['simulator']);
    expect(await client.now()).toBeGreaterThanOrEqual(nowMs);
    const found = (await client.signed('GET', '/fapi/v1/openOrders')).rows.map((row) => String(row['clientOrderId']));
    expect(answered.filter((id) => !found.includes(id))).toEqual([]);
    expect(new Set(found).size).toBe(found.length);
    let kill: NodeJS.Timeout | undefined;
    for (let i = 0; sim.child.exitCode === null && sim.child.signalCode === null && i < 60; i++) {
      const clientId = `k${n}-${i}`;
      const placed = await client.place({ newClientOrderId: clientId, quantity: '0.001', price: '61000' }).catch(() => null);
      if (placed?.status === 200) [nowMs] = [Number(placed.body['updateTime']), answered.push(clientId)];
      if (i === 2) kill = setTimeout(() => sim.child.kill('SIGKILL'), 30 * n); // however busy the machine is, something was answered
    }
    if (sim.child.signalCode === null) await once(sim.child, 'exit');
    clearTimeout(kill);
  }
  expect(answered.length).toBeGreaterThan(5);
  expect(clocks.size).toBe(1);
});
