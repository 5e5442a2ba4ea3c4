import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../../../gateway/orders/desk.ts';
import { openBinance } from '../../../gateway/venues/binance/io/venue.ts';
import { readFault } from '../../../scripts/sim/faults/fault.ts';
import { STEPPED_START_MS } from '../../../scripts/sim/stepper.ts';
import type { VirtualClock } from '../../../shared/clock.ts';
import { makeClientId } from '../../../shared/client-id.ts';
import type { Config } from '../../../shared/config.ts';
import { hasEnded } from '../../../shared/order.ts';
import { rootLog } from '../../../shared/log.ts';
import { makeMetrics } from '../../../shared/metrics.ts';
import { Random } from '../../../shared/random.ts';
import { inMemory } from '../../kit/in-memory.ts';
import { CONFIG } from '../../kit/order-side.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../../kit/sim-client.ts';
import { VirtualGateway } from '../../kit/virtual-gateway.ts';

const SYMBOL = 'BTCUSDT';
/** More at once than the pace lets out: the burst of 24 leaves one by one, and what waits leaves five by five. */
const ORDERS = 60;
const SETTINGS = {
  ...CONFIG,
  limits: {
    ...CONFIG.limits,
    default: { ...CONFIG.limits.default, maxOpenOrders: 100 },
    rate: { ...CONFIG.limits.rate, maxCommandsPerSecond: 1_000 },
  },
} as Config;

let sim: SimClient;
let gateway: VirtualGateway;
let brain: Client;
let clock: VirtualClock;
/** Requests that left, without their queries. */
let sent: string[] = [];
const dir = mkdtempSync(join(tmpdir(), 'mmbot-batch-'));
let files = 0;

beforeEach(async () => {
  sim = await openTestSim({ steppedFromMs: STEPPED_START_MS });
  clock = sim.simulator.inside.clock as VirtualClock;
  sent = [];
  const { http, socket } = inMemory(sim.simulator);
  const watched: typeof http = (options) => {
    const made = http(options);
    return {
      ...made,
      send: (request) => {
        sent.push(`${request.method} ${request.path.split('?')[0]}`);
        return made.send(request);
      },
    };
  };
  const lines = { http: watched, socket };
  const log = rootLog({ process: 'gateway', level: 'fatal', stream: new PassThrough().resume() });
  const opening = openBinance({
    ...{ config: SETTINGS, credentials: { apiKey: KEY, secret: SECRET }, clock, random: new Random(1), log },
    ...{ metrics: makeMetrics('gateway'), lines, endpoints: { rest: 'http://exchange', stream: 'ws://exchange' } },
  });
  const venue = await during(opening);
  if (!venue.ok) throw new Error(venue.error.sentence);
  const ledgerFile = join(dir, `${files++}.sqlite`);
  gateway = new VirtualGateway({ config: SETTINGS, clock, venue: venue.value, ledgerFile, onError: () => undefined });
  await during(gateway.start());
  await run(2_000);
  brain = gateway.hello('brain');
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await sim.close();
  if (files === 4) rmSync(dir, { recursive: true, force: true });
});

async function run(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 25) {
    clock.advance(25);
    if (brain && passed % 500 === 0) gateway.send(brain, { id: 1, type: 'heartbeat', processed: basedOn() });
    await nextTurn();
  }
}

async function during<T>(work: Promise<T>): Promise<T> {
  let done = false;
  void work.finally(() => {
    done = true;
  });
  while (!done) {
    clock.advance(25);
    await nextTurn();
  }
  return work;
}

const basedOn = () => ({ epoch: gateway.core.identity.epoch, seq: gateway.core.seqs.seq });
const idOf = (n: number): string => makeClientId({ role: 'quote', epoch: brain.epoch, counter: n });
const fault = (what: object): void => {
  const read = readFault(what);
  if (!read.ok) throw new Error(read.error);
  sim.simulator.inside.outbox.step(() => sim.simulator.inside.network.faults.start(read.value));
};
const best = (): number => gateway.core.venue.market.book(SYMBOL).book.bestBid ?? 0;
const priceOf = (n: number): string => ((best() - 500 - n) / 10).toFixed(2);
const place = (n: number) =>
  gateway.send(brain, {
    ...{ id: n, type: 'place', clientId: idOf(n), symbol: SYMBOL, side: 'buy', kind: 'limit', timeInForce: 'post-only' },
    ...{ price: priceOf(n), size: '0.005', reduceOnly: false, basedOn: basedOn(), ttlMs: 5_000 },
  });
const theirs = () => sim.simulator.exchange.trader(KEY).orders;
const ours = (n: number) => gateway.core.keeper.ledger.order(idOf(n))?.order;

/** Each order is open here exactly when it is open there, once, with the same price. */
function agree(): void {
  const open = theirs().open(SYMBOL);
  expect(new Set(open.map(({ clientId }) => clientId)).size).toBe(open.length);
  const here = gateway.core.keeper.ledger.openOrders(SYMBOL).map(({ clientId, order }) => [clientId, order.status, order.price]);
  expect(here.sort()).toEqual(open.map(({ clientId, price }) => [clientId, 'open', price]).sort());
}

test.each([
  ['executed', true],
  ['never executed', false],
])('places of one request without an answer, %s: each is found out, none is sent twice', async (_name, execute) => {
  fault({ kind: 'hang', method: 'POST', path: '/fapi/v1/batchOrders', execute, count: 1 });
  for (let n = 0; n < ORDERS; n++) expect(place(n)).toMatchObject({ type: 'taken' });
  await run(9_000);
  expect(sent.filter((request) => request === 'POST /fapi/v1/batchOrders').length).toBeGreaterThan(1);
  agree();
  expect(theirs().all(SYMBOL)).toHaveLength(execute ? ORDERS : ORDERS - 5);
  expect(Array.from({ length: ORDERS }, (_, n) => ours(n)).filter((order) => order && !hasEnded(order.status))).toHaveLength(
    execute ? ORDERS : ORDERS - 5,
  );
  expect(gateway.core.keeper.ledger.positions.row(SYMBOL).size).toBe(0);
});

test.each([
  ['executed', true],
  ['never executed', false],
])('amends of one request without an answer, %s: each is read, and both sides agree', async (_name, execute) => {
  for (let n = 0; n < 20; n++) place(n);
  await run(3_000);
  fault({ kind: 'hang', method: 'PUT', path: '/fapi/v1/batchOrders', execute, count: 1 });
  for (let turn = 0; turn < 3; turn++)
    for (let n = 0; n < 20; n++) {
      const terms = { price: ((best() - 800 - n) / 10).toFixed(2), size: '0.005', basedOn: basedOn(), ttlMs: 5_000 };
      gateway.send(brain, { id: n, type: 'amend', clientId: idOf(n), ...terms });
    }
  await run(9_000);
  expect(sent.filter((request) => request === 'PUT /fapi/v1/batchOrders').length).toBeGreaterThan(0);
  agree();
  expect(theirs().open(SYMBOL)).toHaveLength(20);
});
