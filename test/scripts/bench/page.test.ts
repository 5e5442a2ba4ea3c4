import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Figure } from '../../../scripts/bench/measure.ts';
import { goalsOf, sidesOf, speedPage, spreadsOf, verdictText } from '../../../scripts/bench/page.ts';

const figure = (over: Partial<Figure>): Figure => ({
  ...{ name: 'f', value: 0.2, unit: '×', goal: 0.4, beside: 'that', conclusive: true, ...over },
});
const SIDES = {
  ours: 2,
  floor: 8,
  rawUnit: 'µs',
  peers: [
    { name: 'ccxt', value: 48, ratio: 24 },
    { name: 'only', value: null, ratio: 3 },
  ],
};
const run = (...figures: readonly Figure[]) =>
  speedPage({ figures, machine: 'node 1; 2 × chip', at: '2026-01-01 00:00', command: 'npm run bench' });

test('the page loads nothing, runs only the scripts whose hash it names, and is the same twice', () => {
  const page = run(figure(SIDES));
  expect(run(figure(SIDES))).toBe(page);
  const scripts = [...page.matchAll(/<script(?: type="module")?>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text);
  expect(scripts).toHaveLength(2);
  for (const text of scripts) expect(page).toContain(`&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`);
  expect(scripts.reduce((text, script) => text.replace(script, ''), page)).not.toMatch(/https?:|src=|href=|url\(|@import/);
});

test('every figure is in it as text, and names stay text', () => {
  const page = run(figure({ ...SIDES, name: '</script><img onerror=x>' }), figure({ name: 'second', goal: null }));
  expect(page).not.toContain('<img');
  expect(page).toContain('<td>ccxt 48 µs, 24.0 times ours, only 3.0 times ours</td>');
  expect(page).toContain('<td>second</td>');
  expect(page).toContain('node 1; 2 × chip');
});

test('what the charts draw', () => {
  const spread = { p50: 1.5, p99: 2, p999: null };
  expect(goalsOf([figure({}), figure({ goal: null })])).toEqual([{ name: 'f', share: 0.5 }]);
  expect(spreadsOf([figure({ spread: { ...spread, unit: 'ms' } }), figure({ spread: { ...spread, unit: '%' } }), figure({})])).toEqual([
    { name: 'f', p50: 1_500, p99: 2_000, p999: null },
  ]);
  expect(sidesOf([figure(SIDES), figure({ ours: 2 })]).map(({ bars }) => bars.map(({ name, text }) => `${name} ${text}`))).toEqual([
    ['floor 8.00 µs', 'ours 2.00 µs', 'ccxt 48 µs'],
  ]);
});

test('verdicts are counted over the figures that have a goal', () => {
  const missed = figure({ value: 1 });
  const all = [figure({}), missed, { ...missed, conclusive: false }, figure({ goal: null })];
  expect(verdictText(all)).toBe('1 of 3 goals reached, 1 missed, 1 inconclusive');
});
