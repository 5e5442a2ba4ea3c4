import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountHash, overlay } from '../../shared/config.ts';
import { parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { OwnProcess } from '../kit/own-process.ts';
import { allOfRedis, filesIn, formsOf, type Place, processPlaces, sightings } from '../kit/planted.ts';
import { TestRedis } from '../kit/redis.ts';
import { ROOT } from '../kit/run.ts';
import { openTestSim, type SimClient } from '../kit/sim-client.ts';
import { runTool } from '../kit/tool.ts';

const SECRETS = {
  key: 'PLANTEDkey0a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0',
  secret: 'PLANTED+secret/zyxwvu=9876543210&more words are in it',
  passphrase: 'PLANTED passphrase: nine words of it, or so, are here',
};
const FUNDS = parseAtoms('1000000') ?? ZERO_ATOMS;
const BASE = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
let sim: SimClient;
let redis: TestRedis;

beforeAll(async () => {
  const account = { apiKey: SECRETS.key, secret: SECRETS.secret, balances: { USDT: FUNDS } };
  [sim, redis] = await Promise.all([openTestSim({ accounts: [account], historyDays: 0, profile: 'normal' }), TestRedis.start()]);
});
afterAll(async () => {
  await Promise.all([sim.close(), redis[Symbol.asyncDispose]()]);
});

type Source = { readonly credentials: object; readonly env: Readonly<Record<string, string>> };
const VARIABLES = { apiKeyEnv: 'PLANTED_A', secretEnv: 'PLANTED_B' };

/** Writes what the source needs; what holds the secrets on purpose is left out of the search. */
const SOURCES: Readonly<Record<string, (dir: string) => Promise<Source>>> = {
  keystore: async (dir) => {
    writeFileSync(join(dir, 'phrase'), SECRETS.passphrase, { mode: 0o600 });
    writeFileSync(join(dir, 'plain.json'), JSON.stringify({ apiKey: SECRETS.key, secret: SECRETS.secret }), { mode: 0o600 });
    const args = ['keys', 'add', 'sim', '--environment', 'sim', '--config', join(dir, 'config.json')];
    const added = await runTool('mm', [...args, '--from', join(dir, 'plain.json'), '--passphrase-file', join(dir, 'phrase')]);
    expect([added.code, added.stderr]).toEqual([0, '']);
    rmSync(join(dir, 'plain.json'));
    return { credentials: { keystore: 'keys.json', passphraseFile: 'phrase' }, env: {} };
  },
  file: (dir) => {
    writeFileSync(join(dir, 'key.json'), JSON.stringify({ apiKey: SECRETS.key, secret: SECRETS.secret }), { mode: 0o600 });
    return Promise.resolve({ credentials: { file: 'key.json' }, env: {} });
  },
  variables: () => Promise.resolve({ credentials: VARIABLES, env: { PLANTED_A: SECRETS.key, PLANTED_B: SECRETS.secret } }),
  '.env': (dir) => {
    writeFileSync(join(dir, '.env'), `PLANTED_A=${SECRETS.key}\nPLANTED_B="${SECRETS.secret}"\n`, { mode: 0o600 });
    return Promise.resolve({ credentials: VARIABLES, env: {} });
  },
};
const HOLDERS = ['phrase', 'key.json', '.env'];

const ERRORS = [
  {
    kind: 'reply',
    method: 'POST',
    path: '/fapi/v1/order',
    status: 400,
    body: '{"code":-1022,"msg":"Signature for this request is not valid."}',
    count: 2,
  },
  { kind: 'error', method: 'POST', path: '/fapi/v1/*', error: 'internal-error', count: 2, execute: true },
  { kind: 'garbage', path: '/fapi/v1/openOrders', count: 2 },
  { kind: 'reset', method: 'POST', path: '/fapi/v1/*', count: 1 },
  { kind: 'error', path: '/fapi/v3/*', error: 'forbidden', count: 1 },
];

async function until(what: string, look: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !look(); await sleep(20)) if (performance.now() > end) throw new Error(`Not seen: ${what}`);
}

async function metricsOf(process: OwnProcess, name: string): Promise<readonly Place[]> {
  const port = /"metricsPort":(\d+)/.exec(process.log)?.[1];
  if (port === undefined) throw new Error(`${name} tells no port of its metrics`);
  return Promise.all(
    ['/metrics', '/healthz', '/readyz'].map(async (path) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { where: `${name} ${path}`, text: `${JSON.stringify([...answer.headers])}\n${await answer.text()}` };
    }),
  );
}

