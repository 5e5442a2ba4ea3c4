/** config.json edited under a whole run: quotes follow, mistakes change nothing, limits tighten at once and loosen by a person's word, a strategy drains. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { overlay } from '../../shared/config.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';
import type { OrderDoc } from '../../shared/snapshot.ts';
import { KEYS, ROOT, TestRun } from '../kit/run.ts';
import { runTool } from '../kit/tool.ts';

const LEAN = `
import { defineStrategy, midOf, quoteAt, z } from '${join(ROOT, 'brain/strategy/own.ts')}';
export const strategy = defineStrategy({
  parameters: z.strictObject({ edgeBps: z.number().default(3).describe('distance from mid, basis points') }),
  decide: (view, { parameters: { edgeBps } }) => {
    const away = (midOf(view) * edgeBps) / 10_000;
    const at = (side, price) => quoteAt(view, { side, price, size: '0.005' });
    return { quotes: [...at('buy', midOf(view) - away), ...at('sell', midOf(view) + away)] };
  },
});
`;
const home = mkdtempSync(join(tmpdir(), 'mmbot-reload-'));
afterAll(() => rmSync(home, { recursive: true }));
writeFileSync(join(home, 'lean.ts'), LEAN);

const RESTS = new Set(['open', 'partially-filled', 'canceling', 'amending']);
/** A machine under load may miss the second now and then. */
const TRIES = 4;

class Edited {
  readonly run: TestRun;
  #document: object;

  constructor(run: TestRun) {
    this.run = run;
    this.#document = JSON.parse(readFileSync(run.configFile, 'utf8'));
  }

  /** As editors save: a new file in the place of the old one. */
  save(text: string): void {
    writeFileSync(`${this.run.configFile}.new`, text);
    renameSync(`${this.run.configFile}.new`, this.run.configFile);
  }

