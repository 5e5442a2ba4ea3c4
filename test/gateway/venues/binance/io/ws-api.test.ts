/** Order entry over the simulator's WebSocket API, by the whole venue. */
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { openBinance } from '../../../../../gateway/venues/binance/io/venue.ts';
import type { OnWritten, OrderRequest, Transport, Venue } from '../../../../../gateway/venues/venue.ts';
import { type Clock, systemClock } from '../../../../../shared/clock.ts';
import { Config, SIM_CREDENTIALS } from '../../../../../shared/config.ts';
import { rootLog } from '../../../../../shared/log.ts';
import { makeMetrics } from '../../../../../shared/metrics.ts';
import { Random } from '../../../../../shared/random.ts';
import { lots, parseAtoms, ticks, ZERO_ATOMS } from '../../../../../shared/units.ts';
import type { SimulatorOptions } from '../../../../../scripts/sim/simulator.ts';
import { midMinute } from '../../../../kit/mid-minute.ts';
import { openTestSim, type SimClient } from '../../../../kit/sim-client.ts';

const API_KEY = 'ed25519-key';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const PRIVATE = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const PUBLIC = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const TIMEOUT_MS = 400;

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function openSim(over: Partial<SimulatorOptions> = {}): Promise<SimClient> {
  const account = { apiKey: API_KEY, secret: PUBLIC, balances: { USDT: parseAtoms('10000') ?? ZERO_ATOMS } };
  const sim = await openTestSim({ accounts: [account], ...over });
  opened.push(() => sim.close());
  return sim;
}

function configFor(port: number): Config {
  return Config.parse({
    symbols: ['BTCUSDT'],
    sim: { port },
    gateway: { requestTimeoutMs: TIMEOUT_MS, orderEntry: 'websocket' },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 5, skewBps: 1, orderSize: '0.01', maxInventory: '1' },
      macdTrend: { orderSize: '0.01' },
    },
    exits: { takeProfitPercent: 1, stopLossPercent: 1 },
    limits: { maxGrossNotional: '10000' },
  });
}

type Over = { readonly rotateMs?: number; readonly clock?: Clock };

async function open(port: number, credentials = { apiKey: API_KEY, secret: PRIVATE }, over: Over = {}) {
  const lines: string[] = [];
  const log = rootLog({ process: 'test', level: 'debug', stream: { write: (line: string) => void lines.push(line) } });
  const result = await openBinance({
    config: configFor(port),
    credentials,
    clock: systemClock(),
    random: new Random(1),
    log,
    metrics: makeMetrics('test'),
    ...over,
  });
  if (result.ok) opened.push(async () => result.value[Symbol.asyncDispose]());
  return { result, log: () => lines.join('') };
}

