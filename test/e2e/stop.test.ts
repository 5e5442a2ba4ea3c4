import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { parseClientId } from '../../shared/client-id.ts';
import { overlay } from '../../shared/config.ts';
import { parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { OwnProcess } from '../kit/own-process.ts';
import { TestRedis } from '../kit/redis.ts';
import { KEYS, ROOT } from '../kit/run.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../kit/sim-client.ts';

const WHALE = 'whale-key';
const DEAD_MAN_MS = 5_000;
const LIMIT_MS = 20_000;

/** Asked every 20 ms; fails with the log of the process that should have brought it about. */
async function until<T>(what: string, look: () => Promise<T | false | null>, log: () => string): Promise<T> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const seen = await look();
    if (seen) return seen;
    await sleep(20);
  }
  throw new Error(`Not seen: ${what}\n${log().slice(-4_000)}`);
}

const stopsOf = async (sim: SimClient) => (await sim.signed('GET', '/fapi/v1/openAlgoOrders', { symbol: 'BTCUSDT' })).rows;
/** The simulator's own word, which takes no weight from the gateway on the same address. */
const accountOf = async (sim: SimClient) => {
  const { positions, openOrders } = (await sim.admin(`/sim/account?apiKey=${KEY}`)).body as unknown as Truth;
  return { position: Number(positions[0]?.positionAmt ?? 0), orders: openOrders.length };
};
type Truth = { readonly positions: readonly { readonly positionAmt: string }[]; readonly openOrders: readonly unknown[] };
const positionOf = async (sim: SimClient): Promise<number> => (await accountOf(sim)).position;
const buyByHand = (sim: SimClient, quantity: string) =>
  sim.admin('/sim/fault', { kind: 'manual-order', apiKey: KEY, symbol: 'BTCUSDT', side: 'BUY', quantity });

/** Somebody sells all that is wanted down to a quarter of a percent below the market, and goes on offering there. */
async function pressDown(sim: SimClient): Promise<void> {
  const { body } = await sim.get('/fapi/v1/premiumIndex?symbol=BTCUSDT');
  const price = (Math.round(Number(body['markPrice']) * 0.9975 * 10) / 10).toFixed(2);
  const wall = { kind: 'foreign-order', apiKey: WHALE, symbol: 'BTCUSDT', side: 'SELL', price, quantity: '200' };
  expect((await sim.admin('/sim/fault', wall)).status).toBe(200);
}

function writeConfig({ dir, simPort, redis }: { readonly dir: string; readonly simPort: number; readonly redis: string }): string {
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const own = {
    runDir: 'run',
    redis: { url: redis },
    sim: { port: simPort },
    gateway: { metricsPort: null, deadManMs: DEAD_MAN_MS, deadManRefreshMs: 1_000, disasterStop: { percent: 0.1 } },
    brain: { metricsPort: null },
    exits: { takeProfitPercent: 50, stopLossPercent: 50 },
    credentials: { sim: { apiKey: KEY, secret: SECRET } },
  };
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify(overlay(base, own)), { mode: 0o600 });
  return file;
}

test('gateway and brain dead: the stop at the exchange closes the position; the next gateway books it as the stop, and nothing is left', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-stop-'));
  await using redis = await TestRedis.start();
  const funds = parseAtoms('10000000') ?? ZERO_ATOMS;
  const accounts = [
    { apiKey: KEY, secret: SECRET, balances: { USDT: funds } },
    { apiKey: WHALE, secret: SECRET, balances: { USDT: funds } },
  ];
  const sim = await openTestSim({ accounts, profile: 'normal', historyDays: 0, limitsEnforced: false });
  const reader = new Redis(redis.port, '127.0.0.1');
  const config = writeConfig({ dir, simPort: sim.simulator.port, redis: redis.url });
  try {
    await using gateway = await new OwnProcess('gateway', config).ready();
    await using brain = new OwnProcess('brain', config);
    const log = () => gateway.log + brain.log;
    await until('quotes of the brain', async () => (await accountOf(sim)).orders >= 2, log);
    await buyByHand(sim, '0.050'); // a person buys on our account: that is protected, too
    const covered = async () => {
      const [position, rows] = [await positionOf(sim), await stopsOf(sim)];
      const size = rows.filter(({ side }) => side === 'SELL').reduce((sum, { quantity }) => sum + Number(quantity), 0);
      return position > 0.02 && rows.length === 1 && size >= position ? (rows[0] ?? null) : null;
    };
    const stop = await until('a stop for all of it', covered, log);
    expect(stop).toMatchObject({ orderType: 'STOP_MARKET', reduceOnly: true, closePosition: false, workingType: 'MARK_PRICE' });
    expect(parseClientId(String(stop?.['clientAlgoId']))).toMatchObject({ role: 'stop' });
    const shown = async () => JSON.parse((await reader.get(KEYS.position('BTCUSDT'))) ?? '{}').stop?.status === 'resting';
    await until('the stop in the snapshot', shown, log);

    await Promise.all([gateway.kill(), brain.kill()]);
    await until('quotes gone by the countdown', async () => (await accountOf(sim)).orders === 0, log);
    const left = await stopsOf(sim);
    expect(left.reduce((sum, { quantity }) => sum + Number(quantity), 0)).toBeGreaterThanOrEqual(await positionOf(sim));
    const held = await positionOf(sim); // quotes may have filled until the countdown
    await pressDown(sim);
    await until('the position closed by the exchange', async () => (await positionOf(sim)) === 0, log);

    const fillsBefore = await reader.xlen(KEYS.fills);
    await using again = await new OwnProcess('gateway', config).ready();
    const flat = async () => {
      const doc = JSON.parse((await reader.get(KEYS.position('BTCUSDT'))) ?? '{}');
      return doc.known === true && Number(doc.size) === 0 && doc.stop.status === 'none' && doc;
    };
    await until('flat and known', flat, () => again.log);
    const told = await reader.xrange(KEYS.fills, '-', '+');
    const missed = told.slice(fillsBefore).map(([, [, text = '{}']]) => JSON.parse(text));
    const ofStop = missed.filter(({ role }) => role === 'stop');
    expect(ofStop.reduce((sum, { size }) => sum + Number(size), 0)).toBeCloseTo(held, 6); // all of them, and none under another name
    expect(ofStop.every(({ clientId, side }) => side === 'sell' && left.some((row) => row['clientAlgoId'] === clientId))).toBe(true);
    expect([await stopsOf(sim), await positionOf(sim)]).toEqual([[], 0]);
    expect(again.log).not.toMatch(/Position corrected|"level":50/);
    expect(await again.kill('SIGTERM')).toBe(0);
  } finally {
    reader.disconnect();
    await sim.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
