/** Writes the beginning of a strategy of one's own, and a test of it beside it. Never writes over a file. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { err, ok, type Result } from '../../shared/result.ts';

const STRATEGY = join(import.meta.dirname, '..', '..', 'brain', 'strategy');

/** Lines that say what to do next, or what stands in the way. */
export function newStrategy({ name, dir }: { readonly name: string; readonly dir: string }): Result<readonly string[], string> {
  if (!/^[a-z0-9][a-z0-9-]{0,15}$/.test(name)) return err(`${name}: allowed is a name of 1 to 16 of a-z, 0-9 and "-"`);
  const folder = resolve(dir);
  const files = { strategy: join(folder, `${name}.ts`), test: join(folder, `${name}.test.ts`) };
  const taken = Object.values(files).find((file) => existsSync(file));
  if (taken !== undefined) return err(`${taken}: is there already, and is left as it is`);
  mkdirSync(folder, { recursive: true });
  const own = moduleFrom(folder, 'own.ts');
  writeFileSync(files.strategy, strategyText(own));
  writeFileSync(files.test, testText(name, { own, sample: moduleFrom(folder, 'sample.ts') }));
  const config = JSON.stringify({ strategy: { active: name, custom: { [name]: { file: files.strategy } } } });
  return ok([
    `wrote ${files.strategy}`,
    `wrote ${files.test}`,
    `test it:  node_modules/.bin/vitest run --root ${folder}`,
    `trade it: put this into config.local.json, then npm start: ${config}`,
  ]);
}

/** A module of brain/strategy, as an import of a file in the folder says it. */
function moduleFrom(folder: string, module: string): string {
  const path = relative(folder, join(STRATEGY, module)).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

const strategyText = (own: string): string => `import { defineStrategy, lotsIn, midOf, quoteAt, z } from '${own}';

/**
 * One bid and one ask around mid, which lean against what is held. Change it to what you believe in.
 *
 * decide() is called ten times a second with what is known of one symbol: bids and asks (best first), position, own orders, funding,
 * commission, and what \`reads\` asks for. It answers with quotes to rest, or with a target position to take. It sends nothing: limits,
 * hard exits, amends and restarts are the business of the program. Prices are whole ticks and sizes whole lots of the symbol.
 */
export const strategy = defineStrategy({
  // What config.json may set under strategy.custom.<name>.with, each with its unit and range.
  parameters: z.strictObject({
    edgeBps: z.number().min(0.1).max(100).default(0.5).describe('distance of each quote from mid, basis points'),
    size: z.string().default('0.005').describe('size of each quote, base units'),
    maxPosition: z.string().default('0.020').describe('position at which the side that adds to it stops, base units'),
  }),

  // Public trades and closed bars are fetched for those who ask:
  // reads: { trades: true, bars: true },

  // A quote that stands nearer than this to where it is wanted is left alone, basis points.
  toleranceBps: 0.1,

  // What it remembers from one call to the next, as plain JSON; decide() gets it as \`state\` and answers with the next one.
  // initial: () => ({ calls: 0 }),

  decide: (view, { parameters }) => {
    const lean = view.position / lotsIn(view, parameters.maxPosition); // -1 full short, 1 full long
    const fair = midOf(view) * (1 - (lean * parameters.edgeBps) / 10_000);
    const away = (fair * parameters.edgeBps) / 10_000;
    const bid = quoteAt(view, { side: 'buy', price: fair - away, size: parameters.size });
    const ask = quoteAt(view, { side: 'sell', price: fair + away, size: parameters.size });
    return {
      quotes: [...(lean < 1 ? bid : []), ...(lean > -1 ? ask : [])],
      reason: 'quoting', // any word of yours; shown by scripts/mm why
      signals: { lean }, // numbers of yours, shown there too
    };
  },
});
`;

type Modules = { readonly own: string; readonly sample: string };

const testText = (name: string, { own, sample }: Modules): string => `import { expect, test } from 'vitest';
import { lotsIn } from '${own}';
import { firstWish, sampleView } from '${sample}';
import { strategy } from './${name}.ts';

test('it quotes both sides of a calm market, outside the touch', () => {
  const view = sampleView();
  const { quotes } = firstWish(strategy, { view });
  expect(quotes.map(({ side }) => side)).toEqual(['buy', 'sell']);
  expect(quotes[0]?.price).toBeLessThanOrEqual(view.bestBid);
  expect(quotes[1]?.price).toBeGreaterThanOrEqual(view.bestAsk);
});

test('it stops buying when it holds enough', () => {
  const view = sampleView({ position: lotsIn(sampleView(), '0.010') });
  const { quotes } = firstWish(strategy, { view, parameters: { maxPosition: '0.010' } });
  expect(quotes.map(({ side }) => side)).toEqual(['sell']);
});

test('it refuses parameters that make no sense', () => {
  expect(strategy.parameters.safeParse({ edgeBps: -1 }).success).toBe(false);
});
`;
