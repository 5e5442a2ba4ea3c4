import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../../shared/random.ts';
import { CHAOS_KINDS, type ChaosKind, drawFault, drawPause } from '../../../scripts/sim/faults/chaos.ts';
import { FAULT_KINDS } from '../../../scripts/sim/faults/fault.ts';
import { readScenario } from '../../../scripts/sim/faults/scenario.ts';
import { KEY } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scenario-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fileOf = async (text: string): Promise<string> => {
  const file = join(folder, 'scenario.json');
  await writeFile(file, text);
  return file;
};
const STEPS = [
  { atMs: 1_500, fault: { kind: 'drop', stream: 'btcusdt@markPrice@1s' } },
  { atMs: 4_500, fault: { kind: 'drop-depth', symbol: 'NOPEUSDT', count: 1 } },
  { atMs: 5_500, fault: { kind: 'close', route: 'market' } },
];

test.each([
  ['a JSON list', JSON.stringify(STEPS)],
  ['one value a line', `${STEPS.map((step) => JSON.stringify(step)).join('\n\n')}\n`],
])('a scenario of %s happens at its simulated times, seen on the wire', async (_name, text) => {
  const lines: string[] = [];
  const sim = await SteppedSim.open({
    historyDays: 0,
    scenario: await readScenario(await fileOf(text)),
    onFault: (line) => lines.push(line),
  });
  const socket = await sim.client.open('/market/ws/btcusdt@markPrice@1s');
  await sim.client.admin('/sim/advance', { ms: 7_000 });
  await socket.closed;
  const seconds = socket.messages().map(({ E }) => (Number(E) / 1_000) % 60);
  expect(seconds).toEqual([1, 3, 4, 5]);
  expect(lines.map((line) => line.replace(/ at \d+/, ''))).toEqual([
    'fault 1 drop, fired 1',
    'fault drop-depth cannot be: symbol: "NOPEUSDT" is not open here',
    'fault 2 close, fired 1',
  ]);
  await sim.close();
});

test.each([
  ['{"atMs":1,"fault":{"kind":"drop"}}\n{', /^--scenario \S+: line 2: is not JSON/],
  ['7', /^--scenario \S+: step 1: step: /],
  ['{"atMs":-1,"fault":{"kind":"drop"}}', /^--scenario \S+: step 1: atMs: /],
  ['[{"atMs":1,"fault":{"kind":"drop"}},{"atMs":2,"fault":{"kind":"flood"}}]', /^--scenario \S+: step 2: fault: kind: allowed are .*drop/],
  ['{"atMs":1,"fault":{"kind":"delay"}}', /^--scenario \S+: step 1: fault: byMs: /],
])('a scenario of %j is refused in one line', async (text, want) => {
  const problem = await readScenario(await fileOf(text)).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(Error);
  expect(String((problem as Error).message)).toMatch(want);
  expect(String((problem as Error).message)).not.toContain('\n');
});

test('GET /sim/faults/kinds tells of every kind what it may be given', async () => {
  const sim = await SteppedSim.open({ historyDays: 0 });
  const { body } = await sim.client.admin('/sim/faults/kinds');
  expect(Object.keys(body)).toEqual(FAULT_KINDS);
  expect(body['crossed-book']).toMatchObject({ required: ['kind', 'symbol', 'ms'], properties: { ms: { exclusiveMinimum: 0 } } });
  await sim.close();
});

const EXCHANGE_STEPS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['fill-before', { command: 'cancel', symbol: 'BTCUSDT', part: 0.5 }],
  ['manual-order', { apiKey: KEY, symbol: 'BTCUSDT', side: 'BUY', quantity: '0.400' }],
  ['transfer', { apiKey: KEY, asset: 'USDT', amount: '-10' }],
  ['adl', { apiKey: KEY, symbol: 'BTCUSDT', quantity: '0.100' }],
  ['filters', { symbol: 'BTCUSDT', minNotional: '500' }],
  ['liquidation', { apiKey: KEY, asset: 'USDT' }],
  ['trading-status', { symbol: 'BTCUSDT', status: 'SETTLING' }],
];

