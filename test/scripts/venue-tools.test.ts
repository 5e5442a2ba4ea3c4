import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { type ChildProcess, fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isOurs, parseClientId } from '../../shared/client-id.ts';
import { TEST_EPOCHS } from '../../scripts/lib/test-id.ts';
import { KEY as TEST_KEY, openTestSim, SECRET as TEST_SECRET, type SimClient } from '../kit/sim-client.ts';
import { runTool } from '../kit/tool.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const KEY = 'mmbot-sim-key';
const dir = mkdtempSync(join(tmpdir(), 'mmbot-venue-tools-'));
const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
let sim: ChildProcess;
let port = 0;
/** Its clock is ahead of ours. */
let ahead: SimClient;
/** Its time call tells another time than it goes by. */
let lying: SimClient;
const WRONG_TIME = { kind: 'reply', path: '/fapi/v1/time', status: 200, body: '{"serverTime":1700000000000}' };
const page = createServer((_request, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<html>Not Found</html>'));
const silent = createServer(() => undefined);

function config(name: string, over: object = {}): string {
  const file = join(dir, `${name}.json`);
  const gateway = { recvWindowMs: 60_000, requestTimeoutMs: 30_000 }; // however slow the machine is
  writeFileSync(file, JSON.stringify({ ...base, runDir: join(dir, 'run'), sim: { port }, gateway, ...over }), { mode: 0o600 });
  return file;
}
const account = async () => (await fetch(`http://127.0.0.1:${port}/sim/account?apiKey=${KEY}`)).json() as Promise<Record<string, unknown>>;

beforeAll(async () => {
  const more = [`${KEY}:reader:look-secret:no-trading`, `${KEY}:elsewhere:far-secret:ip=10.0.0.1`];
  const accounts = ['--account', `${KEY}:mmbot-sim-secret:10000:10000`, ...more.flatMap((key) => ['--account-key', key])];
  sim = fork(join(ROOT, 'scripts/sim.ts'), ['--port', '0', '--history-days', '0', '--profile', 'calm', ...accounts], {
    execPath: process.execPath,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [ready] = (await once(sim, 'message')) as [{ port: number }];
  port = ready.port;
  [ahead, lying] = await Promise.all([openTestSim({ historyDays: 0 }), openTestSim({ historyDays: 0 })]);
  const started = [
    await ahead.admin('/sim/fault', { kind: 'clock-skew', ms: 90_000 }),
    await lying.admin('/sim/fault', { ...WRONG_TIME, count: 1_000 }),
  ];
  expect(started.map(({ status }) => status)).toEqual([200, 200]);
  await Promise.all([page, silent].map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
});

afterAll(async () => {
  const ended = once(sim, 'exit');
  sim.kill();
  await ended;
  for (const server of [page, silent]) {
    server.close();
    server.closeAllConnections();
  }
  await Promise.all([ahead.close(), lying.close()]);
  rmSync(dir, { recursive: true });
});

test('test-balance shows wallets, and no key', async () => {
  const file = config('balance');
  const { code, stdout, stderr } = await runTool('test-balance', ['--config', file]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/ASSET +WALLET +AVAILABLE +UNREALIZED\nUSDT +10000 +10000 +0\n/);
  expect(stdout).toContain('no open position');
  expect(stdout).not.toContain(KEY);
  const json = JSON.parse((await runTool('test-balance', ['--config', file, '--json'])).stdout);
  expect(json.assets).toContainEqual({ asset: 'USDT', wallet: '10000', available: '10000', unrealized: '0' });
});

test.each([
  ['buy', []],
  ['sell', ['--side', 'sell', '--symbol', 'ETHUSDT']],
])('test-order places a far %s, cancels it, and shows that it is gone', async (side, args) => {
  const { code, stdout, stderr } = await runTool('test-order', ['--config', config('order'), ...args]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(
    /place +POST \/fapi\/v1\/order[\s\S]*"status":"NEW"[\s\S]*cancel +DELETE[\s\S]*query +GET[\s\S]*"status":"CANCELED"/,
  );
  expect(stdout).toContain(`side=${side.toUpperCase()}`);
  expect(stdout).toContain('timeInForce=GTX');
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^gone: order \d{19} is canceled, nothing filled$/);
  expect(stdout).not.toMatch(/signature/i);
  expect(stdout).not.toContain(KEY);
  expect((await account())['openOrders']).toEqual([]);
});

test('test-order --json keeps every digit of an id, and makes ids of the range no gateway grants', async () => {
  const { stdout } = await runTool('test-order', ['--config', config('order'), '--json']);
  const { ok, clientId, state, filled, steps } = JSON.parse(stdout);
  expect({ ok, state, filled }).toEqual({ ok: true, state: 'canceled', filled: '0.000' });
  expect(steps.map(({ what, status }: { what: string; status: number }) => [what, status])).toEqual([
    ['place', 200],
    ['cancel', 200],
    ['query', 200],
  ]);
  expect(steps[0].answer.orderId).toBe(steps[1].answer.orderId);
  expect(typeof steps[0].answer.orderId === 'string' || Number.isSafeInteger(steps[0].answer.orderId)).toBe(true);
  expect(isOurs(clientId)).toBe(true);
  const parts = parseClientId(clientId);
  expect(parts).toMatchObject({ role: 'test' });
  expect(parts?.epoch).toBeGreaterThanOrEqual(TEST_EPOCHS.first);
  expect(parts?.epoch).toBeLessThanOrEqual(TEST_EPOCHS.last);
});

test('test-order --market fills, test-balance shows the position, and the line it printed closes it', async () => {
  const file = config('market');
  const opened = await runTool('test-order', ['--config', file, '--market']);
  expect(opened.code).toBe(0);
  expect(opened.stdout).toMatch(/filled: order \d{19} filled 0\.\d+\nTRADE +PRICE +SIZE +FEE\n\d+/);
  const held = JSON.parse((await runTool('test-balance', ['--config', file, '--json'])).stdout).positions;
  expect(held).toEqual([expect.objectContaining({ symbol: 'BTCUSDT', size: expect.stringMatching(/^0\.\d+$/) })]);
  const close = /to close: scripts\/test-order (.*)/.exec(opened.stdout)?.[1]?.split(' ') ?? [];
  expect((await runTool('test-order', close)).code).toBe(0);
  expect(JSON.parse((await runTool('test-balance', ['--config', file, '--json'])).stdout).positions).toEqual([]);
});

test.each([
  ['a price off the tick', ['--price', '60000.05'], 2, /--price: 60000\.05: allowed is a multiple of the tick 0\.10/],
  ['a price that takes', ['--price', '1', '--side', 'sell'], 2, /--price: 1: allowed is/],
  ['a size off the step', ['--qty', '0.0015'], 2, /--qty: 0\.0015: allowed is a multiple of the step 0\.001/],
  ['a size over the limits', ['--qty', '0.2'], 4, /limits say at most 5000/],
  ['an unknown symbol', ['--symbol', 'BTCUSD'], 2, /--symbol: .*BTCUSDT/],
])('test-order refuses %s before anything leaves', async (_name, args, code, line) => {
  const said = await runTool('test-order', ['--config', config('refused'), ...args]);
  expect(said.lines).toEqual([expect.stringMatching(line)]);
  expect([said.code, said.stdout]).toEqual([code, '']);
});

const keys = (apiKey: string, secret: string, environment = 'sim') => ({ environment, credentials: { [environment]: { apiKey, secret } } });
const host = (at: string, environment = 'sim') => ({ endpoints: { [environment]: { rest: at, stream: 'ws://127.0.0.1:1' } } });
const local = (at: number): string => `http://127.0.0.1:${at}`;
const pageUrl = (): string => local((page.address() as AddressInfo).port);
const silentUrl = (): string => local((silent.address() as AddressInfo).port);

type Tool = 'test-balance' | 'test-order';
type Fault = readonly [name: string, over: () => object, code: number, line: RegExp, tool?: Tool];
const FAULTS: readonly Fault[] = [
  [
    'a wrong key',
    () => keys('nobodys-key', 'mmbot-sim-secret'),
    2,
    /-2015.*does not know the key of credentials\.sim in the config.*--account/,
  ],
  ['a wrong secret', () => keys(KEY, 'not-the-secret'), 2, /-1022.*the secret does not belong to the key: check credentials\.sim/],
  ['a key with a line end', () => keys(`${KEY}\n`, 'mmbot-sim-secret'), 2, /blanks or line ends: paste it again/, 'test-balance'],
  ['a key for another address', () => keys('elsewhere', 'far-secret'), 2, /-2015.*or not from this address/],
  [
    'a key of testnet on mainnet',
    () => ({ ...keys('nobodys-key', 'mmbot-sim-secret', 'mainnet'), ...host(local(port), 'mainnet') }),
    2,
    /-2015.*made for mainnet \(one of testnet is refused\).*may use futures.*this machine's address is on its list/,
  ],
  [
    'a venue that tells a wrong time',
    () => ({ ...keys(TEST_KEY, TEST_SECRET), ...host(local(lying.simulator.port)) }),
    1,
    /-1021.*check its time sync, or raise gateway\.recvWindowMs \(now \d+\) in .*\.json$/,
  ],
  [
    'a host that is no venue',
    () => host(pageUrl()),
    2,
    /answers, but not as the venue's REST.*HTTP 404.*correct .*endpoints\.sim\.rest in .*\.json$/,
  ],
  ['no simulator', () => ({ sim: { port: 1 } }), 3, /Cannot reach the simulator.*npm run sim/, 'test-balance'],
  [
    'no network',
    () => ({ ...keys('a-key', 'a-secret', 'testnet'), ...host(local(1), 'testnet') }),
    3,
    /^\S+ Cannot reach the venue at http:\/\/127\.0\.0\.1:1 .*nothing listens there: check the network and the name of the host \(endpoints\.testnet\.rest in /,
  ],
  [
    'a host without TLS',
    () => ({ ...keys('a-key', 'a-secret', 'testnet'), ...host(pageUrl().replace('http', 'https'), 'testnet') }),
    3,
    /Cannot reach the venue at https:.*not the venue over TLS: check the network/,
    'test-order',
  ],
  [
    'a host that says nothing',
    () => ({ ...keys('a-key', 'a-secret', 'testnet'), ...host(silentUrl(), 'testnet'), gateway: { requestTimeoutMs: 200 } }),
    3,
    /Cannot reach the venue at .*no answer within 200 ms.*check the network/,
    'test-balance',
  ],
];

/** Both, where `tool` names none: a spawn is most of what a case costs. */
for (const [name, over, code, line, tool] of FAULTS)
  test.concurrent(`${name} ends with one line that names the next step`, async () => {
    const file = config(name.replaceAll(' ', '-'), over());
    const run = {
      'test-balance': () => runTool('test-balance', ['--config', file]),
      'test-order': () => runTool('test-order', ['--config', file, '--live']),
    };
    for (const said of await Promise.all(tool ? [run[tool]()] : [run['test-balance'](), run['test-order']()])) {
      expect(said.lines).toEqual([expect.stringMatching(line)]);
      expect(said.code).toBe(code);
      expect(said.stdout + said.stderr).not.toMatch(/nobodys-key|not-the-secret|mmbot-sim-secret|far-secret|test-secret|a-secret/);
    }
  });

test.concurrent('a key that may not trade reads, and the order names its permission', async () => {
  const file = config('reader', keys('reader', 'look-secret'));
  const [read, order] = await Promise.all([runTool('test-balance', ['--config', file]), runTool('test-order', ['--config', file])]);
  expect([read.code, read.stderr]).toEqual([0, '']);
  expect(order.lines).toEqual([expect.stringMatching(/-2015.*the key may read but not trade: allow futures trading for it/)]);
  expect(order.code).toBe(2);
});

test.concurrent('a clock that is wrong is told, and what was asked is done by the time of the venue', async () => {
  const file = config('clock', { ...keys(TEST_KEY, TEST_SECRET, 'testnet'), ...host(local(ahead.simulator.port), 'testnet') });
  const tools = [runTool('test-balance', ['--config', file]), runTool('test-order', ['--config', file])];
  for (const said of await Promise.all(tools)) {
    expect(said.lines).toEqual([
      expect.stringMatching(/^note: this machine's clock is (8[5-9]|9[0-5])\.\d s behind the venue's: .*timedatectl set-ntp true$/),
    ]);
    expect(said.code).toBe(0);
  }
});
