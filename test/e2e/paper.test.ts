/** A whole run in paper on the simulator's public streams: quotes, fills, the death of the gateway, and an account that outlives it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { simEndpoints } from '../../gateway/venues/binance/limits.ts';
import { paperStateFile, readPaperAccount } from '../../scripts/lib/paper-account.ts';
import { freePort } from '../../scripts/start/ports.ts';
import { parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { KEY, openTestSim, SECRET } from '../kit/sim-client.ts';
import { TestRedis } from '../kit/redis.ts';
import { KEYS, ROOT, TestRun } from '../kit/run.ts';

const RICH = { USDT: parseAtoms('100000000') ?? ZERO_ATOMS };
const paper = (port: number, rest: object = {}) => ({ environment: 'paper', endpoints: { paper: simEndpoints(port) }, ...rest });

test('paper quotes, fills, survives kill -9 of its gateway with its account, and ends in agreement', async () => {
  await using redis = await TestRedis.start();
  const sim = await openTestSim({ limitsEnforced: false, accounts: [{ apiKey: KEY, secret: SECRET, balances: RICH }] });
  await using run = await TestRun.start({ redisPort: redis.port, config: paper(sim.simulator.port) });
  const fills = () => run.redis.xlen(KEYS.fills);
  /** Somebody takes all that rests within five basis points, again and again until one of our orders had its part of it. */
  const tradeThrough = (more: number) =>
    run.until('a fill', async () => {
      const book = await run.read(KEYS.book('BTCUSDT'));
      const [bid, ask] = [Number(book?.bids[0]?.[0] ?? 0), Number(book?.asks[0]?.[0] ?? 0)];
      const resting = ((await run.read(KEYS.orders('BTCUSDT')))?.orders ?? []).some((order: { status: string }) => order.status === 'open');
      if (!resting || bid === 0) return false;
      const take = { type: 'LIMIT', timeInForce: 'IOC', quantity: '100' };
      await sim.place({ ...take, side: 'SELL', price: (bid * 0.9995).toFixed(1) });
      await sim.place({ ...take, side: 'BUY', price: (ask * 1.0005).toFixed(1) });
      await sleep(100);
      return (await fills()) > more;
    });
  await tradeThrough(0);
  const [before, epoch] = [await fills(), (await run.header())?.epoch];
  const file = paperStateFile(join(run.dir, 'run'));
  process.kill(run.pid('gateway'), 'SIGKILL');
  const kept = readPaperAccount(file);
  expect(kept?.wallets.find(({ asset }) => asset === 'USDT')?.wallet).not.toBe('10000'); // fees and profit of what was filled
  await run.until('the next life', async () => ((await run.header())?.epoch ?? 0) > (epoch ?? 0));
  await tradeThrough(before);
  const tool = spawnSync(process.execPath, [join(ROOT, 'scripts/mm.ts'), 'status', '--config', run.configFile], { encoding: 'utf8' });
  expect(tool.stdout).toContain('paper (simulated money)');
  run.signal('SIGTERM');
  const { code, summary } = await run.summary();
  await sim.close();
  expect(summary).toMatchObject({ ok: true, environment: 'paper', errors: [], restarts: { gateway: 1 } });
  expect(code).toBe(0);
  expect(summary.fills).toBeGreaterThan(before);
  const account = readPaperAccount(file);
  const held = account?.positions.find(({ symbol }) => symbol === 'BTCUSDT')?.size ?? '0';
  expect(summary.position).toMatchObject({ brain: held, ledger: held, exchange: held });
  expect(account?.openOrders).toEqual([]);
  const balance = spawnSync(process.execPath, [join(ROOT, 'scripts/test-balance.ts'), '--config', run.configFile], { encoding: 'utf8' });
  expect(balance.stdout).toContain(`paper (simulated money) in ${file}`);
  expect(balance.stdout).toContain(account?.wallets[0]?.wallet);
});

test('without a network paper ends with code 3, and the gateway says in one line what it could not reach', async () => {
  await using redis = await TestRedis.start();
  const nobody = await freePort();
  await using run = await TestRun.start({ redisPort: redis.port, config: paper(nobody) });
  const { code, stdout, stderr } = await run.ended();
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr.split('\n')[0]).toMatch(new RegExp(`^Cannot reach the venue at http://127\\.0\\.0\\.1:${nobody}: `));
});
