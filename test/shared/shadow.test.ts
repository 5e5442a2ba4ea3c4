import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { barsRead, checkConfig } from '../../shared/config.ts';
import { plannedShadows } from '../../shared/shadow.ts';
import { overlay } from '../../shared/json.ts';
import { config } from '../kit/brain.ts';
import { blockOf, docText } from '../kit/docs.ts';

const withShadow = (...shadow: object[]) => ({ ...config(), strategy: { ...config().strategy, shadow } });
const problems = (...shadow: object[]): readonly string[] => {
  const checked = checkConfig(withShadow(...shadow));
  return 'problems' in checked ? checked.problems.map(({ path, value, allowed }) => `${path} ${value}: ${allowed}`) : [];
};

test('a shadow is its run with other parameters', () => {
  const base = config();
  const strategy = { ...base.strategy, runs: [{ id: 'mm', use: 'market-making', with: { spreadBps: 3, levels: 2 }, maxPosition: '0.05' }] };
  const checked = checkConfig({ ...base, strategy: { ...strategy, shadow: [{ id: 'wide', run: 'mm', with: { spreadBps: 9 } }] } });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  const { symbols } = base;
  const plan = { id: 'wide', run: 'mm', use: 'market-making', symbols, with: { spreadBps: 9, levels: 2 }, maxPosition: '0.05' };
  expect(plannedShadows(checked.config)).toEqual([{ ...plan, path: 'strategy.shadow.0' }]);
});

test('the bars that a shadow reads are fetched', () => {
  const checked = checkConfig({
    ...withShadow({ id: 'slow', run: 'macd-trend', with: { interval: '15m' } }),
    strategy: { ...withShadow({ id: 'slow', run: 'macd-trend', with: { interval: '15m' } }).strategy, active: 'macd-trend' },
  });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  expect([...barsRead(checked.config).keys()].sort()).toEqual(['15m', '5m']);
});

test.each<[string, object[], readonly RegExp[]]>([
  ['no such run', [{ id: 'a', run: 'nobody' }], [/^strategy\.shadow\.0\.run "nobody": one of the runs: market-making$/]],
  ['an id of a run', [{ id: 'market-making', run: 'market-making' }], [/^strategy\.shadow\.0\.id/]],
  [
    'one id twice',
    [
      { id: 'a', run: 'market-making' },
      { id: 'a', run: 'market-making' },
    ],
    [/^strategy\.shadow\.1\.id/],
  ],
  ['a parameter out of range', [{ id: 'a', run: 'market-making', with: { spreadBps: -1 } }], [/^strategy\.shadow\.0\.with\.spreadBps/]],
  ['too many', Array.from({ length: 5 }, (_, n) => ({ id: `a${n}`, run: 'market-making' })), [/^strategy\.shadow/]],
])('%s is a mistake of one line', (_name, shadows, lines) => {
  const told = problems(...shadows);
  expect(told).toHaveLength(lines.length);
  for (const [n, line] of lines.entries()) expect(told[n]).toMatch(line);
});

test('the shadow that strategies.md shows is right on the configuration that is shipped', () => {
  const root = join(import.meta.dirname, '../..');
  const sample = blockOf(docText('strategies.md'), 'json shadow');
  const checked = checkConfig(overlay(JSON.parse(readFileSync(join(root, 'config.json'), 'utf8')), JSON.parse(sample)));
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  expect(plannedShadows(checked.config)).toMatchObject([
    { id: 'wide', run: 'market-making', symbols: ['BTCUSDT'], with: { spreadBps: 3 } },
  ]);
});
