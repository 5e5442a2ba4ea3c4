import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Eyes } from '../../../scripts/watchdog/eyes.ts';
import { accountHash } from '../../../shared/config.ts';
import { loadConfig } from '../../../shared/config-file.ts';
import type { BrainDoc } from '../../../shared/brain-doc.ts';
import { header, KEYS } from '../../kit/brain.ts';
import { TestRedis } from '../../kit/redis.ts';
import { ROOT } from '../../kit/run.ts';
import { until } from '../../kit/scripted-gateway.ts';
import { KEY } from '../../kit/sim-client.ts';

let server: TestRedis;
let redis: Redis;
const dir = mkdtempSync(join(tmpdir(), 'mmbot-eyes-'));
beforeAll(async () => {
  server = await TestRedis.start();
  redis = new Redis(server.port, '127.0.0.1');
});
beforeEach(async () => void (await redis.flushall()));
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

function open(): Eyes {
  const file = join(dir, 'config.json');
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  writeFileSync(file, JSON.stringify({ ...base, runDir: 'run', redis: { url: server.url } }), { mode: 0o600 });
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.error.join());
  return new Eyes({ loaded: loaded.value, apiKey: KEY, accountDir: dir });
}

const RISK: BrainDoc['risk'] = { state: 'restrained', reasons: ['breaker-pause:BTCUSDT'], breakers: [], alarms: [], readings: {} };
const brain = (brainEpoch: number): BrainDoc => ({
  ...{ brainEpoch, processed: { epoch: 3, seq: 50 }, wallMs: 1, strategy: 'mm', decisions: 1, fillSeq: 0, symbols: {}, risk: RISK },
});
const put = (seq: number, document: object | null): Promise<unknown> =>
  redis.mset({
    [KEYS.header]: JSON.stringify(header({ accountHash: accountHash(KEY), seq, brainEpoch: 7 })),
    [KEYS.brain]: JSON.stringify(document),
  });

test('Eyes see the risk of the brain that holds the lease, and of no other', async () => {
  await using eyes = open();
  await put(1, brain(7));
  await until('a first look', async () => (await eyes.look()).risk !== null);
  await put(2, brain(7));
  expect(await eyes.look()).toMatchObject({ sign: true, header: { seq: 2 }, risk: RISK });
  await put(3, brain(6));
  expect(await eyes.look()).toMatchObject({ sign: true, risk: null });
  await put(4, { ...brain(7), risk: 'fine' });
  expect(await eyes.look()).toMatchObject({ sign: true, header: { seq: 4 }, risk: null });
  await redis.del(KEYS.brain);
  expect((await eyes.look()).risk).toBeNull();
});
