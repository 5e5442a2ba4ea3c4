import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { keysOf } from '../../shared/snapshot.ts';
import { AclRedis } from '../kit/acl-redis.ts';
import { OwnProcess } from '../kit/own-process.ts';
import { freePort } from '../../scripts/start/ports.ts';
import { runTool } from '../kit/tool.ts';
import { SECRET } from '../kit/sim-client.ts';
import { TwoProcesses } from '../kit/two-processes.ts';

const KEY = 'planted-key-of-redis-users';

test('gateway and brain quote over a Redis on a socket, each as a user of its own; neither key nor password is in logs, pages or Redis', async () => {
  await using redis = await AclRedis.start();
  await using run = await TwoProcesses.open([KEY]);
  const [gatewayPort, brainPort] = [await freePort(), await freePort()];
  const over = { redis: { url: `unix://${redis.socket}` }, log: { level: 'trace' } };
  const config = run.config('users', KEY, { ...over, gateway: { metricsPort: gatewayPort }, brain: { metricsPort: brainPort } });
  await using gateway = await new OwnProcess('gateway', config, { env: redis.env('gateway') }).ready();
  await using brain = await new OwnProcess('brain', config, { env: redis.env('brain') }).ready();
  await run.until('quotes', async () => (await run.openIds(KEY)).length >= 2);
  const status = await runTool('mm', ['status', '--config', config], redis.env('reader'));
  expect([status.code, status.stdout]).toEqual([0, expect.stringMatching(/^health +gateway up +brain up/)]);
  const refused = await runTool('mm', ['status', '--config', config]);
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('Redis does not answer')]);

  const reader = await redis.client('reader');
  const keys = keysOf('mm:binance');
  const values = await Promise.all(
    [keys.header, keys.brain, keys.balance, keys.orders('BTCUSDT'), keys.owner].map((key) => reader.get(key)),
  );
  reader.disconnect();
  const pages = await Promise.all([gatewayPort, brainPort].map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()));
  const told = [gateway.log, brain.log, status.stdout, ...values, ...pages].join('\n');
  const passwords = (['gateway', 'brain', 'reader'] as const).map((user) => readFileSync(redis.passwordFile(user), 'utf8').trim());
  expect(told.length).toBeGreaterThan(20_000);
  for (const secret of [KEY, SECRET, ...passwords]) expect(told.includes(secret)).toBe(false);
});
