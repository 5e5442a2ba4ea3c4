import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadCustoms } from '../../../brain/io/custom.ts';
import { makeRuns } from '../../../brain/runs.ts';
import { newStrategy } from '../../../scripts/lib/new-strategy.ts';
import { Config } from '../../../shared/config.ts';
import { loadConfig } from '../../../shared/config-file.ts';
import { config } from '../../kit/brain.ts';

const home = mkdtempSync(join(tmpdir(), 'mmbot-custom-'));
afterAll(() => rmSync(home, { recursive: true }));
symlinkSync(join(import.meta.dirname, '../../../brain'), join(home, 'brain'));
mkdirSync(join(home, 'strategies'));
const HEAD = "import { defineStrategy, quoteAt, z } from '../brain/strategy/own.ts';\n";
const define = (inside: string): string => `${HEAD}export const strategy = defineStrategy({ ${inside} });`;
const SIZE = "parameters: z.strictObject({ size: z.string().default('0.005').describe('size, base units') })";
const QUIET = `${SIZE}, decide: () => ({ quotes: [] })`;

let files = 0;
async function load(code: string | null, strategy: object = {}) {
  const file = join(home, 'strategies', `s${files++}.ts`);
  if (code !== null) writeFileSync(file, code);
  const chosen = Config.parse({
    ...config(),
    strategy: { ...config().strategy, active: 'mine', custom: { mine: { file } }, ...overFile(strategy, file) },
  });
  return { chosen, loaded: await loadCustoms({ config: chosen, file: 'config.json' }) };
}
const overFile = (strategy: object, file: string): object =>
  'custom' in strategy ? { ...strategy, custom: { mine: { file, ...(strategy.custom as object) } } } : strategy;
const lines = async (code: string | null, strategy: object = {}): Promise<readonly string[]> => {
  const { loaded } = await load(code, strategy);
  return loaded.ok ? [] : loaded.error;
};

test('a file that is as it should be becomes a strategy with the parameters of its run', async () => {
  const code = define(
    "parameters: z.strictObject({ size: z.string().describe('size, base units') }), decide: (view, { parameters }) => ({ quotes: quoteAt(view, { side: 'buy', price: view.bestBid, size: parameters.size }) })",
  );
  const { chosen, loaded } = await load(code, {
    custom: { with: { size: '0.010' } },
    runs: [{ id: 'one', use: 'mine', symbols: ['BTCUSDT'], with: { size: '0.020' } }],
  });
  const [run] = makeRuns(chosen, loaded.ok ? loaded.value : new Map());
  expect([loaded.ok, run?.id, run?.strategy.name, run?.strategy.role]).toEqual([true, 'one', 'mine', 'custom']);
});

test.each<[string, string | null, object, RegExp]>([
  [
    'is not there',
    null,
    {},
    /^config\.json: strategy\.custom\.mine\.file: ".*s\d+\.ts" cannot be loaded \(Error: .*\): allowed is a TypeScript file that exports strategy$/,
  ],
  ['is no TypeScript', 'const const = ;', {}, /cannot be loaded \(\w*Error: /],
  ['throws at once', "throw new Error('not today');", {}, /cannot be loaded \(Error: not today at s\d+\.ts:1\)/],
  ['exports nothing', HEAD, {}, /exports no strategy: allowed is export const strategy = defineStrategy/],
  [
    'has no parameters',
    `${HEAD}export const strategy = { decide: () => ({}) };`,
    {},
    /its strategy\.parameters: allowed is a z\.strictObject/,
  ],
  ['has no decide', define(`${SIZE}, decide: 'later' as never`), {}, /its strategy\.decide: allowed is a function/],
  ['has an initial that is none', define(`${QUIET}, initial: 5 as never`), {}, /its strategy\.initial/],
  [
    'has a parameter without a unit',
    define('parameters: z.strictObject({ size: z.string().default("1") }), decide: () => ({})'),
    {},
    /its strategy\.parameters\.size: allowed is a parameter with \.describe/,
  ],
  [
    'reads bars of no interval',
    define(`${QUIET}, reads: { bars: true }`),
    {},
    /strategy\.custom\.mine\.bars: missing: allowed is the interval/,
  ],
  [
    'is given a parameter that it does not know',
    define(QUIET),
    { custom: { with: { sise: '1' } } },
    /strategy\.custom\.mine\.with\.sise: unknown key: allowed is size/,
  ],
  [
    'is given a parameter that it refuses',
    define(QUIET),
    { runs: [{ id: 'a', use: 'mine', with: { size: 5 } }] },
    /strategy\.runs\.0\.with\.size: 5: allowed is a text in quotes/,
  ],
  [
    'throws when it decides',
    define(`${SIZE}, decide: () => { throw new Error('boom\\nboom'); }`),
    {},
    /on a sample market, it threw Error: boom at s\d+\.ts:\d+: allowed is/,
  ],
  ['returns nothing', define(`${SIZE}, decide: () => undefined as never`), {}, /it threw TypeError: decide returned no object/],
  [
    'wishes what is no order',
    define(`${SIZE}, decide: () => ({ quotes: [{ side: 'buy', price: 1.5, size: 1, level: 0 }] as never })`),
    {},
    /on a sample market, quotes\[0\]\.price 1\.5/,
  ],
  [
    'keeps what is no JSON',
    define(`${SIZE}, initial: () => new Map(), decide: (_view, { state }) => ({ state })`),
    {},
    /its state is not plain JSON/,
  ],
])('a file that %s is one line', async (_name, code, strategy, want) => {
  const told = await lines(code, strategy);
  expect(told).toEqual([expect.stringMatching(want)]);
  expect(told[0]).not.toContain('\n');
});

test('every mistake of a shape is told', async () => {
  expect(await lines(`${HEAD}export const strategy = { toleranceBps: -1, resume: 5, reads: null };`)).toHaveLength(5);
});

test('a file that no run uses is not loaded', async () => {
  expect(await lines("throw new Error('never');", { active: 'market-making' })).toEqual([]);
});

test('what mm new-strategy writes is loaded as it is, from where the configuration stands', async () => {
  const dir = join(home, 'made');
  const made = newStrategy({ name: 'my-first', dir });
  expect(made.ok && made.value[0]).toBe(`wrote ${join(dir, 'my-first.ts')}`);
  const file = join(home, 'config.json');
  const document = JSON.parse(JSON.stringify(config()));
  document.strategy = {
    ...document.strategy,
    active: 'my-first',
    custom: { 'my-first': { file: 'made/my-first.ts', with: { edgeBps: 2 } } },
  };
  writeFileSync(file, JSON.stringify(document));
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.error.join('\n'));
  expect(loaded.value.config.strategy.custom['my-first']?.file).toBe(join(dir, 'my-first.ts'));
  expect(await loadCustoms(loaded.value)).toMatchObject({ ok: true });
});

test('mm new-strategy writes over nothing, and takes only names that a run can have', () => {
  expect(newStrategy({ name: 'my-first', dir: join(home, 'made') })).toEqual({
    ok: false,
    error: expect.stringMatching(/my-first\.ts: is there already/),
  });
  for (const name of ['My', 'a'.repeat(17), '../x', '']) expect(newStrategy({ name, dir: home })).toMatchObject({ ok: false });
});
