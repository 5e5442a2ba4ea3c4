/** The strategy of the README runs as it is written there, and a later error of such a strategy stops nothing but itself. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { KEYS, ROOT, TestRun } from '../kit/run.ts';
import { runTool } from '../kit/tool.ts';

const SECTION =
  readFileSync(join(ROOT, 'README.md'), 'utf8')
    .split('\n## ')
    .find((part) => part.startsWith('Your own strategy')) ?? '';
const block = (language: string): string => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(SECTION)?.[1] ?? '';

/** A checkout as the README means it: its files, and a folder of one's own beside them. */
const home = mkdtempSync(join(tmpdir(), 'mmbot-own-'));
afterAll(() => rmSync(home, { recursive: true }));
symlinkSync(join(ROOT, 'brain'), join(home, 'brain'));
mkdirSync(join(home, 'strategies'));

test('the strategy of the README trades on the simulator, and says why', async () => {
  const code = block('ts');
  const own = code.slice(code.indexOf('decide:'), code.lastIndexOf('});')).trim().split('\n').slice(1, -1);
  expect(own.length).toBeLessThan(10);
  writeFileSync(join(home, 'strategies/lean.ts'), code);
  const config = JSON.parse(block('json'));
  config.strategy.custom.lean.file = join(home, config.strategy.custom.lean.file);
  await using run = await TestRun.start({ args: ['--seconds', '100', '--profile', 'fast'], config });
  await run.untilQuoting();
  await run.until('a fill of it', async () => {
    const fills = await run.redis.xrange(KEYS.fills, '-', '+');
    return fills.some(([, fields]) => JSON.parse(fields[1] ?? '{}').strategy === 'lean');
  });
  const why = await runTool('mm', ['why', '--config', join(run.dir, 'run/start/config.json')]);
  expect(why).toMatchObject({ code: 0, stderr: '' });
  expect(why.stdout).toMatch(/BTCUSDT +lean +quoting\n +quotes rest on both sides\n[\s\S]*signals +lean -?\d[\s\S]*lately +quoting \d+x/);
  run.signal('SIGTERM');
  const { code: exit, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect([exit, summary.ok, summary.strategy]).toEqual([0, true, 'lean']);
});
