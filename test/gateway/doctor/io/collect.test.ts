import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { collect, examine } from '../../../../gateway/doctor/io/collect.ts';
import { PROBE_FILE, probeFacts } from '../../../../gateway/doctor/io/files.ts';
import { redisFacts } from '../../../../gateway/doctor/io/redis.ts';
import { preflight, refuseEnvironment } from '../../../../gateway/io/preflight.ts';
import { OPEN_FACTS } from '../../../../gateway/venues/binance/unverified.ts';
import { accountHash, overlay } from '../../../../shared/config.ts';
import { type Loaded, loadConfig } from '../../../../shared/config-file.ts';
import { err, ok } from '../../../../shared/result.ts';
import { TestRedis } from '../../../kit/redis.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../../../kit/sim-client.ts';

const BASE = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../config.json'), 'utf8'));
const PATIENCE_MS = 700;
const DAY_MS = 86_400_000;
const home = mkdtempSync(join(tmpdir(), 'mmbot-doctor-'));
const credentials = ok({ apiKey: KEY, secret: SECRET });
let redis: TestRedis;
let sim: SimClient;
let dir = '';

beforeAll(async () => {
  [redis, sim] = await Promise.all([TestRedis.start(), openTestSim({ historyDays: 0, keys: [] })]);
});
afterAll(async () => {
  await Promise.all([redis[Symbol.asyncDispose](), sim.close()]);
  rmSync(home, { recursive: true });
});
beforeEach(async () => {
  dir = mkdtempSync(join(home, 'case-'));
  await sim.admin('/sim/fault', { kind: 'clear' });
});

function load(over: object = {}): Loaded {
  const local = `http://127.0.0.1:${sim.simulator.port}`;
  const mainnet = { rest: local, stream: local.replace('http', 'ws'), wallet: local };
  const own = { environment: 'mainnet', redis: { url: redis.url }, endpoints: { mainnet } };
  writeFileSync(join(dir, 'config.json'), JSON.stringify(overlay(overlay(BASE, own), over)));
  const loaded = loadConfig(join(dir, 'config.json'));
  if (!loaded.ok) throw new Error(loaded.error.join());
  return loaded.value;
}
const accountDir = (): string => {
  const path = join(dir, 'run', `mainnet-${accountHash(KEY)}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
};
const levels = async (over: object = {}) =>
  new Map((await examine({ loaded: load(over), credentials, patienceMs: PATIENCE_MS * 3 })).map(({ id, level }) => [id, level]));

describe('examine() on a real Redis, real files and the simulator', () => {
  test('a healthy system has no failure, and what cannot be told here is unknown, not fine', async () => {
    const facts = await collect({ loaded: load(), credentials, patienceMs: 5_000 });
    expect(facts.venue.streams).toMatchObject({ public: { state: 'data' }, market: { state: 'data' }, private: { state: 'silent' } });
    expect(facts.redis).toMatchObject({
      ok: true,
      value: { role: 'master', settings: { ok: true, value: { bind: ['127.0.0.1'] } }, openToAll: { value: true }, mayScript: true },
    });
    expect(facts.venue.account).toMatchObject({ ok: true, value: { hedgeMode: false, canTrade: true, equity: { USDT: 10_000 } } });
    expect(facts.venue.contracts).toMatchObject({ ok: true, value: [{ symbol: 'BTCUSDT', quoteAsset: 'USDT', trading: true }] });
    const found = await levels();
    expect([...found].filter(([, level]) => level === 'fail')).toEqual([]);
    expect(found.get('stream-private')).toBe('unknown');
    expect(found.get('probe')).toBe('warn');
    expect(JSON.stringify(facts)).not.toContain(SECRET);
  });

  test('planted problems of every kind are found at once', async () => {
    const loaded = load();
    chmodSync(loaded.file, 0o666);
    const folder = accountDir();
    writeFileSync(join(folder, 'PANIC'), '');
    writeFileSync(join(folder, 'gateway.sock'), '');
    writeFileSync(join(folder, 'ledger.sqlite'), 'no database at all, not even nearly'.repeat(100));
    mkdirSync(join(dir, 'run', 'mainnet-0123456789ab'));
    const client = new Redis(redis.url);
    await client.config('SET', 'maxmemory', '100mb');
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await client.config('SET', 'appendonly', 'yes');
    await client.config('SET', 'appendfsync', 'always');
    const hedge = await sim.signed('POST', '/fapi/v1/positionSide/dual', { dualSidePosition: 'true' });
    expect(hedge.status).toBe(200);
    await sim.signed('POST', '/fapi/v1/leverage', { symbol: 'BTCUSDT', leverage: 50 });
    await sim.admin('/sim/fault', { kind: 'clock-skew', ms: 5_000 });
    await sim.admin('/sim/fault', { kind: 'silence', route: 'public', ms: 20_000 });
    try {
      const found = new Map(
        (await examine({ loaded, credentials, patienceMs: PATIENCE_MS })).map(({ id, level, fix }) => [id, { level, fix }]),
      );
      const want = { config: 'fail', 'panic-file': 'warn', socket: 'warn', ledger: 'fail', accounts: 'warn', clock: 'fail' } as const;
      const more = { 'redis-memory': 'fail', 'redis-saving': 'warn', 'position-mode': 'fail', 'leverage-BTCUSDT': 'fail' } as const;
      for (const [id, level] of Object.entries({ ...want, ...more, 'stream-public': 'fail', 'limit-gross': 'ok' }))
        expect([id, found.get(id)?.level]).toEqual([id, level]);
      for (const id of Object.keys({ ...want, ...more })) expect(found.get(id)?.fix).toMatch(/\w/);
    } finally {
      await sim.signed('POST', '/fapi/v1/positionSide/dual', { dualSidePosition: 'false' });
      await sim.signed('POST', '/fapi/v1/leverage', { symbol: 'BTCUSDT', leverage: 20 });
      await sim.admin('/sim/fault', { kind: 'clock-skew', ms: 0 });
      await client.config('SET', 'maxmemory', '0');
      await client.config('SET', 'maxmemory-policy', 'noeviction');
      await client.config('SET', 'appendonly', 'no');
      client.disconnect();
    }
  });

  test('nobody answers: each is told by itself, and nothing hangs', async () => {
    const silent = createServer(() => undefined);
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as { port: number };
    const nowhere = { rest: 'http://127.0.0.1:1', stream: `ws://127.0.0.1:${port}`, wallet: 'http://127.0.0.1:1' };
    const over = { redis: { url: 'redis://127.0.0.1:1' }, endpoints: { mainnet: nowhere } };
    const findings = await examine({ loaded: load(over), credentials: err('credentials.mainnet: none'), patienceMs: PATIENCE_MS });
    const found = new Map(findings.map(({ id, level }) => [id, level]));
    for (const id of ['redis', 'rest', 'stream-public', 'stream-market', 'key']) expect([id, found.get(id)]).toEqual([id, 'fail']);
    expect(found.get('clock')).toBe('unknown');
    silent.close();
  });
});