async function openVenue(sim: SimClient, over: Over = {}) {
  const { result, log } = await open(sim.simulator.port, undefined, over);
  if (!result.ok) throw new Error(result.error.sentence);
  const venue = result.value;
  await venue.start({ onAccount: () => {}, onBookLive: () => {}, onTop: () => {}, onTrade: () => {} });
  await until('both connections', () => venue.orders.route?.() === 'websocket');
  return { venue, log };
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Waited in vain for ${what}`);
    await sleep(5);
  }
}

const FAR: Omit<OrderRequest, 'clientId'> = {
  symbol: 'BTCUSDT',
  side: 'buy',
  kind: 'limit',
  timeInForce: 'post-only',
  price: ticks(600_000),
  size: lots(20),
  reduceOnly: false,
};

/** Which way each order that is placed leaves. */
function ways(venue: Venue) {
  const seen: Transport[] = [];
  const onWritten: OnWritten = (_at, via = 'rest') => seen.push(via);
  return { seen, place: (clientId: string) => venue.orders.place({ ...FAR, clientId }, onWritten) };
}
const fault = (sim: SimClient, body: unknown) =>
  sim.admin('/sim/fault', body).then((answer) => expect(answer.status, answer.text).toBe(200));
const openIds = async (sim: SimClient): Promise<unknown[]> => {
  const { body } = await sim.admin(`/sim/account?apiKey=${API_KEY}`);
  return (body['openOrders'] as { clientOrderId: string }[]).map(({ clientOrderId }) => clientOrderId).sort();
};

describe('gateway.orderEntry "websocket"', () => {
  test.each([
    [
      'an HMAC key',
      SIM_CREDENTIALS,
      /^gateway\.orderEntry: "websocket" with a key of type HMAC: allowed is "rest", or an Ed25519 key in credentials\.sim$/,
    ],
    [
      'an RSA key',
      {
        apiKey: 'k',
        secret: generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      },
      /type RSA/,
    ],
  ])('is refused with %s before anything is sent', async (_name, credentials, sentence) => {
    const { result } = await open(1, credentials);
    expect(result).toMatchObject({ ok: false, error: { kind: 'rejected', sentence: expect.stringMatching(sentence) } });
  });

  test('places, amends, queries and cancels over the socket, judged as over REST; the rest stays there', async () => {
    const clock = midMinute();
    const sim = await openSim({ clock });
    const { venue, log } = await openVenue(sim, { clock: systemClock(clock) });
    const { seen, place } = ways(venue);
    const placed = await place('101');
    expect(placed).toMatchObject({ ok: true, value: { state: 'accepted', clientId: '101', price: 600_000, size: 20 } });
    const venueId = placed.ok ? placed.value.venueId : '';
    const price = ticks(600_010);
    const amended = venue.orders.amend({ symbol: 'BTCUSDT', clientId: '101', side: 'buy', price, size: lots(30) }, (_at, via) =>
      seen.push(via ?? 'rest'),
    );
    expect(await amended).toMatchObject({ ok: true, value: { state: 'amended', price, size: 30 } });
    expect(seen).toEqual(['websocket', 'websocket']);
    expect(await venue.orders.queryOrder({ symbol: 'BTCUSDT', clientId: '101' })).toMatchObject({ ok: true, value: { size: 30 } });
    expect(await venue.orders.orderOf({ symbol: 'BTCUSDT', venueId })).toMatchObject({ ok: true, value: { clientId: '101' } });
    expect(await place('101')).toMatchObject({ ok: false, error: { kind: 'unknown', reason: 'duplicate-id' } });
    expect(await venue.orders.place({ ...FAR, price: ticks(650_000), clientId: '102' })).toMatchObject({
      ok: false,
      error: { reason: 'post-only-would-take' },
    });
    expect(await venue.orders.cancel({ symbol: 'BTCUSDT', clientId: '101' })).toMatchObject({ ok: true, value: { state: 'canceled' } });
    expect(await venue.orders.cancel({ symbol: 'BTCUSDT', clientId: '101' })).toMatchObject({ ok: false, error: { kind: 'gone' } });
    expect(await venue.orders.cancelMany({ symbol: 'BTCUSDT', clientIds: ['101'] })).toMatchObject([{ error: { kind: 'gone' } }]);
    expect(venue.orders.budgets().orders1m.used).toBeGreaterThanOrEqual(3);
    expect(log()).not.toMatch(new RegExp(`${API_KEY}|signature|PRIVATE`));
  });

  test('an answer that never comes leaves the order unknown, sends it nowhere else, and the other connection goes on', async () => {
    const sim = await openSim();
    const { venue } = await openVenue(sim);
    const { seen, place } = ways(venue);
    await fault(sim, { kind: 'hang', method: 'POST', path: '/fapi/v1/order', execute: true });
    const lost = place('201');
    await until('the order', () => seen.length === 1);
    expect(await lost).toMatchObject({ ok: false, error: { kind: 'unknown', reason: 'time-out' } });
    expect(await place('202')).toMatchObject({ ok: true });
    expect(seen).toEqual(['websocket', 'websocket']);
    expect(await openIds(sim)).toEqual(['201', '202']);
  });

  test('a cut leaves what was on its way unknown, a cancel too, and is over at once', async () => {
    const sim = await openSim();
    const { venue } = await openVenue(sim);
    const { seen, place } = ways(venue);
    await place('301');
    await fault(sim, { kind: 'hang', method: 'DELETE', path: '/fapi/v1/order', execute: true });
    const canceling = venue.orders.cancel({ symbol: 'BTCUSDT', clientId: '301' });
    await until('the cancel at the venue', async () => (await openIds(sim)).length === 0);
    await fault(sim, { kind: 'close', route: 'ws-api' });
    expect(await canceling).toMatchObject({ ok: false, error: { kind: 'unknown', reason: 'connection-lost' } });
    await until('the socket again', () => venue.orders.route?.() === 'websocket');
    expect(await place('302')).toMatchObject({ ok: true });
    expect(seen).toEqual(['websocket', 'websocket']);
  });

  test('orders leave over REST while no connection stands, and over the socket again when one does', async () => {
    const sim = await openSim();
    const { venue, log } = await openVenue(sim);
    const { seen, place } = ways(venue);
    await fault(sim, { kind: 'refuse-upgrade', route: 'ws-api', status: 503, count: 4 });
    await fault(sim, { kind: 'close', route: 'ws-api' });
    await until('the loss', () => venue.orders.route?.() === 'fallback');
    expect(await place('401')).toMatchObject({ ok: true, value: { state: 'accepted' } });
    await until('the socket again', () => venue.orders.route?.() === 'websocket');
    expect(await place('402')).toMatchObject({ ok: true });
    expect(seen).toEqual(['rest', 'websocket']);
    expect(await openIds(sim)).toEqual(['401', '402']);
    expect(log()).toMatch(/WebSocket API lost: orders leave over REST(?:.|\n)*Orders leave over the WebSocket API/);
  });

  test('a limit told on the socket holds on both ways until its time', async () => {
    const sim = await openSim();
    const { venue } = await openVenue(sim);
    const { seen, place } = ways(venue);
    await fault(sim, { kind: 'error', method: 'POST', path: '/fapi/v1/order', error: 'rate-limited' });
    expect(await place('501')).toMatchObject({ ok: false, error: { kind: 'rate-limited' } });
    expect(await place('502')).toMatchObject({ ok: false, error: { kind: 'rate-limited', reason: 'waiting' } });
    expect(seen).toEqual(['websocket']);
  });

  test('a ban told when a connection is opened holds for REST too', async () => {
    const sim = await openSim();
    const { venue } = await openVenue(sim);
    const { seen, place } = ways(venue);
    await fault(sim, { kind: 'refuse-upgrade', route: 'ws-api', status: 418, count: 2 });
    await fault(sim, { kind: 'close', route: 'ws-api' });
    const waits = async (): Promise<boolean> => {
      const asked = await venue.orders.queryOrder({ symbol: 'BTCUSDT', clientId: '1' });
      return !asked.ok && asked.error.reason === 'waiting';
    };
    await until('the ban', waits);
    expect(await place('701')).toMatchObject({ ok: false, error: { kind: 'rate-limited', reason: 'waiting' } });
    expect(seen).toEqual([]);
  });

  test('an aged connection is replaced while the other takes the orders: never a moment in fallback, nothing lost', async () => {
    const sim = await openSim();
    const { venue, log } = await openVenue(sim, { rotateMs: 200 });
    const { seen, place } = ways(venue);
    const ended = (): number => log().split('Connection to the WebSocket API closed').length - 1;
    for (let n = 0; ended() < 6 && n < 500; n++) {
      expect(await place(String(600 + n))).toMatchObject({ ok: true });
      expect(await venue.orders.cancel({ symbol: 'BTCUSDT', clientId: String(600 + n) })).toMatchObject({ ok: true });
      await sleep(10);
    }
    expect(ended()).toBeGreaterThanOrEqual(6);
    expect(new Set(seen)).toEqual(new Set(['websocket']));
    expect(log()).not.toMatch(/WebSocket API lost/);
  });
});
