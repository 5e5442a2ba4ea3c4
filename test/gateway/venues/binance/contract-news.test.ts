/** News of a contract on the market stream against the simulator's listing faults: adapter and order side on virtual time, over lines in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../../../../gateway/orders/desk.ts';
import { openBinance } from '../../../../gateway/venues/binance/io/venue.ts';
import { STEPPED_START_MS } from '../../../../scripts/sim/stepper.ts';
import type { VirtualClock } from '../../../../shared/clock.ts';
import { makeClientId } from '../../../../shared/client-id.ts';
import { formatPrice } from '../../../../shared/instrument.ts';
import { rootLog } from '../../../../shared/log.ts';
import { makeMetrics } from '../../../../shared/metrics.ts';
import { Random } from '../../../../shared/random.ts';
import { ticks } from '../../../../shared/units.ts';
import { inMemory } from '../../../kit/in-memory.ts';
import { CONFIG } from '../../../kit/order-side.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../../../kit/sim-client.ts';
import { VirtualGateway } from '../../../kit/virtual-gateway.ts';

const SYMBOL = 'BTCUSDT';
const SLICE_MS = 25;
const BELOW = 200;

let dir: string;
let sim: SimClient;
let gateway: VirtualGateway;
let brain: Client;
let alarms: string[];
let calls: string[];
let counter = 0;

beforeEach(async () => {
  [alarms, calls] = [[], []];
  dir = mkdtempSync(join(tmpdir(), 'mmbot-news-'));
  sim = await openTestSim({ steppedFromMs: STEPPED_START_MS });
  await start();
});

async function start(): Promise<void> {
  const clock = sim.simulator.inside.clock as VirtualClock;
  const lines = inMemory(sim.simulator);
  const http: typeof lines.http = (options) => {
    const made = lines.http(options);
    const send: typeof made.send = (request) => {
      calls.push(request.path);
      return made.send(request);
    };
    return { ...made, send };
  };
  const opening = openBinance({
    ...{ config: CONFIG, credentials: { apiKey: KEY, secret: SECRET }, clock, random: new Random(1), metrics: makeMetrics('gateway') },
    log: rootLog({ process: 'gateway', level: 'fatal', stream: { write: () => undefined } }),
    ...{ lines: { http, socket: lines.socket }, endpoints: { rest: 'http://exchange', stream: 'ws://exchange' } },
  });
  const venue = await whileTimePasses(opening);
  if (!venue.ok) throw new Error(venue.error.sentence);
  gateway = new VirtualGateway({
    ...{ config: CONFIG, clock, venue: venue.value, ledgerFile: join(dir, 'ledger.sqlite') },
    onError: (message) => alarms.push(message),
  });
  await whileTimePasses(gateway.start());
  await run(3_000);
  brain = gateway.hello('brain');
}
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await sim.close();
  rmSync(dir, { recursive: true, force: true });
});

async function run(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += SLICE_MS) {
    (sim.simulator.inside.clock as VirtualClock).advance(SLICE_MS);
    await nextTurn();
    beat();
  }
}
async function whileTimePasses<T>(promise: Promise<T>): Promise<T> {
  let done = false;
  void promise.finally(() => {
    done = true;
  });
  while (!done) {
    (sim.simulator.inside.clock as VirtualClock).advance(SLICE_MS);
    await nextTurn();
  }
  return promise;
}
const seen = () => ({ epoch: gateway.core.identity.epoch, seq: gateway.core.seqs.seq });
function beat(): void {
  if (brain?.role === 'brain') gateway.send(brain, { id: 1, type: 'heartbeat', processed: seen() });
}
/** A buy far below the best price, so that nothing but us takes it away. */
function quote(): unknown {
  const { venue } = gateway.core;
  const instrument = venue.instruments.get(SYMBOL);
  const best = venue.market.book(SYMBOL).book.bestBid;
  if (!instrument || best === null) throw new Error('no book');
  const terms = { side: 'buy', kind: 'limit', timeInForce: 'post-only', size: '0.010', reduceOnly: false } as const;
  const price = formatPrice(instrument, ticks(best - Math.ceil(BELOW / Number(instrument.tickSize))));
  const clientId = makeClientId({ role: 'quote', epoch: brain.epoch, counter: ++counter });
  return gateway.send(brain, { id: 1, type: 'place', clientId, symbol: SYMBOL, price, ...terms, basedOn: seen(), ttlMs: 500 });
}
const fault = async (body: Record<string, unknown>): Promise<void> => {
  expect((await sim.admin('/sim/fault', body)).status).toBe(200);
};
const openThere = (): number => sim.simulator.exchange.trader(KEY).orders.open(SYMBOL).length;
const listingReads = (): number => calls.filter((path) => path.startsWith('/fapi/v1/exchangeInfo')).length;
const instrument = () => gateway.core.venue.instruments.get(SYMBOL);

