import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OPEN_FACTS } from '../../gateway/venues/binance/unverified.ts';
import { overlay } from '../../shared/config.ts';
import { OwnProcess } from '../kit/own-process.ts';
import { TestRedis } from '../kit/redis.ts';
import { ROOT } from '../kit/run.ts';
import { runTool } from '../kit/tool.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../kit/sim-client.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-real-'));
const file = join(dir, 'config.json');
const env = { REAL_A: KEY, REAL_B: SECRET };
let sim: SimClient;
let redis: TestRedis;

beforeAll(async () => {
  [sim, redis] = await Promise.all([openTestSim({ historyDays: 0 }), TestRedis.start()]);
  const local = `http://127.0.0.1:${sim.simulator.port}`;
  const own = {
    ...{ environment: 'mainnet', redis: { url: redis.url }, gateway: { metricsPort: null } },
    endpoints: { mainnet: { rest: local, stream: local.replace('http', 'ws'), wallet: local } },
    credentials: { mainnet: { apiKeyEnv: 'REAL_A', secretEnv: 'REAL_B' } },
  };
  writeFileSync(file, JSON.stringify(overlay(JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8')), own)), { mode: 0o600 });
});
afterAll(async () => {
  await Promise.all([sim.close(), redis[Symbol.asyncDispose]()]);
  rmSync(dir, { recursive: true, force: true });
});

const start = (...args: readonly string[]): OwnProcess => new OwnProcess('gateway', file, { env, args });
const refusal = async (...args: readonly string[]): Promise<readonly [number | null, string]> => {
  const gateway = start(...args);
  return [await gateway.exited, gateway.lastWords];
};

test('the passphrase of the keystore may come by stdin, as a supervisor hands it over', async () => {
  writeFileSync(join(dir, 'plain.json'), JSON.stringify({ apiKey: KEY, secret: SECRET }), { mode: 0o600 });
  writeFileSync(join(dir, 'phrase'), 'a long passphrase', { mode: 0o600 });
  const add = ['keys', 'add', 'testnet', '--config', file, '--from', join(dir, 'plain.json'), '--passphrase-file', join(dir, 'phrase')];
  expect((await runTool('mm', add)).code).toBe(0);
  const sealed = join(dir, 'sealed.json');
  const nowhere = { rest: 'http://127.0.0.1:1', stream: 'ws://127.0.0.1:1' };
  const own = { environment: 'testnet', endpoints: { testnet: nowhere }, credentials: { testnet: { keystore: 'keys.json' } } };
  writeFileSync(sealed, JSON.stringify(overlay(JSON.parse(readFileSync(file, 'utf8')), own)), { mode: 0o600 });
  const withInput = (input: string) =>
    spawnSync(process.execPath, [join(ROOT, 'gateway/main.ts'), '--config', sealed, '--passphrase-stdin'], { input, encoding: 'utf8' });
  const [right, wrong] = [withInput('a long passphrase\n'), withInput('another passphrase\n')];
  expect([right.status, right.stderr]).toEqual([3, expect.stringMatching(/Cannot reach the venue at http:\/\/127\.0\.0\.1:1/)]);
  expect([wrong.status, wrong.stderr]).toEqual([
    2,
    expect.stringMatching(/^.*keys\.json: key testnet: wrong passphrase, or the file was changed\n$/),
  ]);
});

test('a gateway trades real money only when everything says so', async () => {
  expect(await refusal()).toEqual([4, 'environment mainnet: refused: real money needs --live as well']);
  expect(await refusal('--accept-unverified')).toEqual([4, expect.stringMatching(/needs --live/)]);
  expect(await refusal('--live')).toEqual([4, expect.stringMatching(/unverified on venue: the probe has never run.*--accept-unverified/)]);
  await sim.signed('POST', '/fapi/v1/positionSide/dual', { dualSidePosition: 'true' });
  expect(await refusal('--live', '--accept-unverified')).toEqual([4, expect.stringMatching(/refused: doctor position-mode: hedge mode/)]);
  await sim.signed('POST', '/fapi/v1/positionSide/dual', { dualSidePosition: 'false' });
  const accepted = await start('--live', '--accept-unverified').ready();
  expect(accepted.log).toMatch(/^REAL MONEY: account [0-9a-f]{12}, 1 symbols, all together at most 20000/);
  await accepted.kill();
  expect(await refusal('--live')).toEqual([4, expect.stringMatching(/unverified on venue/)]); // accepted for that start, not for this one
  const back = await start('--live', '--accept-unverified').ready(); // it died with its pass
  expect(back.log).toMatch(/doctor: passed with this configuration, and lived less than a day ago/);
  expect(await back.kill('SIGTERM')).toBe(0);
  expect(await refusal('--live')).toEqual([4, expect.stringMatching(/unverified on venue/)]); // it ended in order
  const facts = OPEN_FACTS.map(({ id, fact, assumed, changes }) => ({
    id,
    fact,
    assumed,
    changes,
    done: '-',
    answer: '-',
    verdict: 'as-assumed',
  }));
  const report = {
    format: 'mmbot-probe',
    version: 1,
    environment: 'testnet',
    host: 'https://demo-fapi.binance.com',
    symbol: 'BTCUSDT',
    startedMs: 1,
    finishedMs: Date.now(),
    facts,
    left: [],
  };
  writeFileSync(join(dir, 'run', 'probe-testnet.json'), JSON.stringify(report));
  const proved = await start('--live').ready();
  expect(await proved.kill('SIGTERM')).toBe(0);
});
