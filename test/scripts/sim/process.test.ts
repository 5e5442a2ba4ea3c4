import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAULT_KINDS } from '../../../scripts/sim/faults/fault.ts';
import { parseClockSpec } from '../../../shared/clock.ts';

const ENTRY = join(import.meta.dirname, '..', '..', '..', 'scripts', 'sim.ts');

async function run(args: readonly string[]): Promise<{ readonly code: unknown; readonly stderr: string }> {
  const child = spawn(process.execPath, [ENTRY, '--port', '0', '--history-days', '0', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}

test.each([
  ['an unknown option', ['--sped', '3'], 2, /--sped/],
  ['a value out of range', ['--speed', '0'], 2, /--speed .*from 0.01 to 1000/],
  ['a malformed clock', ['--clock', 'now'], 2, /--clock/],
  ['an unknown symbol', ['--symbols', 'NOPE'], 2, /NOPE/],
  ['a malformed account', ['--account', 'key'], 2, /KEY:SECRET:USDT/],
  ['a key of an account that is not there', ['--account-key', 'a:b:c'], 2, /--account-key: there is no account a/],
  ['a scenario that is not there', ['--scenario', '/nowhere.json'], 2, /\/nowhere\.json/],
  ['a kind of chaos there is none of', ['--chaos', '5', '--chaos-kinds', 'gap,flood'], 2, /--chaos-kinds .*expire-listen-key/],
  ['a malformed latency', ['--latency-orders', 'fixed'], 2, /--latency-orders .*lognormal:MEDIAN:SIGMA/],
  ['a replay file that is not there', ['--replay', '/nowhere.raw.gz'], 2, /\/nowhere\.raw\.gz/],
])('sim exits with one line on %s', async (_name, args, code, line) => {
  const result = await run(args);
  expect(result.stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
  expect(result.code).toBe(code);
});

test('sim --help fits a terminal and names every kind of fault with what it may be given', async () => {
  const child = spawn(process.execPath, [ENTRY, '--help'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  const lines = text.split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(FAULT_KINDS.filter((kind) => !lines.some((line) => line.trim() === kind || line.startsWith(`  ${kind} `)))).toEqual([]);
  expect(text).toContain('\n  delay byMs [route stream count ms probability]\n');
});

test('sim exits with 2 and one line on a file that is no recording', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sim-'));
  writeFileSync(join(folder, 'poem.txt'), 'roses are red\n');
  const { code, stderr } = await run(['--replay', join(folder, 'poem.txt')]);
  rmSync(folder, { recursive: true });
  expect([code, stderr.trimEnd().split('\n')]).toEqual([2, [expect.stringContaining('poem.txt')]]);
});

test('sim makes the faults of its scenario, and with --verbose-faults says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sim-'));
  const scenario = join(folder, 'scenario.ndjson');
  writeFileSync(scenario, '{"atMs":1,"fault":{"kind":"clock-jump","ms":5}}\n{"atMs":2,"fault":{"kind":"ban","ms":10}}\n');
  const args = ['--port', '0', '--history-days', '0', '--speed', '100', '--scenario', scenario, '--verbose-faults'];
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  for await (const chunk of child.stderr) {
    stderr += String(chunk);
    if (stderr.includes(' ban ')) break;
  }
  child.kill();
  rmSync(folder, { recursive: true });
  expect(stderr.split('\n').filter((line) => line.startsWith('sim: fault'))).toEqual([
    expect.stringMatching(/^sim: fault 1 clock-jump at \d+, fired 1$/),
    expect.stringMatching(/^sim: fault 2 ban at \d+, fired 1$/),
  ]);
});

test('sim exits with 3 and one line on a taken port', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address ? String(address.port) : '';
  const { code, stderr } = await run(['--port', port]);
  holder.close();
  expect([code, stderr.trimEnd().split('\n')]).toEqual([3, [expect.stringContaining('taken')]]);
});

const start = (): ChildProcess =>
  fork(ENTRY, ['--port', '0', '--history-days', '0', '--speed', '20'], {
    execPath: process.execPath,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });

test('sim tells its parent when it is ready, on which clock, and ends with 0 on SIGTERM', async () => {
  const child = start();
  const [ready] = (await once(child, 'message')) as [{ kind: string; port: number; clock: string; symbols: string[] }];
  expect(ready).toMatchObject({ kind: 'ready', symbols: ['BTCUSDT', 'ETHUSDT', 'BTCUSDC'] });
  expect(parseClockSpec(ready.clock)?.speed).toBe(20);
  expect((await fetch(`http://127.0.0.1:${ready.port}/fapi/v1/ping`)).status).toBe(200);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});

test('sim ends when its parent goes away', async () => {
  const child = start();
  await once(child, 'message');
  child.disconnect();
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});
