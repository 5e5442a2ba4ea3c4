import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runTool } from '../kit/tool.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-tools-'));
afterAll(() => rmSync(dir, { recursive: true }));
const base = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'config.json'), 'utf8'));

function config(name: string, over: object): string {
  const file = join(dir, `${name}.json`);
  writeFileSync(
    file,
    JSON.stringify({ ...base, runDir: join(dir, name), redis: { url: 'redis://127.0.0.1:1' }, sim: { port: 1 }, ...over }),
  );
  return file;
}
const nowhere = config('nowhere', {});
const testnet = config('testnet', { environment: 'testnet' });
const mainnet = config('mainnet', { environment: 'mainnet' });

test.concurrent.each([
  ['test-order', ['--sid', 'buy'], 2, /--sid/],
  ['test-order', ['--side', 'up'], 2, /--side.*buy or sell/],
  ['test-order', ['--qty', '0.0'], 2, /--qty.*decimal above zero/],
  ['test-order', ['extra'], 2, /too many arguments/],
  ['test-order', ['--config', join(dir, 'none.json')], 2, /none\.json: cannot be read/],
  ['test-order', ['--config', config('bad', { symbols: [] })], 2, /symbols: .*at least 1/],
  ['test-order', ['--config', mainnet], 4, /--live/],
  ['test-order', ['--config', mainnet, '--live', '--market'], 4, /--yes/],
  ['test-order', ['--config', config('paper', { environment: 'paper' })], 4, /paper/],
  ['test-order', ['--config', testnet], 2, /MMBOT_TESTNET_API_KEY is empty/],
  ['test-order', ['--config', nowhere], 3, /Cannot reach the simulator at http:\/\/127\.0\.0\.1:1 .*npm run sim.*npm start/],
  ['test-balance', ['--wallet'], 2, /--wallet/],
  ['test-uds', ['--count', '0'], 2, /--count.*from 1 to/],
  ['test-uds', ['--config', nowhere], 3, /No gateway has run here/],
  ['mm', ['stats'], 2, /unknown command 'stats'/],
  ['mm', ['status', '--interval', '5'], 2, /--interval.*from 100/],
  ['mm', ['status', '--config', nowhere], 3, /Redis does not answer at redis:\/\/127\.0\.0\.1:1 .*npm start/],
  ['mm', ['panic', '--config', nowhere], 3, /No gateway has run here/],
  ['mm', ['config', '--check', '--config', config('typo', { simbols: ['BTCUSDT'] })], 2, /simbols: unknown key/],
  ['config-schema', ['--chek'], 2, /--chek/],
  ['bench', ['--bok'], 2, /--bok/],
  ['bench', ['--record'], 2, /--record goes with --quick/],
] as const)('%s %j ends with one line and code %i', async (name, args, code, line) => {
  const said = await runTool(name, args, { MMBOT_TESTNET_API_KEY: '', MMBOT_TESTNET_SECRET: '' });
  expect(said.lines).toEqual([expect.stringMatching(line)]);
  expect([said.code, said.stdout]).toEqual([code, '']);
});

test('a tool that reaches nobody names the config that npm start wrote', async () => {
  const moved = config('moved', {});
  const start = join(dir, 'moved', 'start');
  mkdirSync(start, { recursive: true });
  writeFileSync(join(start, 'config.json'), readFileSync(moved));
  for (const [name, ...args] of [['test-balance'], ['mm', 'status'], ['mm', 'pause']] as const) {
    const { code, lines } = await runTool(name, [...args, '--config', moved]);
    expect(lines).toEqual([expect.stringContaining(`--config ${join(start, 'config.json')}`)]);
    expect(code).toBe(3);
  }
});

test('mm config shows what is in force, and no secret', async () => {
  const file = config('secret', {
    redis: { url: 'redis://me:hunter2@127.0.0.1:1' },
    credentials: { testnet: { apiKey: 'inline-key', secret: 'inline-secret' } },
  });
  const exposed = await runTool('mm', ['config', '--config', file]);
  expect(exposed.code).toBe(2); // the file is readable by others
  chmodSync(file, 0o600);
  const { code, stdout, stderr } = await runTool('mm', ['config', '--config', file]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ environment: 'sim', snapshot: { intervalMs: 100 }, strategy: { active: 'market-making' } });
  for (const secret of ['hunter2', 'inline-key', 'inline-secret'])
    expect(stdout + stderr + exposed.stdout + exposed.stderr).not.toContain(secret);
});