  edit(over: object): void {
    this.#document = overlay(this.#document, over) as object;
    this.save(JSON.stringify(this.#document, null, 2));
  }

  brain(): Promise<BrainDoc> {
    return this.run.read(KEYS.brain);
  }

  async quotes(): Promise<readonly OrderDoc[]> {
    const { orders = [] } = (await this.run.read(KEYS.orders('BTCUSDT'))) ?? {};
    return orders.filter(({ role, status }: OrderDoc) => (role === 'quote' || role === 'custom') && RESTS.has(status));
  }

  /** Between the quotes of both sides, basis points; null while one is missing. */
  async spreadBps(): Promise<number | null> {
    const quotes = await this.quotes();
    const prices = (side: string): number[] => quotes.filter((one) => one.side === side).map(({ price }) => Number(price));
    const [bid, ask] = [Math.max(...prices('buy')), Math.min(...prices('sell'))];
    return Number.isFinite(bid) && Number.isFinite(ask) ? ((ask - bid) / bid) * 10_000 : null;
  }

  async shown(): Promise<string> {
    return (await runTool('mm', ['status', '--config', join(this.run.dir, 'run/start/config.json')])).stdout;
  }
}

test('config.json edited while it runs', async () => {
  await using run = await TestRun.start({
    args: ['--profile', 'calm'],
    config: { strategy: { custom: { lean: { file: join(home, 'lean.ts') } } } },
  });
  const edited = new Edited(run);
  await run.untilQuoting();
  const pids = ['gateway', 'brain'].map((name) => run.pid(name));

  // the spread follows within a second, without a restart
  const times: number[] = [];
  for (let n = 0; n < TRIES && !times.some((ms) => ms < 1_000); n++) {
    const wide = n % 2 === 0;
    edited.edit({ strategy: { marketMaking: { spreadBps: wide ? 12 : 1 } } });
    const from = performance.now();
    await run.until('quotes at the new spread', async () => {
      const spread = await edited.spreadBps();
      return spread !== null && (wide ? spread > 9 : spread < 4);
    });
    times.push(performance.now() - from);
  }
  expect(Math.min(...times)).toBeLessThan(1_000);
  edited.edit({ strategy: { marketMaking: { spreadBps: 12 } } });
  const { config } = await run.until('the audit', async () => {
    const doc = await edited.brain();
    return doc.config?.log[0]?.changes[0] === 'strategy.marketMaking.spreadBps: 1 -> 12' && doc;
  });
  expect(config?.log[0]).toMatchObject({ by: 'file' });

  // a broken edit is refused with its line, and changes nothing
  const good = readFileSync(run.configFile, 'utf8');
  edited.save(good.replace('"spreadBps": 12', '"spreadBps": -12'));
  const line = good.slice(0, good.indexOf('"spreadBps"')).split('\n').length;
  const told = `config.json:${line}: strategy.marketMaking.spreadBps: -12: allowed is`;
  await run.until('the refusal of both', async () => {
    const [header, brain] = [await run.header(), await edited.brain()];
    return header?.config?.refused[0]?.includes(told) && brain.config?.state.refused[0]?.includes(told);
  });
  expect(await edited.shown()).toContain(`edit refused, nothing is changed: `);
  await run.until('quotes as before', async () => ((await edited.spreadBps()) ?? 0) > 9);
  edited.save(good);
  await run.until('nothing is refused any more', async () => (await run.header())?.config === undefined);

  // a limit tightens at once: what rests beyond it goes, and nothing comes
  edited.edit({ limits: { symbols: { BTCUSDT: { maxOrderNotional: '100' } } } });
  await run.until('no quote beyond the limit', async () => (await edited.quotes()).length === 0);
  expect((await run.exchange()).openOrders.filter(({ clientOrderId }) => clientOrderId.startsWith('4710'))).toEqual([]);
  await run.until('why', async () => (await edited.brain()).runs?.[0]?.reason === 'held-order-notional');

  // loosening waits for a person
  edited.edit({ limits: { symbols: { BTCUSDT: { maxOrderNotional: '5000' } } } });
  await run.until('the question', async () => (await run.header())?.config?.waiting.length === 1);
  expect((await run.header())?.config?.waiting).toEqual(['limits.symbols.BTCUSDT.maxOrderNotional: "100" -> "5000"']);
  expect(await edited.quotes()).toEqual([]);
  const confirmed = await runTool('mm', ['config', '--confirm', '--yes', '--config', join(run.dir, 'run/start/config.json')]);
  expect(confirmed).toMatchObject({ code: 0, stderr: '' });
  await run.untilQuoting();
  expect((await run.header())?.config).toBeUndefined();

  // what needs a restart is told
  edited.edit({ gateway: { leaseMs: 2_500 } });
  await run.until('what waits', async () => (await run.header())?.config?.restart[0] === 'gateway.leaseMs: 2000 -> 2500');
  edited.edit({ gateway: { leaseMs: 2_000 } });

  // how much is logged
  edited.edit({ log: { level: 'debug' } });
  const changed = (process: string): boolean =>
    run.stderr.split('\n').some((line) => line.includes('Log level changed') && line.includes(`"process":"${process}"`));
  await run.until('another level in both', () => changed('gateway') && changed('brain'));
  edited.edit({ log: { level: 'info' } });

  // a strategy that is switched off takes its quotes along before the other begins
  const both: string[] = [];
  await switchTo(edited, 'lean', both);
  await switchTo(edited, 'market-making', both);
  expect(both).toEqual([]);
  expect(['gateway', 'brain'].map((name) => run.pid(name))).toEqual(pids);
  run.signal('SIGTERM');
  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect([code, summary.ok]).toEqual([0, true]);
});

/** Snapshots that show quotes of two strategies at once are told in `both`. */
async function switchTo(edited: Edited, active: string, both: string[]): Promise<void> {
  edited.edit({ strategy: { active } });
  await edited.run.until(`only ${active}`, async () => {
    const [quotes, brain] = [await edited.quotes(), await edited.brain()];
    const owners = new Set(quotes.map(({ strategy }) => strategy));
    if (owners.size > 1) both.push([...owners].join(' '));
    return brain.strategy === active && [...owners].every((owner) => owner === active) && quotes.length > 0;
  });
}
