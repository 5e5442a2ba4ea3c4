import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ROOT } from '../kit/run.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-bad-'));
const file = (name: string, content: string | Buffer): string => {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
};
const base = JSON.parse(String(spawnSync('cat', [join(ROOT, 'config.json')]).stdout));
const config = (name: string, over: object): string => file(`${name}.json`, JSON.stringify({ ...base, runDir: join(dir, name), ...over }));

function call(script: string, args: readonly string[]) {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(ROOT, script), ...args], { encoding: 'utf8', timeout: 30_000 });
  return { status, lines: stderr.trim().split('\n').filter(Boolean), stdout };
}

const REAL_HOSTS = { rest: 'https://fapi.binance.com', stream: 'wss://fstream.binance.com' };

test.each([
  ['a missing config file', 'scripts/start.ts', ['--config', join(dir, 'none.json')], 2, /none\.json: cannot be read/],
  ['a config that is not JSON', 'gateway/main.ts', ['--config', file('broken.json', '{"symbols": [')], 2, /broken\.json:1: not JSON/],
  [
    'an unknown key',
    'brain/main.ts',
    ['--config', config('unknown', { simbols: ['BTCUSDT'] })],
    2,
    /simbols: unknown key: allowed is symbols/,
  ],
  [
    'a value out of range',
    'gateway/main.ts',
    ['--config', config('range', { snapshot: { intervalMs: 1 } })],
    2,
    /snapshot\.intervalMs: 1: allowed is at least 20/,
  ],
  ['mainnet without a word', 'gateway/main.ts', ['--config', config('mainnet', { environment: 'mainnet' })], 4, /real money needs --live/],
  [
    'hosts of real money under another name',
    'gateway/main.ts',
    ['--config', config('hidden', { environment: 'testnet', endpoints: { testnet: REAL_HOSTS } })],
    4,
    /^environment testnet: refused: endpoints\.testnet names a host that trades real money$/,
  ],
  ['an unknown replay file', 'scripts/sim.ts', ['--port', '0', '--replay', join(dir, 'none.raw.gz')], 2, /none\.raw\.gz/],
  [
    'a replay file of another kind',
    'scripts/sim.ts',
    ['--port', '0', '--replay', file('other.raw.gz', gzipSync('hello\nworld\n'))],
    2,
    /other\.raw\.gz/,
  ],
  ['an unknown option', 'scripts/start.ts', ['--sped', '2'], 2, /--sped/],
  ['a number that is none', 'scripts/start.ts', ['--seconds', 'ten'], 2, /--seconds/],
  [
    'orders over the WebSocket API with a key that may not log on there',
    'gateway/main.ts',
    ['--config', config('hmac', { gateway: { orderEntry: 'websocket' } })],
    2,
    /^gateway\.orderEntry: "websocket" with a key of type HMAC: allowed is "rest", or an Ed25519 key in credentials\.sim$/,
  ],
  ['a testnet without keys', 'gateway/main.ts', ['--config', config('testnet', { environment: 'testnet' })], 2, /credentials\.testnet/],
])('%s: one clear line and the right exit code', (_name, script, args, code, line) => {
  const { status, lines, stdout } = call(script, args);
  expect(lines.join('\n')).toMatch(line);
  expect(lines.length).toBeLessThanOrEqual(2);
  expect(lines.join('\n')).not.toMatch(/\n\s+at /);
  expect(stdout).toBe('');
  expect(status).toBe(code);
});

test('a gateway without Redis or exchange says so in one line and exits 3', () => {
  const unreachable = config('nowhere', { redis: { url: 'redis://127.0.0.1:1' }, sim: { port: 1 }, gateway: { metricsPort: null } });
  const { status, lines } = call('gateway/main.ts', ['--config', unreachable]);
  expect(lines.filter((line) => !line.startsWith('{')).join('\n')).toMatch(/127\.0\.0\.1:1/);
  expect(status).toBe(3);
});

test('a taken port of the simulator: one line, exit 3', async () => {
  const first = spawn(process.execPath, [join(ROOT, 'scripts/sim.ts'), '--port', '0'], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const ready = await new Promise<{ port: number }>((resolve) => first.once('message', (message) => resolve(message as { port: number })));
  const { status, lines } = call('scripts/sim.ts', ['--port', String(ready.port)]);
  first.kill();
  expect(lines.join('\n')).toMatch(new RegExp(`port.*taken.*:${ready.port}`));
  expect(lines).toHaveLength(1);
  expect(status).toBe(3);
});