test('a contract that stops trading: no quote stands a second later, nothing new goes out, and it trades again when the venue says so', async () => {
  expect(quote()).toMatchObject({ type: 'taken' });
  await run(200);
  expect(openThere()).toBe(1);
  await fault({ kind: 'trading-status', symbol: SYMBOL, status: 'SETTLING' });
  await run(1_000);
  expect([instrument()?.trading, gateway.core.keeper.ledger.openOrders().length, openThere()]).toEqual([false, 0, 0]);
  expect(alarms).toEqual([expect.stringMatching(/Instrument changed.*not-trading/)]);
  expect(quote()).toMatchObject({ code: 'not-trading' });
  await fault({ kind: 'trading-status', symbol: SYMBOL, status: 'TRADING' });
  await run(1_000);
  expect(quote()).toMatchObject({ type: 'taken' });
  await run(200);
  expect([instrument()?.trading, openThere(), alarms.length]).toEqual([true, 1, 1]);
});

test('other filters: quotes made by the old ones go within a second, and the new ones are in force', async () => {
  quote();
  await run(200);
  await fault({ kind: 'filters', symbol: SYMBOL, minNotional: '150' });
  await run(1_000);
  expect([instrument()?.minNotional, openThere(), alarms]).toEqual(['150', 0, []]);
  expect(quote()).toMatchObject({ type: 'taken' });
});

test('another tick: the symbol is halted with an alarm that says what to do', async () => {
  quote();
  await run(200);
  await fault({ kind: 'filters', symbol: SYMBOL, tickSize: '1.00' });
  await run(1_000);
  expect([instrument()?.tickSize, instrument()?.trading, openThere()]).toEqual(['0.10', false, 0]);
  expect(gateway.core.modes.halted(SYMBOL)).toMatch(/^steps-changed: tick 1.00/);
  expect(alarms).toEqual([
    expect.stringMatching(/Instrument changed.*tick 1.00.*restart the gateway, then resume/),
    expect.stringMatching(/Symbol halted/),
  ]);
});

test('the listing is read when the market stream comes back, and again after a read that failed', async () => {
  const before = listingReads();
  await fault({ kind: 'close', route: 'market' });
  await run(3_000);
  expect(listingReads()).toBe(before + 1);
  await fault({ kind: 'empty', path: '/fapi/v1/exchangeInfo', count: 1 });
  await fault({ kind: 'trading-status', symbol: SYMBOL, status: 'SETTLING' });
  await run(2_000);
  expect([instrument()?.trading, listingReads() - before]).toEqual([false, 3]);
});

test('another tick while the gateway was dead: its quote off the new grid is taken away at the start, and it trades on the new one', async () => {
  quote();
  await run(200);
  const [resting] = sim.simulator.exchange.trader(KEY).orders.open(SYMBOL);
  await gateway[Symbol.asyncDispose]();
  await fault({ kind: 'filters', symbol: SYMBOL, tickSize: '7.00' });
  await start();
  expect([instrument()?.tickSize, resting !== undefined, openThere(), gateway.core.keeper.known]).toEqual(['7.00', true, 0, true]);
  expect(gateway.core.keeper.ledger.openOrders()).toEqual([]);
  expect(quote()).toMatchObject({ type: 'taken' });
  await run(200);
  expect([openThere(), gateway.core.ledgerFault()]).toEqual([1, null]);
});
