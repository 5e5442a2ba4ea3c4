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
import { runTool } from '../kit/tool.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const KEY = 'mmbot-sim-key';
const dir = mkdtempSync(join(tmpdir(), 'mmbot-venue-tools-'));
const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
let sim: ChildProcess;
let port = 0;

function config(name: string, over: object = {}): string {
  const file = join(dir, `${name}.json`);
  writeFileSync(file, JSON.stringify({ ...base, runDir: join(dir, 'run'), sim: { port }, ...over }), { mode: 0o600 });
  return file;
}
const account = async () => (await fetch(`http://127.0.0.1:${port}/sim/account?apiKey=${KEY}`)).json() as Promise<Record<string, unknown>>;

beforeAll(async () => {
  sim = fork(join(ROOT, 'scripts/sim.ts'), ['--port', '0', '--history-days', '0', '--profile', 'calm'], {
    execPath: process.execPath,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [ready] = (await once(sim, 'message')) as [{ port: number }];
  port = ready.port;
});

afterAll(async () => {
  const ended = once(sim, 'exit');
  sim.kill();
  await ended;
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

const keys = (apiKey: string, secret: string) => ({ credentials: { sim: { apiKey, secret } } });

test.each([
  ['a wrong key', () => keys('nobodys-key', 'mmbot-sim-secret'), 2, /-2015.*does not know the key.*--account/],
  ['a wrong secret', () => keys(KEY, 'not-the-secret'), 2, /-1022.*the secret does not belong to the key/],
  ['a key with a line end', () => keys(`${KEY}\n`, 'mmbot-sim-secret'), 2, /blanks or line ends/],
  ['no simulator', () => ({ sim: { port: 1 } }), 3, /Cannot reach the simulator.*npm run sim/],
])('both tools name the next step on %s', async (name, over, code, line) => {
  const file = config(name.replaceAll(' ', '-'), over());
  for (const tool of ['test-balance', 'test-order']) {
    const said = await runTool(tool, ['--config', file]);
    expect(said.lines).toEqual([expect.stringMatching(line)]);
    expect(said.code).toBe(code);
    expect(said.stdout + said.stderr).not.toMatch(/nobodys-key|not-the-secret|mmbot-sim-secret/);
  }
});

test('a host that is no venue is named with its config key', async () => {
  const server = createServer((_request, response) => response.end('<html>hello</html>')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, lines } = await runTool('test-balance', [
    '--config',
    config('wrong-host', { endpoints: { sim: { rest: url, stream: url } } }),
  ]);
  server.close();
  expect(lines).toEqual([expect.stringMatching(/answers, but not as the venue's REST.*endpoints\.sim\.rest/)]);
  expect(code).toBe(2);
});
