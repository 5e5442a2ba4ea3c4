/** The strategy of strategies.md runs as it is written there, beside two runs on one symbol whose shares add up to what is held, and a shadow of it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { overlay } from '../../shared/config.ts';
import type { RunDoc } from '../../shared/brain-doc.ts';
import { sumDecimals, trimDecimal } from '../../shared/units.ts';
import { blockOf, docSection } from '../kit/docs.ts';
import { KEYS, ROOT, TestRun } from '../kit/run.ts';
import { runTool } from '../kit/tool.ts';

const block = (language: string): string => blockOf(docSection('strategies.md', 'Your own strategy'), language);

/** A checkout as the page means it: its files, and a folder of one's own beside them. */
const home = mkdtempSync(join(tmpdir(), 'mmbot-own-'));
afterAll(() => rmSync(home, { recursive: true }));
symlinkSync(join(ROOT, 'brain'), join(home, 'brain'));
mkdirSync(join(home, 'strategies'));

/** Beside it, two runs on one symbol. */
const TWO_ON_ETH = {
  symbols: ['BTCUSDT', 'ETHUSDT'],
  limits: { symbols: { ETHUSDT: { maxPosition: '2', maxOrderNotional: '5000', maxOpenOrders: 20, collarPercent: 2 } } },
  strategy: {
    runs: [
      { id: 'mm-eth', use: 'market-making', symbols: ['ETHUSDT'], with: { orderSize: '0.1', maxInventory: '0.5' } },
      { id: 'lean-eth', use: join(home, 'strategies/lean.ts'), symbols: ['ETHUSDT'], with: { size: '0.1', maxPosition: '0.5' } },
    ],
    shadow: [{ id: 'lean-near', run: 'lean', with: { edgeBps: 0.2 } }],
  },
};

test('the strategy of strategies.md trades on the simulator, and says why', async () => {
  const code = block('ts');
  const own = code.slice(code.indexOf('decide:'), code.lastIndexOf('});')).trim().split('\n').slice(1, -1);
  expect(own.length).toBeLessThan(10);
  writeFileSync(join(home, 'strategies/lean.ts'), code);
  const config = JSON.parse(block('json'));
  config.strategy.custom.lean.file = join(home, config.strategy.custom.lean.file);
  await using run = await TestRun.start({ args: ['--seconds', '100', '--profile', 'fast'], config: overlay(config, TWO_ON_ETH) as object });
  await run.untilQuoting();
  await run.until('fills of every run', async () => {
    const fills = await run.redis.xrange(KEYS.fills, '-', '+');
    const owners = fills.map(([, fields]) => JSON.parse(fields[1] ?? '{}').strategy);
    return ['lean', 'mm-eth', 'lean-eth'].every((owner) => owners.includes(owner));
  });
  await run.until('shares of one moment that add up to the position held', async () => {
    const [brain, position] = [await run.read(KEYS.brain), await run.read(KEYS.position('ETHUSDT'))];
    const rows: readonly RunDoc[] = brain.runs.filter(({ symbol }: RunDoc) => symbol === 'ETHUSDT');
    if (brain.processed.seq !== position.seq || rows.some(({ reason }) => reason === 'fills-behind')) return false;
    const shares = rows.map((one) => one.position);
    const sum = sumDecimals([...shares, brain.unassigned.ETHUSDT]);
    expect([shares.length, sum]).toEqual([2, trimDecimal(position.size)]);
    return true;
  });
  await run.until('a simulated fill of the shadow', async () => (await run.read(KEYS.brain)).shadow[0].fills > 0);
  const why = await runTool('mm', ['why', '--config', join(run.dir, 'run/start/config.json')]);
  expect(why).toMatchObject({ code: 0, stderr: '' });
  expect(why.stdout).toMatch(/BTCUSDT +lean +quoting\n +quotes rest on both sides\n[\s\S]*signals +lean -?\d[\s\S]*lately +quoting \d+x/);
  expect(why.stdout).toMatch(
    /BTCUSDT +lean-near \(shadow of lean\) +quoting[\s\S]*simulated fills.*\n +net +-?\d.* lean in the same time -?\d/,
  );
  run.signal('SIGTERM');
  const { code: exit, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect([exit, summary.ok]).toEqual([0, true]);
});
