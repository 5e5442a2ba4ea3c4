import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { overlay } from '../../shared/config.ts';
import { freePort } from '../../scripts/start/ports.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'mmbot-brain-main-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function configFile(name: string, over: object): string {
  const folder = join(dir, name);
  mkdirSync(folder);
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify(overlay({ ...base, brain: { metricsPort: null } }, { runDir: 'run', ...over })),
  );
  return join(folder, 'config.json');
}

async function run(args: readonly string[]): Promise<{ code: number | null; lines: string[]; stdout: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'brain/main.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors]: [string[], string[]] = [[], []];
  child.stdout.on('data', (text) => out.push(String(text)));
  child.stderr.on('data', (text) => errors.push(String(text)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, lines: errors.join('').split('\n').filter(Boolean), stdout: out.join('') };
}

test.concurrent('--help tells the options and ends with 0', async () => {
  const { code, stdout } = await run(['--help']);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/--config <file>[\s\S]*--clock <spec>/)]);
});

test.concurrent('a clock that is none: one line, code 2', async () => {
  const { code, lines } = await run(['--config', configFile('clock', {}), '--clock', 'soon']);
  expect([code, lines]).toEqual([2, ['--clock: soon: allowed is ORIGIN_MS@REAL_MSxSPEED']]);
});

test.concurrent('folders of two accounts: one line that names them, code 2, without waiting', async () => {
  const file = configFile('accounts', { environment: 'testnet' });
  for (const account of ['aaaa', 'bbbb']) mkdirSync(join(dir, 'accounts/run', `testnet-${account}`), { recursive: true });
  const { code, lines } = await run(['--config', file]);
  expect([code, lines.length, lines[0]]).toEqual([
    2,
    1,
    expect.stringMatching(/2 accounts \(testnet-aaaa, testnet-bbbb\): set gateway\.socketPath/),
  ]);
});

test.concurrent('a strategy file that is broken: one line that says where, code 2, before anything else is asked', async () => {
  const strategy = { active: 'mine', custom: { mine: { file: 'mine.ts' } } };
  const file = configFile('mine', { strategy, redis: { url: 'redis://127.0.0.1:1' } });
  writeFileSync(join(dir, 'mine/mine.ts'), 'export const strategy =\n  const;\n');
  const { code, lines } = await run(['--config', file]);
  expect([code, lines]).toEqual([
    2,
    [
      expect.stringMatching(
        /^.*config\.json: strategy\.custom\.mine\.file: ".*mine\.ts" cannot be loaded \(SyntaxError: .* at mine\.ts:2\): allowed is /,
      ),
    ],
  ]);
});

test.concurrent('a Redis that does not answer: waited for, then one line, code 3', async () => {
  const port = await freePort();
  const { code, lines } = await run(['--config', configFile('redis', { redis: { url: `redis://user:planted@127.0.0.1:${port}` } })]);
  expect([code, lines]).toEqual([3, [`Redis does not answer at redis://(hidden)@127.0.0.1:${port}: start it, or correct redis.url`]]);
}, 40_000);