describe.each(Object.keys(SOURCES))('a key from %s', (name) => {
  test('is seen nowhere, whatever fails', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'mmbot-planted-'));
    const file = join(dir, 'config.json');
    writeFileSync(file, JSON.stringify(BASE), { mode: 0o600 });
    const source = await (SOURCES[name] ?? expect.fail('no such source'))(dir);
    const own = {
      redis: { url: redis.url, prefix: `mm:${name.replace('.', '')}` },
      ...{ sim: { port: sim.simulator.port }, log: { level: 'trace' }, record: { on: true }, credentials: { sim: source.credentials } },
      ...{ gateway: { metricsPort: 0 }, brain: { metricsPort: 0 } },
    };
    writeFileSync(file, JSON.stringify(overlay(BASE, own)), { mode: 0o600 });
    const reports = { NODE_OPTIONS: `--report-on-signal --report-uncaught-exception --report-directory=${dir}` };
    await using gateway = await new OwnProcess('gateway', file, { env: { ...source.env, ...reports } }).ready();
    await using brain = await new OwnProcess('brain', file, { env: reports }).ready();
    await until('an order', () => /"fills":[1-9]|Fill|placed/i.test(gateway.log) || gateway.log.includes('"clientId"'));
    for (const fault of ERRORS) expect((await sim.admin('/sim/fault', fault)).status).toBe(200);
    const logs = (): readonly Place[] => [gateway, brain].map(({ log }, n) => ({ where: `log ${n}`, text: log }));
    await until('the errors', () => (gateway.log.match(/1022|internal|502|reset/gi)?.length ?? 0) > 3);
    const tools = await Promise.all([
      runTool('test-balance', ['--config', file], source.env),
      runTool('test-order', ['--config', file, '--json'], source.env),
      runTool('flatten', ['--config', file, '--dry-run'], source.env),
      ...['status', 'orders', 'why', 'fills', 'pnl', 'doctor'].map((command) =>
        runTool('mm', [command, '--config', file, '--json'], source.env),
      ),
      runTool('mm', ['config', '--config', file, '--json'], source.env),
      runTool('mm', ['config', '--config', file, '--changes', '--json'], source.env),
      runTool('mm', ['keys', 'list', '--config', file, '--json'], source.env),
    ]);
    const places: Place[] = [...(await metricsOf(gateway, 'gateway')), ...(await metricsOf(brain, 'brain'))];
    places.push(...processPlaces('brain', brain.pid));
    for (const one of [gateway, brain]) one.signal('SIGUSR2'); // a report of the engine, as at a crash
    await until('two reports', () => readdirSync(dir).filter((entry) => entry.startsWith('report.')).length === 2);
    const second = new OwnProcess('gateway', file, { env: source.env }); // the place is taken: it ends with a sentence
    await second.exited;
    await gateway.kill();
    await sleep(300); // the brain notices
    const back = await new OwnProcess('gateway', file, { env: source.env }).ready();
    await back.kill('SIGTERM');
    await brain.kill('SIGTERM');
    const [from, to] = [-60_000, 60_000].map((ms) => new Date(Date.now() + ms).toISOString().slice(0, 19));
    const bundle = await runTool(
      'mm',
      ['incident', '--config', file, '--from', from ?? '', '--to', to ?? '', '--out', join(dir, 'bundle')],
      source.env,
    );
    expect(bundle.code).toBe(0);
    places.push(...logs(), ...[second, back].map(({ log }) => ({ where: 'log of another gateway', text: log })));
    places.push(...[...tools, bundle].map(({ stdout, stderr }, n) => ({ where: `tool ${n}`, text: stdout + stderr })));
    places.push(...(await allOfRedis(redis.url)));
    places.push(
      ...filesIn(
        dir,
        HOLDERS.map((holder) => join(dir, holder)),
      ),
    );
    expect(sightings(places, SECRETS)).toEqual([]);
    const text = (where: RegExp): string =>
      places
        .filter((place) => where.test(place.where))
        .map((place) => place.text)
        .join('\n');
    for (const where of [/^Redis /, /^log 0/, /ledger\.sqlite/, /tape/i, /bundle/, /report\./, /\/metrics/, /^tool/])
      expect(text(where).length).toBeGreaterThan(100);
    expect(text(/./)).toContain(accountHash(SECRETS.key)); // what may be told of it
    rmSync(dir, { recursive: true });
  });
});

test('the search itself sees every form of a secret', () => {
  for (const [name, secret] of Object.entries(SECRETS))
    for (const form of formsOf(secret)) {
      const found = sightings([{ where: 'here', text: `x${form}y` }], { [name]: secret });
      expect(found.length).toBeGreaterThan(0);
    }
  const inside = Buffer.from(`{"a":"${SECRETS.secret}"}`).toString('base64');
  expect(sightings([{ where: 'base64', text: inside }], { secret: SECRETS.secret }).length).toBeGreaterThan(0);
});