test('a scenario makes what befalls orders, money and listings happen, seen on the wire', async () => {
  const steps = EXCHANGE_STEPS.map(([kind, fields], n) => JSON.stringify({ atMs: 1_000 * (n + 1) + 500, fault: { kind, ...fields } }));
  const sim = await SteppedSim.open({ historyDays: 0, scenario: await readScenario(await fileOf(steps.join('\n'))) });
  const [user, market] = [await sim.user(), await sim.socket('/market/ws/!contractInfo')];
  await sim.client.place({ newClientOrderId: 'a' });
  await sim.advance(2_000);
  const canceled = await sim.client.signed('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'a' });
  expect(canceled.body).toMatchObject({ status: 'CANCELED', executedQty: '0.005' });
  await sim.client.place({ newClientOrderId: 'b', quantity: '0.020' });
  await sim.advance(10_000);
  const reasons = user.messages().flatMap(({ a }) => (a === undefined ? [] : [(a as Record<string, unknown>)['m']]));
  const orders = user.messages().flatMap(({ o }) => (o === undefined ? [] : [o as Record<string, unknown>]));
  expect(reasons).toEqual(expect.arrayContaining(['ORDER', 'WITHDRAW', 'INSURANCE_CLEAR']));
  const names = orders.map(({ c }) => String(c).replace(/\d+$/, ''));
  expect(names).toEqual(expect.arrayContaining(['web_sim', 'adl_autoclose', 'autoclose-']));
  expect(market.messages().map(({ cs }) => cs)).toEqual(['TRADING', 'SETTLING']);
  const rows = (await sim.client.admin('/sim/faults')).rows.map(({ fault, fired }) => [(fault as { kind: string }).kind, fired]);
  expect(rows).toEqual(EXCHANGE_STEPS.map(([kind]) => [kind, 1]));
  await sim.close();
});

test('chaos draws every one of its kinds, each a fault that there is, with the mean it was asked for', () => {
  const [settings, random] = [{ meanMs: 2_000, kinds: CHAOS_KINDS }, new Random(1)];
  const kinds = Array.from({ length: 2_000 }, () => drawFault(settings, { random, symbols: ['BTCUSDT', 'ETHUSDT'] }).kind);
  expect(new Set(kinds)).toEqual(new Set(CHAOS_KINDS));
  expect(CHAOS_KINDS.filter((kind) => !FAULT_KINDS.includes(kind))).toEqual([]);
  const pauses = Array.from({ length: 5_000 }, () => drawPause(settings, random));
  expect(pauses.reduce((sum, ms) => sum + ms, 0) / 5_000 / 2_000).toBeCloseTo(1, 1);
});

/** What a run of ten minutes under chaos asked for, and what a plain client saw. */
async function run(
  seed: number,
  kinds: readonly ChaosKind[],
): Promise<{ readonly faults: readonly string[]; readonly texts: readonly string[] }> {
  const sim = await SteppedSim.open({ seed, historyDays: 0, chaos: { meanMs: 5_000, kinds } });
  const socket = await sim.socket('/market/ws/btcusdt@markPrice@1s');
  await sim.advance(600_000);
  const faults = (await sim.client.admin('/sim/faults')).rows.map((row) => JSON.stringify(row));
  await sim.close();
  return { faults, texts: socket.texts };
}

test('chaos is the same for the same seed, on the wire too, and another for another', async () => {
  const kinds = ['drop', 'duplicate', 'reorder', 'delay', 'gap'] as const;
  const [first, again, other] = [await run(1, kinds), await run(1, kinds), await run(2, kinds)];
  expect(first.faults.length).toBeGreaterThan(80);
  expect(first.faults.length).toBeLessThan(170);
  expect(again).toEqual(first);
  expect(other.faults).not.toEqual(first.faults);
  expect(new Set(first.texts).size).toBeLessThan(600);
  expect(new Set(first.texts).size).toBeLessThan(first.texts.length);
}, 30_000);