test('a password of Redis that cannot be read is a finding like any other', async () => {
  vi.stubEnv('MMBOT_REDIS_PASSWORD_FILE', '/none/there');
  expect(await redisFacts('redis://127.0.0.1:1')).toMatchObject({
    ok: false,
    error: expect.stringMatching(/\/none\/there cannot be read/),
  });
  vi.unstubAllEnvs();
});

describe('the way to real money', () => {
  const lines: string[] = [];
  const go = (over: object = {}, acceptUnverified = false) => {
    lines.length = 0;
    return preflight({ loaded: load(over), credentials: credentials.value, acceptUnverified, say: (line) => lines.push(line) });
  };
  const report = (verdict = 'as-assumed', host = 'https://demo-fapi.binance.com') => {
    const facts = OPEN_FACTS.map(({ id, fact, assumed, changes }) => ({ id, fact, assumed, changes, done: '', answer: '', verdict }));
    const doc = {
      format: 'mmbot-probe',
      version: 1,
      environment: 'testnet',
      host,
      symbol: 'BTCUSDT',
      startedMs: 1,
      finishedMs: Date.now(),
      facts,
      left: [],
    };
    mkdirSync(join(dir, 'run'), { recursive: true, mode: 0o700 });
    writeFileSync(join(dir, 'run', PROBE_FILE), JSON.stringify(doc));
  };

  test('needs --live; hosts of real money need the name mainnet', () => {
    expect(refuseEnvironment(load().config, { live: false })).toMatchObject({ code: 4, lines: [expect.stringMatching(/--live/)] });
    expect(refuseEnvironment(load().config, { live: true })).toBeNull();
    const real = { rest: 'https://fapi.binance.com', stream: 'wss://demo-fstream.binance.com' };
    for (const environment of ['sim', 'testnet'] as const) {
      const { config } = load({ environment, endpoints: { [environment]: real } });
      expect(refuseEnvironment(config, { live: true })).toMatchObject({ code: 4 });
    }
    for (const rest of [
      'https://fapi.binance.com.',
      'https://FAPI.Binance.com:443',
      'https://fapi.binance.us',
      'https://fapi.binance.info.',
    ]) {
      const named = load({ environment: 'testnet', endpoints: { testnet: { ...real, rest } } }).config;
      expect([rest, refuseEnvironment(named, { live: false })?.code]).toEqual([rest, 4]);
    }
    expect(refuseEnvironment(load({ environment: 'testnet' }).config, { live: false })).toBeNull();
    expect(refuseEnvironment(load({ environment: 'paper' }).config, { live: false })).toBeNull();
  });

  test.each([
    ['https://demo-fapi.binance.com', true],
    ['https://testnet.binancefuture.com', true],
    ['https://fapi.binance.com', false],
    ['https://demo-fapi.binance.com.example.org', false],
    ['http://127.0.0.1:18080', false],
  ])('a probe of %s is one of the venue: %s', (host, atVenue) => {
    report('as-assumed', host);
    expect(probeFacts(join(dir, 'run'))).toMatchObject({ ok: true, value: { host, atVenue } });
  });

  test('is closed while nothing was probed, and while an answer differs; a person may accept that for one start', async () => {
    expect(await go()).toMatchObject({ code: 4, lines: [expect.stringMatching(/unverified on venue: the probe has never run/)] });
    report('differs');
    expect(await go()).toMatchObject({ code: 4, lines: [expect.stringMatching(/the venue differs in/)] });
    expect(await go({}, true)).toBeNull();
    expect(lines).toContainEqual(expect.stringMatching(/^REAL MONEY: account [0-9a-f]{12}, 1 symbols, .*20000/));
    expect(lines.join()).not.toContain(SECRET);
  });

  test('is open with a whole report and no failure; a failure closes it whatever is accepted', async () => {
    report('as-assumed', `http://127.0.0.1:${sim.simulator.port}`); // endpoints.testnet led to a simulator
    expect(await go()).toMatchObject({ code: 4, lines: [expect.stringMatching(/unverified on venue: the report is of http:\/\/127/)] });
    report();
    expect(await go()).toBeNull();
    chmodSync(join(dir, 'config.json'), 0o666);
    const loaded = load();
    chmodSync(loaded.file, 0o666);
    expect(await preflight({ loaded, credentials: credentials.value, acceptUnverified: true, say: () => undefined })).toMatchObject({
      code: 4,
      lines: [expect.stringMatching(/doctor config: .*chmod go-w/)],
    });
  });

  test('a gateway that died after it had passed comes back at once; one that ended, or was changed, is looked at again', async () => {
    report();
    expect(await go()).toBeNull();
    rmSync(join(dir, 'run', PROBE_FILE));
    const life = (state: string) => writeFileSync(join(accountDir(), 'life.json'), JSON.stringify({ state, epoch: 1, pid: 1, wallMs: 1 }));
    life('running');
    expect(await go()).toBeNull();
    expect(lines.at(-1)).toMatch(/passed with this configuration, and lived less than a day ago/);
    expect(await go({ limits: { maxGrossNotional: '30000' } })).toMatchObject({ code: 4 });
    const stampFile = join(accountDir(), 'preflight.json');
    const stamp = JSON.parse(readFileSync(stampFile, 'utf8'));
    writeFileSync(stampFile, JSON.stringify({ ...stamp, passedMs: Date.now() - 9 * DAY_MS })); // it ran for nine days
    const db = join(accountDir(), 'ledger.sqlite');
    for (const name of [db, `${db}-wal`]) writeFileSync(name, '');
    expect(await go()).toBeNull();
    for (const name of [db, `${db}-wal`]) utimesSync(name, new Date(), new Date(Date.now() - 2 * DAY_MS)); // and was forgotten for two
    expect(await go()).toMatchObject({ code: 4 });
    writeFileSync(stampFile, JSON.stringify(stamp));
    life('ended');
    expect(await go()).toMatchObject({ code: 4 });
  });

  test('what a person accepted for one start has to be said again after a death, and a supervisor says it for its run', async () => {
    report('differs');
    expect(await go({}, true)).toBeNull();
    writeFileSync(join(accountDir(), 'life.json'), JSON.stringify({ state: 'running', epoch: 1, pid: 1, wallMs: 1 }));
    expect(await go()).toMatchObject({ code: 4, lines: [expect.stringMatching(/the venue differs in .*--accept-unverified/)] });
    expect(lines).toContainEqual(expect.stringMatching(/was accepted for the start before, not for this one/));
    expect(await go({}, true)).toBeNull();
    expect(lines.at(-1)).toMatch(/comes back at once/); // without a check: a position waits
    const stampFile = join(accountDir(), 'preflight.json');
    const { accepted: _, ...earlier } = JSON.parse(readFileSync(stampFile, 'utf8'));
    writeFileSync(stampFile, JSON.stringify(earlier)); // of a version that did not tell
    expect(await go()).toMatchObject({ code: 4 });
  });
});
